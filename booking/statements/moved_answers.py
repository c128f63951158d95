"""The transfers behind what is owed, as the API says them; amounts are fen."""

from datetime import datetime

from pydantic import BaseModel

from booking.core.pages import Page
from booking.statements.rules import Moved, number_of
from booking.statements.transfers import Line, Part


class DebtorTransfer(BaseModel):
    """An entry of the ledger: what it changed of what is open and of what is credited, and what it was posted for."""

    entry_id: int
    created_at: datetime
    moved: Moved
    open_fen: int
    credit_fen: int
    statement_id: int | None
    statement_number: str
    receipt_id: int | None
    receipt_number: str


class DebtorTransfers(BaseModel):
    """Entries of a debtor, the newest first; all of them add up to `open_fen` and `credit_fen` of the debtor."""

    items: list[DebtorTransfer]
    next_cursor: str | None


class StatementTransfer(BaseModel):
    """A transfer as the statement sees it: above zero is open since then, below zero was settled."""

    entry_id: int
    created_at: datetime
    moved: Moved
    amount_fen: int


class StatementTransfers(BaseModel):
    """Transfers of a statement, the newest first; all of them add up to its `open_fen`."""

    items: list[StatementTransfer]
    next_cursor: str | None


def debtor_transfers(page: Page[Line]) -> DebtorTransfers:
    """A page of what changed what a debtor owes."""
    return DebtorTransfers(items=[_of_debtor(one) for one in page.items], next_cursor=page.next_cursor)


def statement_transfers(page: Page[Part]) -> StatementTransfers:
    """A page of what changed what is open of a statement."""
    names = StatementTransfer.model_fields
    items = [StatementTransfer(**{name: getattr(one, name) for name in names}) for one in page.items]
    return StatementTransfers(items=items, next_cursor=page.next_cursor)


def _of_debtor(one: Line) -> DebtorTransfer:
    """An entry."""
    return DebtorTransfer(
        entry_id=one.entry_id,
        created_at=one.created_at,
        moved=one.moved,
        open_fen=one.open_fen,
        credit_fen=one.credit_fen,
        statement_id=one.statement.id if one.statement else None,
        statement_number=number_of(one.statement.year, one.statement.number) if one.statement else "",
        receipt_id=one.receipt.id if one.receipt else None,
        receipt_number=one.receipt.number if one.receipt else "",
    )
