"""Overdue statements: who is reminded of one when, how late debts are in all, and who may not book meanwhile."""

import typing
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Integer, Select, bindparam, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from booking.core.clock import local_date
from booking.database.transactions import connection_of
from booking.notifications.service import announce
from booking.statements.billable import to_come
from booking.statements.rules import Age, age_of
from models.ledger import LedgerAccount
from models.payers import PayerAccount
from models.statements import BillingTerms, Debtor, Statement, StatementReminder

AGAIN_AFTER = timedelta(days=7)
MOST_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Owing:
    """Which payer accounts owe something overdue, whether anything is, and whether that is the person's to pay."""

    payer_ids: frozenset[int] = frozenset()
    is_any: bool = False
    is_own: bool = False


@dataclass(slots=True)
class Aged:
    """What one debtor owes, by how late it is, what is credited to them, and what next statements will credit."""

    debtor: Debtor
    to_come_fen: int = 0
    by_age: dict[Age, int] = field(default_factory=lambda: dict.fromkeys(Age, 0))

    @property
    def total_fen(self) -> int:
        """All that is open."""
        return sum(self.by_age.values())


def due_to_remind(session: Session, *, now: datetime) -> Sequence[int]:
    """The ids of overdue statements of which nobody was reminded within a week, the oldest first."""
    return session.scalars(_to_remind(local_date(now)).order_by(Statement.id).limit(MOST_AT_ONCE)).all()


def _to_remind(today: date) -> Select[int]:
    """The same, whoever they are of; of nothing is reminded while what is to be credited covers all that is overdue."""
    lately = exists().where(
        StatementReminder.statement_id == Statement.id, StatementReminder.sent_on > today - AGAIN_AFTER
    )
    rows = select(Statement.id).join(LedgerAccount, LedgerAccount.id == Statement.open_id)
    owed = rows.join(Debtor, Debtor.id == Statement.debtor_id).where(LedgerAccount.balance_fen > 0)
    return owed.where(Statement.due_on < today, ~lately, _overdue(today) > to_come())


def _overdue(today: date) -> ColumnElement[int]:
    """What is overdue of all statements of a debtor, which must be selected."""
    other, open_one = aliased(Statement), aliased(LedgerAccount)
    total = select(cast(func.coalesce(func.sum(open_one.balance_fen), 0), BigInteger))
    late = total.select_from(other).join(open_one, open_one.id == other.open_id)
    return late.where(other.debtor_id == Debtor.id, other.due_on < today).correlate(Debtor).scalar_subquery()


def remind(session: Session, statement_id: int, /, *, now: datetime) -> bool:
    """Remind whoever owes one statement, if it is still overdue and they were not reminded lately."""
    held = select(Debtor.id).join(Statement, Statement.debtor_id == Debtor.id).where(Statement.id == statement_id)
    session.scalar(held.with_for_update(key_share=True, of=Debtor))
    if session.scalar(_to_remind(local_date(now)).where(Statement.id == statement_id)) is None:
        return False
    session.add(StatementReminder(statement_id=statement_id, sent_on=local_date(now)))
    announce(session, "statements.overdue", {"statement_id": statement_id}, now=now)
    return True


def ageing(session: Session, organisation_id: int, *, today: date) -> list[Aged]:
    """What everybody owes an institution by how late it is, those who owe most first."""
    rows = session.execute(
        _open(select(Statement.debtor_id, Statement.due_on, LedgerAccount.balance_fen)).where(
            Statement.organisation_id == organisation_id
        )
    ).all()
    wanted = select(Debtor).where(Debtor.id.in_({row[0] for row in rows}))
    loaded = wanted.options(
        joinedload(Debtor.payer).joinedload(PayerAccount.holder), joinedload(Debtor.user), joinedload(Debtor.credit)
    )
    found = {one.id: Aged(one) for one in session.scalars(loaded)}
    for debtor_id, due_on, balance in rows:
        found[debtor_id].by_age[age_of(due_on, today)] += balance
    coming = select(Debtor.id, to_come()).where(Debtor.id.in_(found))
    for debtor_id, fen in session.execute(coming):
        found[debtor_id].to_come_fen = fen
    return sorted(found.values(), key=lambda one: (-one.total_fen, one.debtor.id))


def owing(session: Session, organisation_id: int, user_id: int, payer_ids: Collection[int], *, today: date) -> Owing:
    """Who of these owes an institution something overdue that lets nobody book meanwhile; one statement.

    Accounts that the person answers for count although they are closed. What will be credited is owed no more.
    """
    named = {"user_id": user_id, "payer_ids": list(payer_ids), "organisation_id": organisation_id, "today": today}
    rows = connection_of(session).execute(_owing(), named).all()
    payers = frozenset(row[0] for row in rows if row[0] is not None)
    is_own = any(payer_id is None or holder_id == user_id for payer_id, holder_id in rows)
    return Owing(payers, bool(rows), is_own)


@lru_cache(maxsize=1)
def _owing() -> Select[*tuple[Any, ...]]:
    """The statement, built once: every booking that costs something asks it."""
    user_id, organisation_id = bindparam("user_id", type_=Integer()), bindparam("organisation_id", type_=Integer())
    today = typing.cast("Any", bindparam("today", type_=Date()))
    answered_for = select(PayerAccount.id).where(PayerAccount.holder_id == user_id)
    theirs = or_(
        Debtor.user_id == user_id,
        Debtor.payer_account_id.in_(bindparam("payer_ids", expanding=True)),
        Debtor.payer_account_id.in_(answered_for),
    )
    return (
        select(Debtor.payer_account_id, PayerAccount.holder_id)
        .select_from(Debtor)
        .join(BillingTerms, BillingTerms.organisation_id == Debtor.organisation_id)
        .outerjoin(PayerAccount, PayerAccount.id == Debtor.payer_account_id)
        .where(BillingTerms.refuses_overdue, Debtor.organisation_id == organisation_id, theirs)
        .where(_overdue(today) > to_come())
    )


def _open(columns: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Statements of which something is open."""
    rows = columns.select_from(Statement).join(LedgerAccount, LedgerAccount.id == Statement.open_id)
    return rows.where(LedgerAccount.balance_fen > 0)
