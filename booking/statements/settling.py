"""What statements and receipts do in the ledger: asking, crediting, settling, and opening again; the debtor is held."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, nulls_last, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.ledger.queries import balance_of
from booking.ledger.rules import Move
from booking.ledger.service import open_account, post_entry
from booking.statements.charging import pay_charges, reopen_charges
from booking.statements.rules import shares
from models.ledger import LedgerAccount
from models.statements import Debtor, Settlement, Statement, StatementSeries

CAUSE = "statements"


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
    closed = []
    for (statement, open_fen), part in zip(found, shares([one[1] for one in found], credit), strict=True):
        if part:
            _settle(session, debtor, statement, part, now=now)
        if part == open_fen:
            closed.append(statement)
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
    for (statement, settled_fen), part in zip(found, shares([one[1] for one in found], missing), strict=True):
        if part:
            was_paid = _open_fen(session, statement) == 0
            _settle(session, debtor, statement, -part, now=now)
            if was_paid and settled_fen:
                reopen_charges(session, statement, actor=actor, now=now)


def _settle(session: Session, debtor: Debtor, statement: Statement, part: int, *, now: datetime) -> None:
    """Settle a part of a statement with what is credited, or (below zero) open it again."""
    assert statement.open_id is not None
    of_it = Settlement.statement_id == statement.id
    turn = session.scalar(select(func.count(Settlement.id)).where(of_it)) or 0
    moves = [
        Move(debtor.credit_id, debtor.settled_id, abs(part)),
        Move(statement.open_id, debtor.billed_id, abs(part)),
    ]
    key = f"settlement:{statement.id}:{turn}"
    entry = post_entry(session, key, CAUSE, moves if part > 0 else [one.back for one in moves], now=now)
    session.add(Settlement(statement_id=statement.id, amount_fen=part, entry_id=entry.id, created_at=now))
    session.flush()


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


def _open_fen(session: Session, statement: Statement) -> int:
    """What is open of a statement."""
    return balance_of(session, statement.open_id) if statement.open_id is not None else 0
