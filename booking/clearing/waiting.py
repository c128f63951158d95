"""What waits for an officer: months that are over, statements of the other side, payments that have come."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.accounts.permissions import Permission
from booking.clearing import queries
from booking.clearing.months import Act, acts_of
from booking.clearing.queries import Closed, Sight, border_of_statement
from booking.clearing.rules import Border, border_of, month_after, month_of
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.programmes.authorities import acting_for
from models.clearing import ClearingEvent, ClearingFigures, ClearingStatement
from models.ledger import LedgerEntry, LedgerTransfer
from models.vocabulary.clearing import ClearingStep

TODO = (Act.CLOSE, Act.CONFIRM, Act.SETTLE)
"""What moves a month on."""


@dataclass(frozen=True, slots=True, order=True)
class Waiting:
    """A month of a border, and what an officer is to do with it."""

    month: date
    border: Border
    act: Act


def waiting_for(session: Session, actor: Actor, *, today: date) -> list[Waiting]:
    """What an officer of one of the provinces is to do, the oldest month first; a constant number of statements."""
    offices = acting_for(session, actor, Permission.CLEAR_MONTHS)
    own, seen = sorted(offices), Sight(everywhere=False, offices=offices)
    borders = [one for one in queries.borders_seen(session, seen) if not one.is_within] if own else []
    if not borders:
        return []
    found = [Waiting(month, border, Act.CLOSE) for border, month in _due(session, borders, today=today).items()]
    for one in queries.closed(session, session.scalars(_unsettled(borders)).all()):
        found += [
            Waiting(one.statement.month, border_of_statement(one.statement), act)
            for act in _acts(one, own, actor, today)
        ]
    return sorted(found)


def _acts(found: Closed, own: Collection[str], actor: Actor, today: date) -> list[Act]:
    """What is to be done with a statement."""
    border, state = border_of_statement(found.statement), queries.state_of_closed(found, today)
    creditor = queries.creditor_of_closed(found)
    here = [one for one in own if one in border.provinces]
    may = acts_of(border, state, found, creditor, here, actor, is_due=False)
    return [one for one in TODO if one in may]


def _due(session: Session, borders: Collection[Border], *, today: date) -> dict[Border, date]:
    """The month of each border that is to be closed next, if it is over."""
    sides = ClearingStatement.low_province, ClearingStatement.high_province
    last = session.execute(select(*sides, func.max(ClearingStatement.month)).where(_between(borders)).group_by(*sides))
    due = {Border(low, high): month_after(month) for low, high, month in last}
    pairs = {one.source_id: border_of(one.issuer, one.provider) for one in queries.pairs_of(session)}
    sources = {key: one for key, one in pairs.items() if one in borders and one not in due}
    rows = (
        select(LedgerTransfer.from_account_id, func.min(LedgerEntry.created_at))
        .join(LedgerEntry, LedgerEntry.id == LedgerTransfer.entry_id)
        .where(LedgerTransfer.from_account_id.in_(sources))
        .group_by(LedgerTransfer.from_account_id)
    )
    for key, moment in session.execute(rows) if sources else ():
        first = month_of(local_date(moment))
        due[sources[key]] = min(first, due.get(sources[key], first))
    return {border: month for border, month in due.items() if month_after(month) <= today}


def _unsettled(borders: Collection[Border]) -> Select[ClearingStatement]:
    """The statements of borders that are not confirmed, or of which something is owed and not paid."""
    settled, later = aliased(ClearingEvent), aliased(ClearingEvent)
    undone = exists().where(
        later.statement_id == settled.statement_id, later.step == ClearingStep.REVERSE, later.id > settled.id
    )
    is_paid = exists().where(settled.statement_id == ClearingStatement.id, settled.step == ClearingStep.SETTLE, ~undone)
    is_confirmed = exists().where(
        ClearingEvent.statement_id == ClearingStatement.id, ClearingEvent.step == ClearingStep.CONFIRM
    )
    is_owed = exists().where(ClearingFigures.statement_id == ClearingStatement.id, ClearingFigures.owed_fen != 0)
    return select(ClearingStatement).where(_between(borders), ~is_paid, or_(~is_confirmed, is_owed))


def _between(borders: Collection[Border]) -> ColumnElement[bool]:
    """Statements of some borders."""
    return or_(
        *(
            and_(ClearingStatement.low_province == one.low, ClearingStatement.high_province == one.high)
            for one in borders
        )
    )
