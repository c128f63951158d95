"""What statements and receipts do in the ledger: asking, crediting, settling, and opening again; the debtor is held."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import func, insert, nulls_last, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.ledger.queries import balance_of
from booking.ledger.rules import Move, Posting
from booking.ledger.service import open_account, post_entries, post_entry
from booking.statements.charging import pay_charges, reopen_charges
from booking.statements.rules import shares
from models.base import Base
from models.ledger import LedgerAccount
from models.statements import Debtor, Settlement, Statement, StatementSeries

CAUSE = "statements"
_STORE = insert(Base.metadata.tables["settlements"])


def post_due(
    session: Session, debtor: Debtor, series: StatementSeries, due_fen: int, *, now: datetime
) -> tuple[int | None, int | None]:
    """What the statement of the last number asks for lies open from now on, or is credited below zero.

    The accounts and the entry: of what is open, and of either; none for nothing.
    """
    key = f"statement:{debtor.organisation_id}:{series.year}:{series.last_number}"
    if not due_fen:
        return None, None
    if due_fen < 0:
        return None, post_entry(session, key, CAUSE, [Move(debtor.settled_id, debtor.credit_id, -due_fen)], now=now).id
    open_id = open_account(session, f"{key}:open", floor_fen=0, now=now).id
    return open_id, post_entry(session, key, CAUSE, [Move(debtor.billed_id, open_id, due_fen)], now=now).id


def use_credit(
    session: Session, debtor: Debtor, first: Statement | None = None, *, actor: Actor, now: datetime
) -> None:
    """Settle open statements with what is credited: the one named first, then what is due first."""
    credit = balance_of(session, debtor.credit_id)
    if not credit:
        return
    found = _open_ones(session, debtor, first)
    parts = shares([one[1] for one in found], credit)
    _settle(session, debtor, [(found[place][0], part) for place, part in enumerate(parts) if part], now=now)
    closed = [one for (one, open_fen), part in zip(found, parts, strict=True) if part == open_fen]
    if closed:
        pay_charges(session, closed, debtor, actor=actor, now=now)


def free_cash(
    session: Session, debtor: Debtor, amount_fen: int, first: Statement | None = None, *, actor: Actor, now: datetime
) -> None:
    """Open statements again, the one named first, then what was settled last, until so much is credited."""
    missing = amount_fen - balance_of(session, debtor.credit_id)
    if missing <= 0:
        return
    found = _settled_ones(session, debtor, first)
    parts = shares([one[1] for one in found], missing)
    _settle(session, debtor, [(found[place][0], -part) for place, part in enumerate(parts) if part], now=now)
    opened = [one for (one, settled), part in zip(found, parts, strict=True) if part and settled == one.due_fen]
    if opened:
        reopen_charges(session, opened, actor=actor, now=now)


def _settle(session: Session, debtor: Debtor, parts: Sequence[tuple[Statement, int]], *, now: datetime) -> None:
    """Settle parts of statements with what is credited, or (below zero) open them again; each by an entry."""
    of_them = Settlement.statement_id.in_([statement.id for statement, _ in parts])
    counted = select(Settlement.statement_id, func.count(Settlement.id)).where(of_them)
    turns = dict(session.execute(counted.group_by(Settlement.statement_id)).all()) if parts else {}
    keys = [f"settlement:{statement.id}:{turns.get(statement.id, 0)}" for statement, _ in parts]
    postings = [
        Posting(key, list(_moves(debtor, statement, part))) for key, (statement, part) in zip(keys, parts, strict=True)
    ]
    entries = post_entries(session, CAUSE, postings, now=now)
    rows = [
        {"statement_id": statement.id, "amount_fen": part, "entry_id": entries[key], "created_at": now}
        for key, (statement, part) in zip(keys, parts, strict=True)
    ]
    if rows:
        session.connection().execute(_STORE, rows)


def _moves(debtor: Debtor, statement: Statement, part: int) -> Iterator[Move]:
    """What is credited settles a part of a statement; below zero the other way round."""
    assert statement.open_id is not None
    for move in (
        Move(debtor.credit_id, debtor.settled_id, abs(part)),
        Move(statement.open_id, debtor.billed_id, abs(part)),
    ):
        yield move if part > 0 else move.back


def _open_ones(session: Session, debtor: Debtor, first: Statement | None) -> Sequence[tuple[Statement, int]]:
    """The statements of a debtor that are not paid, with what is open of them: the one named, then by the due day."""
    rows = (
        select(Statement, LedgerAccount.balance_fen)
        .join(LedgerAccount, LedgerAccount.id == Statement.open_id)
        .where(Statement.debtor_id == debtor.id, LedgerAccount.balance_fen > 0)
        .order_by(*([Statement.id != first.id] if first else []), nulls_last(Statement.due_on), Statement.id)
    )
    return [(row[0], row[1]) for row in session.execute(rows)]


def _settled_ones(session: Session, debtor: Debtor, first: Statement | None) -> Sequence[tuple[Statement, int]]:
    """The statements of a debtor of which something is settled, with how much: the one named, then the newest."""
    rows = (
        select(Statement, Statement.due_fen - LedgerAccount.balance_fen)
        .join(LedgerAccount, LedgerAccount.id == Statement.open_id)
        .where(Statement.debtor_id == debtor.id, LedgerAccount.balance_fen < Statement.due_fen)
        .order_by(*([Statement.id != first.id] if first else []), Statement.id.desc())
    )
    return [(row[0], row[1]) for row in session.execute(rows)]
