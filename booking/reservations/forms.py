"""Reading wishes, changes, uses and blocks from outside; pages and the API share them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from booking.accounts.forms import Email, KnownEmail
from booking.core.errors import InvalidInput, Problem
from booking.core.forms import Blank, FilledLine, Form, Line, Moment, PageForm, Text
from booking.core.pages import LARGEST_PAGE
from booking.core.period import Period
from booking.core.texts import N_
from booking.reservations.queries import Filter
from booking.reservations.vouching import Declared, VoucherUse, Vouching
from booking.reservations.wishes import Details, Named, Paying, Wish
from models.vocabulary.reservations import BlockKind, Direction, ReservationMode, ReservationState, UseOutcome

MOST_PARTICIPANTS = 20
MOST_SAMPLES = 100_000
LONGEST_WINDOW = timedelta(days=100)
LARGEST_ID = 2**31 - 1

MOST_USES, MOST_LINES = 50, 50

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Place = Annotated[int, Field(ge=0, lt=MOST_LINES)]
Pieces = Annotated[int, Field(ge=0, le=MOST_SAMPLES)]
Reason = Annotated[Text, Field(max_length=600)]
Why = Annotated[Text, Field(min_length=1, max_length=600)]


def _in_order(start: object, end: object) -> None:
    """Refuse an end that is not after its start."""
    if start is not None and end is not None and end <= start:  # type: ignore[operator]
        raise PydanticCustomError("period_order", "period order")


class PeriodForm(Form):
    """From when until when."""

    starts_at: Moment
    ends_at: Moment

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _in_order(self.starts_at, self.ends_at)
        return self

    @property
    def period(self) -> Period:
        """The time as a value."""
        return Period(self.starts_at, self.ends_at)


class PersonForm(Form):
    """Somebody named in a reservation; an address links them to their account if they have one."""

    name: Annotated[FilledLine, Field(max_length=80)]
    email: Annotated[Email | None, Blank] = None

    @property
    def named(self) -> Named:
        """The person as a value."""
        return Named(self.name, self.email or "")


class DetailsForm(Form):
    """What a reservation says besides its time."""

    purpose: Annotated[Text, Field(max_length=600)] = ""
    direction: Annotated[Direction | None, Blank] = None
    project_name: Annotated[Line, Field(max_length=200)] = ""
    project_number: Annotated[Line, Field(max_length=80)] = ""
    sample_count: Annotated[Annotated[int, Field(ge=0, le=MOST_SAMPLES)] | None, Blank] = None
    operator: PersonForm | None = None
    participants: Annotated[list[PersonForm], Field(max_length=MOST_PARTICIPANTS)] = Field(default_factory=list)

    @property
    def details(self) -> Details:
        """The same as a value."""
        return Details(
            purpose=self.purpose,
            direction=self.direction,
            project_name=self.project_name,
            project_number=self.project_number,
            sample_count=self.sample_count,
            operator=self.operator.named if self.operator else None,
            participants=tuple(person.named for person in self.participants),
        )


class PayingForm(Form):
    """Which payer account pays; without one that was used last, or the only one. Later means without any."""

    payer_account_id: Annotated[Id | None, Blank] = None
    pays_later: bool = False

    @property
    def paying(self) -> Paying:
        """The same as a value."""
        return Paying(None if self.pays_later else self.payer_account_id, self.pays_later)


class VouchersForm(PayingForm):
    """What pays, and which vouchers of their firm pay a part, for who acts for one: all usable ones, one, or none.

    Unsaid, what was chosen before stays, and of something new all that are usable pay; which firm's is said by who acts
    for several. The declarations are about this use and come with the choice: what is not declared is declared not to
    be so.
    """

    voucher_use: Annotated[VoucherUse | None, Blank] = None
    voucher_id: Annotated[Id | None, Blank] = None
    voucher_organisation_id: Annotated[Id | None, Blank] = None
    is_statutory: bool = False
    is_related: bool = False
    is_funded: bool = False

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.voucher_use == VoucherUse.NAMED and self.voucher_id is None:
            raise PydanticCustomError("missing", "missing")
        return self

    @property
    def vouching(self) -> Vouching | None:
        """The choice as a value; None when nothing is said."""
        use = self.voucher_use or (VoucherUse.NAMED if self.voucher_id is not None else None)
        declared = Declared(self.is_statutory, self.is_related, self.is_funded)
        if use is None and self.voucher_organisation_id is None and declared == Declared():
            return None
        voucher_id = self.voucher_id if use == VoucherUse.NAMED else None
        return Vouching(use or VoucherUse.AUTOMATIC, voucher_id, self.voucher_organisation_id, declared)

    @property
    def paying(self) -> Paying:
        """All of it as a value."""
        return replace(super().paying, vouching=self.vouching)


class WishForm(DetailsForm, PeriodForm, VouchersForm):
    """A reservation somebody asks for, or asks about; `order_form` is the version of the owner's terms they accept."""

    instrument_id: Id
    mode: Annotated[ReservationMode | None, Blank] = None
    override_reason: Reason = ""
    on_behalf_of: Annotated[KnownEmail | None, Blank] = None
    order_form: Annotated[Id | None, Blank] = None

    @property
    def wish(self) -> Wish:
        """The wish as a value."""
        return Wish(
            instrument_id=self.instrument_id,
            period=self.period,
            mode=self.mode,
            details=self.details,
            override_reason=self.override_reason,
            on_behalf_of=self.on_behalf_of or "",
            paying=self.paying,
            order_form=self.order_form,
        )


class ChangeForm(DetailsForm, VouchersForm):
    """Another time (both ends), another payer account, other vouchers, other details; what is not named stays."""

    starts_at: Moment | None = None
    ends_at: Moment | None = None
    reason: Reason = ""
    override_reason: Reason = ""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _in_order(self.starts_at, self.ends_at)
        return self

    @property
    def given(self) -> frozenset[str]:
        """The details that were named."""
        return frozenset(self.model_fields_set & set(DetailsForm.model_fields))

    def moved(self, current: Period) -> Period | None:
        """The wanted time, a missing end being the current one; None when no time was named."""
        if self.starts_at is None and self.ends_at is None:
            return None
        start, end = self.starts_at or current.start, self.ends_at or current.end
        if end <= start:
            raise InvalidInput([Problem("ends_at", N_("结束时间须晚于开始时间。"))])
        return Period(start, end)


class ReasonForm(Form):
    """A step with its reason."""

    reason: Reason = ""


class CancelForm(ReasonForm):
    """Why, and what cancelling is known to cost: where it costs something else by now, nothing is cancelled."""

    fee_fen: Annotated[Annotated[int, Field(ge=0, lt=2**53)] | None, Blank] = None


class ApprovalForm(Form):
    """Saying yes; a reason sets lasting rules aside."""

    override_reason: Reason = ""


class UseForm(Form):
    """What came of a reservation: used as booked or when it says, nobody came, or it could not be used (say why).

    Samples and pieces are for its price: what that counts is named, zero too. `pieces` are counts by the place of their
    line among the price's further lines.
    """

    outcome: UseOutcome = UseOutcome.USED
    actual_starts_at: Annotated[Moment | None, Blank] = None
    actual_ends_at: Annotated[Moment | None, Blank] = None
    samples: Annotated[Annotated[int, Field(ge=0, le=MOST_SAMPLES)] | None, Blank] = None
    pieces: Annotated[dict[Place, Pieces], Field(max_length=MOST_LINES)] = Field(default_factory=dict)
    note: Reason = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.actual_starts_at is None) != (self.actual_ends_at is None):
            raise PydanticCustomError("half_period", "half period")
        _in_order(self.actual_starts_at, self.actual_ends_at)
        return self

    @property
    def period(self) -> Period | None:
        """The actual time, where one is named and somebody came."""
        if self.actual_starts_at is None or self.actual_ends_at is None or self.outcome != UseOutcome.USED:
            return None
        return Period(self.actual_starts_at, self.actual_ends_at)


class UsePage(UseForm, PageForm):
    """The same as the page sends it."""


class UsesForm(Form):
    """Several reservations: used as booked, or from before and to be let off."""

    reservation_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_USES)]


class UsesQuery(Form):
    """Which uses to confirm: of one instrument, or of all that one decides about.

    With `older=1` those that ended before uses were confirmed here: they are confirmed one by one.
    """

    older: bool = False
    instrument: Annotated[Id | None, Blank] = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=300)] = ""


class UsesPage(PageForm):
    """The same as pages ask."""

    show: Annotated[str, Field(max_length=20)] = ""
    instrument: Annotated[Id | None, Blank] = None
    cursor: Annotated[str, Field(max_length=300)] = ""


class BlockForm(PeriodForm):
    """Time in which the instrument, or one group of lanes, is not to be used."""

    kind: BlockKind
    reason: Annotated[Line, Field(max_length=300)] = ""
    lane_group: Annotated[Id | None, Blank] = None

    @model_validator(mode="after")
    def _by_people(self) -> Self:
        if self.kind == BlockKind.OUTSIDE:
            raise PydanticCustomError("enum", "enum")
        return self


class WindowForm(Form):
    """`?from=&to=`: at most a hundred days."""

    start: Moment = Field(alias="from")
    end: Moment = Field(alias="to")

    @property
    def window(self) -> Period:
        """The window as a value; raises InvalidInput when it is reversed or too long."""
        if self.end <= self.start:
            raise InvalidInput([Problem("to", N_("结束时间须晚于开始时间。"))])
        if self.end - self.start > LONGEST_WINDOW:
            raise InvalidInput([Problem("to", N_("时间范围最长 %(days)s 天。"), {"days": LONGEST_WINDOW.days})])
        return Period(self.start, self.end)


class ReservationsQuery(Form):
    """`GET /reservations`: one's own with `mine=1`, else also those one may see as staff."""

    mine: bool = False
    state: list[ReservationState] = Field(default_factory=list)
    instrument: Id | None = None
    start: Moment | None = Field(None, alias="from")
    end: Moment | None = Field(None, alias="to")
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=300)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_state(cls, values: Any) -> Any:
        """A single `state=` is a list of one."""
        if isinstance(values, Mapping) and isinstance(values.get("state"), str):
            return {**values, "state": [values["state"]]}
        return values

    @property
    def filter(self) -> Filter:
        """The same as the query takes it."""
        return Filter(
            states=frozenset(self.state),
            instrument_id=self.instrument,
            starts_before=self.end,
            ends_after=self.start,
        )
