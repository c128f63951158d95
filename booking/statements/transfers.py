"""The transfers behind what a debtor owes: of all of it, of what is credited to it, and of one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, load_only

from booking.core.pages import Page
from booking.ledger import queries as ledger
from booking.ledger.queries import Posted, Touched
from booking.statements.rules import Moved
from models.statements import Debtor, Receipt, Settlement, Statement
from models.vocabulary.statements import ReceiptKind

_BY_RECEIPT = {
    ReceiptKind.RECEIVED: Moved.RECEIVED,
    ReceiptKind.REFUNDED: Moved.REFUNDED,
    ReceiptKind.CORRECTED: Moved.CORRECTED,
}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with what it changed of what is open and of what is credited, and what it was posted for."""

    entry_id: int
    created_at: datetime
    moved: Moved
    open_fen: int
    credit_fen: int
    statement: Statement | None
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Part:
    """A transfer with what it changed of what is open of one statement."""

    entry_id: int
    created_at: datetime
    moved: Moved
    amount_fen: int


def lines_of(session: Session, debtor: Debtor, *, limit: int, cursor: str = "") -> Page[Line]:
    """Every entry that changed what a debtor owes or has credited, the newest first; they add up to both."""
    page = ledger.entries_of(session, (debtor.billed_id, debtor.credit_id), limit=limit, cursor=cursor)
    ids = [one.entry.id for one in page.items]
    receipts = {one.entry_id: one for one in session.scalars(select(Receipt).where(Receipt.entry_id.in_(ids)))}
    settled = select(Settlement.entry_id, Settlement.statement_id).where(Settlement.entry_id.in_(ids))
    by_entry: dict[int, int] = {row[0]: row[1] for row in session.execute(settled)}
    named_by = [one.statement_id for one in receipts.values() if one.statement_id is not None]
    statements = _statements(session, ids, [*by_entry.values(), *named_by])
    lines = []
    for one in page.items:
        receipt = receipts.get(one.entry.id)
        named = receipt.statement_id if receipt else by_entry.get(one.entry.id)
        statement = statements.by_id.get(named) if named is not None else statements.by_entry.get(one.entry.id)
        lines.append(_line(one, debtor, statement, receipt))
    return Page(lines, page.next_cursor)


def parts_of(session: Session, statement: Statement, *, limit: int, cursor: str = "") -> Page[Part]:
    """Every transfer of what is open of a statement, the newest first; they add up to it."""
    if statement.open_id is None:
        return Page([], None)
    page = ledger.transfers_of(session, statement.open_id, limit=limit, cursor=cursor)
    return Page([_part(one, statement) for one in page.items], page.next_cursor)


@dataclass(frozen=True, slots=True)
class _Statements:
    """Statements that entries are of, by their ids and by the entries that asked for them."""

    by_id: Mapping[int | None, Statement]
    by_entry: Mapping[int | None, Statement]


def _statements(session: Session, entry_ids: Sequence[int], statement_ids: Sequence[int]) -> _Statements:
    """The statements that these entries asked for, and these others, with their numbers."""
    wanted = or_(Statement.entry_id.in_(entry_ids), Statement.id.in_(statement_ids))
    numbers = load_only(Statement.year, Statement.number, Statement.entry_id)
    found = session.scalars(select(Statement).where(wanted).options(numbers)).all()
    return _Statements({one.id: one for one in found}, {one.entry_id: one for one in found})


def _line(one: Touched, debtor: Debtor, statement: Statement | None, receipt: Receipt | None) -> Line:
    """An entry as the debtor sees it: what goes out of `billed` is owed."""
    open_fen, credit_fen = -one.changes[debtor.billed_id], one.changes[debtor.credit_id]
    if receipt is not None:
        moved = _BY_RECEIPT[receipt.kind]
    elif statement is not None and statement.entry_id == one.entry.id:
        moved = Moved.BILLED if open_fen > 0 else Moved.CREDITED
    else:
        moved = Moved.SETTLED if open_fen < 0 else Moved.REOPENED
    return Line(one.entry.id, one.entry.created_at, moved, open_fen, credit_fen, statement, receipt)


def _part(one: Posted, statement: Statement) -> Part:
    """A transfer as its statement sees it."""
    moved = Moved.SETTLED if one.amount_fen < 0 else Moved.REOPENED
    if one.entry.id == statement.entry_id:
        moved = Moved.BILLED
    return Part(one.entry.id, one.entry.created_at, moved, one.amount_fen)
