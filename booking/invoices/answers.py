"""What the API of invoices answers; amounts are fen with tax, rates basis points."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from pydantic import BaseModel

from booking.attachments.answers import AttachmentAnswer, attachment_answer
from booking.invoices.queries import Found
from booking.invoices.rules import Difference, tax_in
from booking.statements.rules import number_of
from models.attachments import Attachment
from models.invoices import Invoice
from models.vocabulary.invoices import InvoiceKind


class InvoiceRow(BaseModel):
    """An invoice in a list: below zero for a red-letter one, which `reverses_id` another.

    What was recorded wrongly stays in it; from `withdrawn_at` on it covers nothing.
    """

    id: int
    organisation_id: int
    debtor_id: int
    kind: InvoiceKind
    number: str
    issued_on: date
    title: str
    tax_number: str
    rate: int
    amount_fen: int
    tax_fen: int
    reverses_id: int | None
    created_at: datetime
    withdrawn_at: datetime | None


class InvoiceList(BaseModel):
    """Some invoices, the newest first."""

    items: list[InvoiceRow]
    next_cursor: str | None


class InvoiceItemAnswer(BaseModel):
    """How much of a statement it covers, and how much of that no red-letter invoice took back."""

    statement_id: int
    statement_number: str
    amount_fen: int
    left_fen: int


class InvoiceAnswer(InvoiceRow):
    """An invoice in full; `is_reversed` when red-letter ones, `reversed_by_ids`, took back all of it.

    `warnings` say what does not agree between it, payer, holder, contracts and vouchers.
    """

    reason: str
    withdrawn_for: str
    reversed_by_ids: list[int]
    is_reversed: bool
    items: list[InvoiceItemAnswer]
    warnings: list[Difference]
    attachments: list[AttachmentAnswer]


def invoice_row(invoice: Invoice) -> InvoiceRow:
    """An invoice in a list."""
    return InvoiceRow(**_row(invoice))


def invoice_answer(found: Found, address: Callable[[Attachment, int], str]) -> InvoiceAnswer:
    """An invoice in full; `address` says where its files are."""
    return InvoiceAnswer(
        **_row(found.invoice),
        reason=found.invoice.reason,
        withdrawn_for=found.invoice.withdrawal.reason if found.invoice.withdrawal else "",
        reversed_by_ids=[one.id for one in found.reversed_by],
        is_reversed=found.is_reversed,
        items=[
            InvoiceItemAnswer(
                statement_id=one.statement_id,
                statement_number=number_of(one.statement.year, one.statement.number),
                amount_fen=one.amount_fen,
                left_fen=max(0, found.left.get(one.statement_id, 0)),
            )
            for one in found.items
        ],
        warnings=list(found.warnings) if found.sight.manages or found.sight.reads else [],
        attachments=[attachment_answer(one, partial(address, one)) for one in found.files],
    )


def _row(invoice: Invoice) -> dict[str, Any]:
    """What lists and answers have in common."""
    plain = set(InvoiceRow.model_fields) & set(type(invoice).__table__.columns.keys())
    more = {"tax_fen": tax_in(invoice.amount_fen, invoice.rate)}
    withdrawn_at = invoice.withdrawal.created_at if invoice.withdrawal else None
    return {name: getattr(invoice, name) for name in plain} | more | {"withdrawn_at": withdrawn_at}
