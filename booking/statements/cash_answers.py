"""What the API answers of debtors: what they owe, by how late it is, and what came from them; amounts are fen."""

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.statements import queries
from booking.statements.reminding import Aged
from booking.statements.rules import Age, Sight
from models.statements import Debtor, Receipt
from models.vocabulary.statements import ReceiptKind


class ReceiptAnswer(BaseModel):
    """Money that came or was paid back, with its entry of the ledger."""

    id: int
    debtor_id: int
    statement_id: int | None
    kind: ReceiptKind
    amount_fen: int
    number: str
    received_on: date
    reason: str
    corrects_id: int | None
    entry_id: int
    created_at: datetime


class RecordedAnswer(ReceiptAnswer):
    """The same just recorded; `also_fen` is what the paper brought elsewhere, right where others share it."""

    also_fen: int


class ReceiptList(BaseModel):
    """Receipts, the newest first."""

    items: list[ReceiptAnswer]
    next_cursor: str | None


class DebtorAnswer(BaseModel):
    """Who owes an institution: `open_fen` of all its statements, less `credit_fen` that is not used yet."""

    id: int
    organisation_id: int
    payer_account_id: int | None
    user_id: int | None
    open_fen: int
    credit_fen: int


class AgedAnswer(BaseModel):
    """What one debtor owes, by how late it is; `to_come_fen` of it is let off by the next statement."""

    debtor_id: int
    payer_name: str
    person: str
    open_fen: dict[Age, int]
    total_fen: int
    credit_fen: int
    to_come_fen: int


class AgeingList(BaseModel):
    """Everybody who owes something, those who owe most first."""

    items: list[AgedAnswer]
    next_cursor: str | None = None


def receipt_answer(receipt: Receipt) -> ReceiptAnswer:
    """A receipt."""
    return ReceiptAnswer(**{name: getattr(receipt, name) for name in ReceiptAnswer.model_fields})


def recorded_answer(receipt: Receipt, also_fen: int) -> RecordedAnswer:
    """A receipt that was just recorded."""
    return RecordedAnswer(**receipt_answer(receipt).model_dump(), also_fen=also_fen)


def debtor_answer(session: Session, debtor: Debtor, _sight: Sight) -> DebtorAnswer:
    """What a debtor owes, and what is credited to it."""
    names = ("id", "organisation_id", "payer_account_id", "user_id")
    said = {name: getattr(debtor, name) for name in names}
    return DebtorAnswer(**said, open_fen=queries.open_of(session, debtor), credit_fen=debtor.credit.balance_fen)


def ageing_list(found: Sequence[Aged]) -> AgeingList:
    """Everybody who owes something."""
    return AgeingList(
        items=[
            AgedAnswer(
                debtor_id=one.debtor.id,
                payer_name=one.debtor.payer.name if one.debtor.payer else "",
                person=queries.person_of(one.debtor).name,
                open_fen=one.by_age,
                total_fen=one.total_fen,
                credit_fen=one.debtor.credit.balance_fen,
                to_come_fen=one.to_come_fen,
            )
            for one in found
        ]
    )
