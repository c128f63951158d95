"""What is read from outside about statements and receipts; pages write yuan, the API fen."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from booking.core.forms import Blank, FilledLine, Form, Line, NearDay, OptionalDay, PageForm, Text
from booking.payers.forms import Cursor, Id, Limit, Paid, Reason
from booking.statements.batches import BatchWanted
from booking.statements.cash_book import CashWanted
from booking.statements.queries import Show
from booking.statements.rules import Age, Came, term_days
from models.vocabulary.statements import StatementKind, Withholding

MOST_TERMS = 4
MOST_PAYERS = 10_000


def _in_order(text: str) -> str:
    """Ends of terms, each once and in order; refused when one is no day of every year."""
    try:
        days = sorted(set(term_days(text)))
    except ValueError as wrong:
        raise PydanticCustomError("term_ends", "no days") from wrong
    if len(days) > MOST_TERMS:
        raise PydanticCustomError("term_ends", "too many")
    return " ".join(f"{month:02d}-{day:02d}" for month, day in days)


class BillingTermsForm(Form):
    """How an institution bills; `term_ends` are up to four days as MM-DD with spaces between."""

    cut_off_day: Annotated[int, Field(ge=1, le=31)] = 31
    term_ends: Annotated[Line, Field(max_length=40), AfterValidator(_in_order)] = ""
    pays_within_days: Annotated[int, Field(ge=0, le=365)] = 30
    refuses_overdue: bool = False
    withholds_results: Withholding = Withholding.NEVER
    bank_details: Annotated[Text, Field(max_length=300)] = ""


class DraftsForm(Form):
    """Drafts for everybody with something to bill until a day (none: the last cut-off), or for some of them."""

    until_on: OptionalDay = None
    debtors: (
        Annotated[list[Annotated[str, Field(pattern=r"^[ap][0-9]{1,9}$")]], Field(max_length=MOST_PAYERS)] | None
    ) = None


class NewDraftsBody(DraftsForm):
    """The same with the institution."""

    organisation_id: Id


class IssueForm(Form):
    """To which of their organisations somebody without a payer account is billed: 0 to none; not said: the only one."""

    billed_to: Annotated[int | None, Field(ge=0), Blank] = None


class IssueDraftsBody(Form):
    """All drafts of an institution."""

    organisation_id: Id


class ReceiptForm(Form):
    """Money that came or was paid back: how much, by which paper of which day."""

    amount_fen: Paid
    number: Annotated[FilledLine, Field(max_length=60)]
    received_on: NearDay
    reason: Annotated[Line, Field(max_length=300)] = ""


class WhyForm(Form):
    """Why."""

    reason: Reason


class StatementsQuery(Form):
    """Which statements: one's own, an institution's, what an account or organisation was billed, with a charge."""

    organisation: Annotated[Id | None, Blank] = None
    charge: Annotated[Id | None, Blank] = None
    payer_account: Annotated[Id | None, Blank] = None
    billed_to: Annotated[Id | None, Blank] = None
    show: Show = Show.ALL
    limit: Limit = 50
    cursor: Cursor = ""


class PlaceQuery(Form):
    """Of which institution."""

    organisation: Id


class ToBillQuery(PlaceQuery):
    """Of which institution, and until when."""

    until_on: OptionalDay = None


class ReceiptsQuery(Form):
    """Which part of the receipts."""

    limit: Limit = 50
    cursor: Cursor = ""


class CashForm(Form):
    """Which rows of a cash book: by days of papers, parts of what a payer is called or of a number, a kind."""

    since: OptionalDay = None
    until: OptionalDay = None
    payer: Annotated[Line, Field(max_length=120)] = ""
    number: Annotated[Line, Field(max_length=60)] = ""
    kind: Annotated[Came | None, Blank] = None

    @property
    def wanted(self) -> CashWanted:
        """The same as the book reads it."""
        return CashWanted(self.since, self.until, self.payer, self.number, self.kind)


class CashTableQuery(CashForm):
    """The same of an institution, as a table to take away."""

    organisation: Id


class CashQuery(CashTableQuery):
    """The same, page by page."""

    limit: Limit = 50
    cursor: Cursor = ""


class FileFormat(StrEnum):
    """As what statements are taken away: papers to sign in one file, or a table of what they ask for."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"


class BatchForm(Form):
    """Which statements are taken away at once: of one kind, and those whose uses run until one of these days."""

    format: FileFormat = FileFormat.PDF
    kind: Annotated[StatementKind | None, Blank] = None
    since: OptionalDay = None
    until: OptionalDay = None

    @property
    def wanted(self) -> BatchWanted:
        """The same without the form of the file."""
        return BatchWanted(self.kind, self.since, self.until)


class BatchQuery(BatchForm):
    """The same of an institution."""

    organisation: Id


class BatchPage(BatchForm, PageForm):
    """The same as the page asks."""


class EntriesQuery(Form):
    """Which part of the transfers."""

    limit: Limit = 50
    cursor: Cursor = ""


class TermsPage(BillingTermsForm, PageForm):
    """The terms, as the page sends them, with the version the page was made from."""

    version: Annotated[int | None, Blank] = None


class ToBillPage(PageForm):
    """Until when the page shows what is to be billed."""

    until_on: OptionalDay = None


class DraftsPage(DraftsForm, PageForm):
    """Drafts, as the page asks for them."""


class IssuePage(IssueForm, PageForm):
    """The same, as the page sends it."""


class ListPage(PageForm):
    """Which part of a list; of what is open, that of an age."""

    show: str = ""
    age: Annotated[Age | None, Blank] = None
    cursor: Cursor = ""


class CashPage(CashForm, PageForm):
    """The same as the page asks."""

    cursor: Cursor = ""


class MinePage(ListPage):
    """Which part of one's own statements, or those that a charge stands on."""

    charge: Annotated[Id | None, Blank] = None


class DebtorPage(PageForm):
    """Which part of each list of a debtor's page: receipts, statements (of an age), transfers (from an entry on)."""

    cursor: Cursor = ""
    age: Annotated[Age | None, Blank] = None
    statements: Cursor = ""
    transfers: Cursor = ""
    entry: Annotated[Id | None, Blank] = None


class PartsPage(PageForm):
    """Which part of a statement's transfers."""

    cursor: Cursor = ""


class ReceiptPage(ReceiptForm, PageForm):
    """A receipt, as the page sends it."""


class WhyPage(WhyForm, PageForm):
    """A reason, as the page sends it."""
