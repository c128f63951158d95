"""What is read from outside about invoices; pages write yuan and percent, the API fen and basis points."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from booking.core.forms import Blank, FilledLine, Form, Line, NearDay, PageForm, hundredths
from booking.directory.rules import uscc_problems
from booking.payers.forms import Cursor, Id, Limit, Paid, Reason
from models.vocabulary.invoices import InvoiceKind

MOST_ITEMS = 100
Items = TypeVar("Items", bound="Sequence[InvoiceItemForm]")
PaidItems = TypeVar("PaidItems", bound="Sequence[TopUpItemForm]")


def _sound(number: str) -> str:
    """A tax number in capitals; one that is no sound 统一社会信用代码 is refused."""
    found = number.upper()
    if uscc_problems(found):
        raise PydanticCustomError("tax_number", "not a USCC")
    return found


def _digits(number: str) -> str:
    """An invoice's number without blanks: letters and digits only."""
    found = "".join(number.split()).upper()
    if not found.isascii() or not found.isalnum():
        raise PydanticCustomError("invoice_number", "not a number")
    return found


def _once_each(items: "Items") -> "Items":
    """Refuse a statement that is named twice."""
    if len({one.statement_id for one in items}) < len(items):
        raise PydanticCustomError("twice", "twice")
    return items


def _once_each_paid(items: "PaidItems") -> "PaidItems":
    """Refuse money that is named twice."""
    if len({one.movement_id for one in items}) < len(items):
        raise PydanticCustomError("twice", "twice")
    return items


Number = Annotated[FilledLine, Field(max_length=40), AfterValidator(_digits)]
Rate = Annotated[int, Field(strict=True, ge=0, le=10_000), BeforeValidator(hundredths)]


class InvoiceItemForm(Form):
    """How much of a statement an invoice covers."""

    statement_id: Id
    amount_fen: Paid


class TopUpItemForm(Form):
    """How much of money that was paid in an invoice covers; `movement_id` is that of the top-up."""

    movement_id: Id
    amount_fen: Paid


class AnInvoiceForm(Form):
    """An invoice as it was issued: `rate` in basis points, amounts with tax, the title (抬头) and its tax number."""

    kind: InvoiceKind = InvoiceKind.ORDINARY
    number: Number
    issued_on: NearDay
    title: Annotated[FilledLine, Field(max_length=200)]
    tax_number: Annotated[Line, Field(max_length=20), AfterValidator(_sound)] = ""
    rate: Rate = 0


class InvoiceForm(AnInvoiceForm):
    """An invoice of statements, with how much of which it covers.

    `gives_up_vouchers` records it although vouchers pay less of a use because of its date.
    """

    gives_up_vouchers: bool = False
    items: Annotated[list[InvoiceItemForm], Field(min_length=1, max_length=MOST_ITEMS), AfterValidator(_once_each)]


class TopUpInvoiceForm(AnInvoiceForm):
    """An invoice of money that was paid in, with how much of which top-ups it covers."""

    items: Annotated[list[TopUpItemForm], Field(min_length=1, max_length=MOST_ITEMS), AfterValidator(_once_each_paid)]


class ReversalForm(Form):
    """The red-letter invoice that reverses another, and why: the whole that is left of it, or these amounts.

    `items` are amounts of statements, `paid_in` of money that was paid in, whichever the invoice covers.
    """

    number: Number
    issued_on: NearDay
    reason: Reason
    items: Annotated[tuple[InvoiceItemForm, ...], Field(max_length=MOST_ITEMS), AfterValidator(_once_each)] = ()
    paid_in: Annotated[tuple[TopUpItemForm, ...], Field(max_length=MOST_ITEMS), AfterValidator(_once_each_paid)] = ()


class WithdrawalForm(Form):
    """Why what was recorded is taken back."""

    reason: Reason


class InvoicesQuery(Form):
    """Whose invoices: of a debtor, of a statement, or of a payer account; one of them must be said."""

    debtor: Annotated[Id | None, Blank] = None
    statement: Annotated[Id | None, Blank] = None
    payer_account: Annotated[Id | None, Blank] = None
    limit: Limit = 50
    cursor: Cursor = ""


class InvoicePage(InvoiceForm, PageForm):
    """An invoice, as the page sends it."""


class TopUpInvoicePage(TopUpInvoiceForm, PageForm):
    """The same of money that was paid in."""


class ReversalPage(ReversalForm, PageForm):
    """A reversal, as the page sends it; without any amount it is of all that is left."""


class WithdrawalPage(PageForm):
    """A withdrawal, as the page sends it beside the form that reverses."""

    withdrawn_for: Reason
