"""What is read from outside about sample orders; pages write yuan, the API fen."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from booking.catalogue.form_fields import LARGEST_ID, Id
from booking.core.forms import Blank, FilledLine, Form, Line, Moment, NearDay, OptionalDay, PageForm, Text, Written
from booking.core.forms import hundredths as unsigned_hundredths
from booking.core.pages import LARGEST_PAGE
from booking.pricing.labels import OF_CHARGES
from booking.reservations.forms import VouchersForm
from booking.samples.rules import MOST_IN_A_RUN
from booking.samples.stickers import ON_A_SHEET, Which
from models.vocabulary.pricing import LineKind
from models.vocabulary.samples import Hazard, Leftover, ReportKind, SampleOrderState, SampleState, Settling

MOST_SAMPLES = 200
MOST_LINES = 20
MOST_FEN = 100_000_000

Position = Annotated[int, Field(ge=1, le=MOST_SAMPLES)]
Positions = Annotated[list[Position], Field(default_factory=list, max_length=MOST_SAMPLES)]
Reason = Annotated[FilledLine, Field(max_length=600)]
Courier = Annotated[Line, Field(max_length=60)]
Message = Annotated[Text, Field(max_length=4000)]


def _hundredths(value: Any) -> Any:
    """An amount as a page writes it; a sign before it makes a discount."""
    if isinstance(value, Written) and value.strip().startswith("-"):
        return -unsigned_hundredths(Written(value.strip()[1:]))
    return unsigned_hundredths(value)


def _several(value: Any) -> Any:
    """One value of a query, or several under the same name, as a list."""
    return [value] if isinstance(value, str) else value


SignedFen = Annotated[int, Field(strict=True, ge=-MOST_FEN, le=MOST_FEN), BeforeValidator(_hundredths)]


class SampleOrderForm(Form):
    """A request: what is sent, and what is wanted; `test_items` are ids of the instrument's items.

    `marks` are what stands on the samples, in their order; with `organisation_id` an agent asks for a firm.
    """

    title: Annotated[FilledLine, Field(max_length=200)]
    sample_count: Position
    marks: Annotated[list[Annotated[Line, Field(max_length=80)]], Field(default_factory=list, max_length=MOST_SAMPLES)]
    description: Annotated[Text, Field(max_length=2000)] = ""
    test_items: Annotated[list[Id], Field(default_factory=list, max_length=50)]
    other_tests: Annotated[Text, Field(max_length=600)] = ""
    hazards: Annotated[list[Hazard], Field(default_factory=list, max_length=len(Hazard))]
    hazard_note: Annotated[Text, Field(max_length=600)] = ""
    leftover: Leftover
    return_address: Annotated[Line, Field(max_length=300)] = ""
    report: ReportKind
    due_on: OptionalDay = None
    message: Message = ""
    organisation_id: Annotated[Id | None, Blank] = None


def _quotable(kind: LineKind) -> LineKind:
    """Refuse kinds of lines that only charges have."""
    if kind in OF_CHARGES:
        raise PydanticCustomError("enum", "of charges alone")
    return kind


class QuoteLineForm(Form):
    """One line of a quote; lines that have no name of their own are called by their kind."""

    kind: Annotated[LineKind, AfterValidator(_quotable)]
    name: Annotated[Line, Field(max_length=100)] = ""
    count: Annotated[int, Field(ge=1, le=10_000)] = 1
    unit_fen: SignedFen


class SampleQuoteForm(Form):
    """What an order would cost and until when that holds; `reason` is due when the lines leave the price list.

    `last_quote_id` is the quote that was seen before this one, 0 for none.
    """

    last_quote_id: Annotated[int, Field(ge=0, le=LARGEST_ID)]
    lines: Annotated[list[QuoteLineForm], Field(max_length=MOST_LINES)]
    valid_until: NearDay
    reason: Annotated[Line, Field(max_length=300)] = ""
    note: Annotated[Text, Field(max_length=1000)] = ""


class AcceptForm(VouchersForm):
    """Accept the quote of this number and no other; `order_form` is the version of the terms, where one is due.

    Which payer account and which vouchers hold its amount is said as for reservations; an order of a firm is paid with
    that firm's vouchers only, somebody's own with none.
    """

    quote_id: Id
    order_form: Annotated[Id | None, Blank] = None


class OrderVouchersQuery(VouchersForm):
    """Which vouchers shall pay a share of a quote, and what is declared about it."""


class SampleReasonForm(Form):
    """Why."""

    reason: Reason


class SendForm(Form):
    """How the samples travel; without a number they are brought."""

    courier: Annotated[FilledLine, Field(max_length=60)]
    tracking_number: Courier = ""


class ReceiveForm(Form):
    """What arrived: positions that are damaged or missing, how many came besides, and what was seen."""

    damaged: Positions
    missing: Positions
    extra: Annotated[int, Field(ge=0, le=MOST_SAMPLES)] = 0
    note: Annotated[Line, Field(max_length=300)] = ""


class SettleForm(Form):
    """What is to happen with samples that did not arrive as announced."""

    answer: Settling
    message: Message = ""


class SampleRunForm(Form):
    """Time on the instrument for the samples of these orders; `override_reason` sets rules of booking aside."""

    order_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_IN_A_RUN)]
    starts_at: Moment
    ends_at: Moment
    note: Annotated[Line, Field(max_length=300)] = ""
    override_reason: Annotated[Line, Field(max_length=600)] = ""


class ResultForm(PageForm):
    """What goes with uploaded results; no positions means all samples, the last results are final."""

    report_number: Annotated[Line, Field(max_length=60)] = ""
    positions: Positions
    is_final: bool = False
    note: Annotated[Text, Field(max_length=1000)] = ""


class RecordForm(Form):
    """What became of one sample, and what was seen; of a damaged or lost one that must be said."""

    state: SampleState
    note: Annotated[Line, Field(max_length=300)] = ""


class CountForm(Form):
    """How much was done of each line of the accepted quote, in their order, and why where that is not plain."""

    counts: Annotated[list[Annotated[int, Field(ge=0, le=10_000)]], Field(min_length=1, max_length=MOST_LINES)]
    note: Annotated[Line, Field(max_length=300)] = ""


class GiveBackForm(Form):
    """That what is left of the samples went back, or was disposed of."""

    how: Leftover
    courier: Courier = ""
    tracking_number: Courier = ""


class SampleMessageForm(Form):
    """What one side writes."""

    text: Annotated[Text, Field(min_length=1, max_length=4000)]


class SampleOrderPage(SampleOrderForm, PageForm):
    """The form of a request."""


class SampleQuotePage(SampleQuoteForm, PageForm):
    """The form of a quote."""


class AcceptPage(AcceptForm, PageForm):
    """The form that accepts a quote."""


class ReasonPage(SampleReasonForm, PageForm):
    """A form that asks why."""


class SendPage(SendForm, PageForm):
    """The form that says how samples travel."""


class ReceivePage(ReceiveForm, PageForm):
    """The form of what arrived."""


class SettlePage(SettleForm, PageForm):
    """The form that answers a mismatch."""


class SampleRunPage(SampleRunForm, PageForm):
    """The form of a run."""


class RecordPage(PageForm):
    """The form of one sample, named apart from the fields of results beside it."""

    position: Position
    sample_state: SampleState
    sample_note: Annotated[Line, Field(max_length=300)] = ""


class GiveBackPage(GiveBackForm, PageForm):
    """The form of giving back."""


class SampleMessagePage(SampleMessageForm, PageForm):
    """The form of a message."""


class SampleOrdersQuery(Form):
    """Which orders: one's own, or with `staffed` those of the instruments one works for; `waiting` for one's side.

    `number` is an order's, or what stands on the label of one of its samples.
    """

    staffed: bool = False
    waiting: bool = False
    number: Annotated[str, Field(max_length=300)] = ""
    state: SampleOrderState | None = None
    instrument: Annotated[Id | None, Blank] = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=200)] = ""


class SampleOrdersPage(PageForm):
    """Which part of a list of orders a page shows."""

    show: Annotated[str, Field(max_length=20)] = ""
    instrument: Annotated[Id | None, Blank] = None
    cursor: Annotated[str, Field(max_length=200)] = ""


class SampleFiguresQuery(Form):
    """Of which instrument figures are wanted; of all one works for when none is named."""

    instrument: Annotated[Id | None, Blank] = None


class SampleFiguresPage(SampleFiguresQuery, PageForm):
    """The same, of the page."""


class StickersQuery(Form):
    """The labels of which orders, and from which place of the first sheet of twelve on."""

    order: Annotated[list[Id], BeforeValidator(_several), Field(min_length=1, max_length=MOST_IN_A_RUN)]
    which: Which = Which.BOTH
    first: Annotated[int, Field(ge=1, le=ON_A_SHEET)] = 1


class StickersPage(StickersQuery, PageForm):
    """The same, of the page, which begins with none."""

    order: Annotated[list[Id], BeforeValidator(_several), Field(default_factory=list, max_length=MOST_IN_A_RUN)]


class FindPage(PageForm):
    """What was typed or scanned to find an order."""

    number: Annotated[str, Field(max_length=300)] = ""
