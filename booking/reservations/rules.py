"""Whether time on an instrument may be had: every reason against it, decided on values alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from booking.charges.rules import Owed
from booking.contracts.needs import Agreement
from booking.core.clock import SHANGHAI, at_local, local_date
from booking.core.period import Period
from booking.reservations.opening import DayHours, is_open, times_of
from booking.reservations.payment import Payment
from booking.reservations.reasons import Code, Refusal
from booking.reservations.slots import is_run, runs
from models.vocabulary.catalogue import OUT_OF_SERVICE, BookingMode, RunningState, ShareMode
from models.vocabulary.reservations import ReservationMode

LONGEST_STAY = timedelta(days=31)
ALL_WEEK = tuple(DayHours(weekday, 0, 1440) for weekday in range(1, 8))


@dataclass(frozen=True, slots=True)
class GroupName:
    """What a user group is called."""

    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class GroupLimit:
    """How far ahead the people of a user group may book, whatever an instrument would allow."""

    name_zh: str
    name_en: str
    horizon_days: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What the owner of an instrument asks of a reservation; every number is a policy row's.

    `group` is the limit of the user group of whoever asks, where it has one.
    """

    grid_minutes: int = 30
    shortest_minutes: int = 30
    longest_minutes: int = 480
    notice_minutes: int = 0
    horizon_days: int = 60
    setup_minutes: int = 0
    cleanup_minutes: int = 0
    needs_approval: bool = False
    needs_payer: bool = False
    decision_days: int = 3
    allows_self: bool = True
    allows_assisted: bool = True
    closes_on_holidays: bool = True
    hours: tuple[DayHours, ...] = ()
    slots: tuple[DayHours, ...] = ()
    unusual_days: Mapping[date, int] = field(default_factory=dict)
    running_state: RunningState = RunningState.NORMAL
    booking_mode: BookingMode = BookingMode.HERE
    booking_url: str = ""
    share_mode: ShareMode = ShareMode.EXTERNAL
    is_published: bool = True
    group: GroupLimit | None = None

    @property
    def in_service(self) -> bool:
        """Whether the instrument runs."""
        return self.running_state not in OUT_OF_SERVICE

    @property
    def modes(self) -> tuple[ReservationMode, ...]:
        """The modes on offer, working alone first."""
        offered = ((ReservationMode.SELF, self.allows_self), (ReservationMode.ASSISTED, self.allows_assisted))
        return tuple(mode for mode, allowed in offered if allowed)

    @property
    def grid(self) -> timedelta:
        """The step of starts and ends, counted from local midnight."""
        return timedelta(minutes=self.grid_minutes)

    def slots_in(self, window: Period) -> list[Period]:
        """The fixed slots of the days that the window touches, whole and in order."""
        return sorted(times_of(self.slots, self.unusual_days, window))

    def runs_in(self, window: Period) -> Iterator[Period]:
        """Slots, and rows of slots that adjoin, as long as a booking may be."""
        bounds = timedelta(minutes=self.shortest_minutes), timedelta(minutes=self.longest_minutes)
        return runs(self.slots_in(window), *bounds)

    def claimed(self, period: Period) -> Period:
        """What a reservation of `period` takes: with set-up before and clean-up after it."""
        if not (self.setup_minutes or self.cleanup_minutes):
            return period
        return period.widened(timedelta(minutes=self.setup_minutes), timedelta(minutes=self.cleanup_minutes))

    def earliest(self, now: datetime) -> datetime:
        """The first moment that keeps the notice."""
        return now + timedelta(minutes=self.notice_minutes)

    @property
    def group_decides(self) -> bool:
        """Whether the user group's limit is shorter than the instrument's."""
        return self.group is not None and self.group.horizon_days < self.horizon_days

    @property
    def days_ahead(self) -> int:
        """How many days ahead a reservation may start: the shorter of both limits."""
        return min(self.horizon_days, self.group.horizon_days) if self.group else self.horizon_days

    def horizon(self, now: datetime) -> datetime:
        """The local midnight after the last day on which a reservation may start."""
        return at_local(local_date(now) + timedelta(days=self.days_ahead + 1))


@dataclass(frozen=True, slots=True)
class Standing:
    """How the person asking stands with the instrument and its owner; `not_offered_to` is their user group.

    `payment` is who pays, where something has to be paid, `agreement` what the owner asks of an outside use, `owed`
    a booking of which nothing may be given up any more.
    """

    is_known: bool = True
    books_internally: bool = True
    suspended_until: datetime | None = None
    suspended_for: str = ""
    not_offered_to: GroupName | None = None
    payment: Payment | None = None
    agreement: Agreement | None = None
    owed: Owed | None = None

    def can_pay(self, period: Period) -> bool:
        """Whether what the time costs can be paid."""
        return self.payment is None or self.payment.fault(period) is None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; `held` is the time that the reservation has already, when it is a move."""

    period: Period
    mode: ReservationMode = ReservationMode.SELF
    held: Period | None = None

    @property
    def keeps_start(self) -> bool:
        """Whether only the end changes."""
        return self.held is not None and self.held.start == self.period.start

    @property
    def gives_back(self) -> bool:
        """Whether it asks for nothing beyond what it has."""
        return self.held is not None and self.held.contains(self.period)


def on_grid(moment: datetime, grid_minutes: int) -> bool:
    """Whether the moment is a whole number of steps after local midnight."""
    local = moment.astimezone(SHANGHAI)
    return (local.hour * 60 + local.minute) % grid_minutes == 0 and not local.second and not local.microsecond


def refusals(wanted: Wanted, terms: Terms, standing: Standing, *, now: datetime) -> list[Refusal]:
    """Every reason of the rules against `wanted`, without remedies; taken time is not known here.

    What a reservation has already is not refused again: shortening needs neither notice nor open hours.
    """
    found = [*_about_length(wanted, terms), *_about_start(wanted, terms, now)]
    paid = [*_about_giving_up(wanted, standing), *_about_payment(wanted, standing), *_about_agreement(wanted, standing)]
    paid += _about_vouchers(wanted, standing)
    if wanted.gives_back:
        return [*found, *paid]
    asked = [*_about_person(terms, standing), *_about_instrument(wanted, terms)]
    return [*asked, *found, *_about_hours(wanted, terms), *paid]


def _about_person(terms: Terms, standing: Standing) -> Iterator[Refusal]:
    """Who asks."""
    if not standing.is_known:
        yield Refusal(Code.NOT_SIGNED_IN)
    if standing.suspended_until:
        yield Refusal(Code.SUSPENDED, {"until": standing.suspended_until, "reason": standing.suspended_for})
    if terms.share_mode == ShareMode.NONE or (terms.share_mode == ShareMode.INTERNAL and not standing.books_internally):
        yield Refusal(Code.NOT_SHARED)
    if standing.not_offered_to:
        yield Refusal(Code.NOT_OFFERED, {"group": standing.not_offered_to})


def _about_instrument(wanted: Wanted, terms: Terms) -> Iterator[Refusal]:
    """What is asked of."""
    if terms.booking_mode != BookingMode.HERE or not terms.is_published:
        yield Refusal(Code.NOT_BOOKABLE_HERE)
    if not terms.in_service:
        yield Refusal(Code.NOT_IN_SERVICE)
    if wanted.held is None and wanted.mode not in terms.modes:
        yield Refusal(Code.MODE_NOT_OFFERED, {"mode": wanted.mode})


def _about_start(wanted: Wanted, terms: Terms, now: datetime) -> Iterator[Refusal]:
    """How soon and how far ahead; what has begun may change its end alone, to one still to come."""
    if wanted.held and wanted.held.start <= now and not wanted.keeps_start:
        yield Refusal(Code.HAS_BEGUN)
    if wanted.keeps_start:
        if wanted.period.end <= now:
            yield Refusal(Code.IN_THE_PAST)
        return
    if wanted.period.start < now:
        yield Refusal(Code.IN_THE_PAST)
    elif wanted.gives_back:
        return
    elif wanted.period.start < terms.earliest(now):
        yield Refusal(Code.TOO_SOON, {"earliest": terms.earliest(now), "minutes": terms.notice_minutes})
    if wanted.period.start >= terms.horizon(now):
        yield _too_far(terms, now)


def _about_giving_up(wanted: Wanted, standing: Standing) -> Iterator[Refusal]:
    """Whether a move leaves time that counts as it was booked."""
    if standing.owed and wanted.held and not wanted.period.contains(wanted.held):
        yield counted(standing.owed)


def counted(owed: Owed) -> Refusal:
    """Why no less may be made of a booking."""
    if owed.fee_fen is None:
        return Refusal(Code.COUNTS_AS_BOOKED)
    return Refusal(Code.LATE_TO_GIVE_UP, {"fee_fen": owed.fee_fen})


def _too_far(terms: Terms, now: datetime) -> Refusal:
    """The last day that may be chosen, and whose limit it is."""
    values = {"last_day": local_date(terms.horizon(now)) - timedelta(days=1), "days": terms.days_ahead}
    if terms.group_decides:
        return Refusal(Code.TOO_FAR_FOR_GROUP, {**values, "group": terms.group})
    return Refusal(Code.TOO_FAR, values)


def _about_length(wanted: Wanted, terms: Terms) -> Iterator[Refusal]:
    """How long, and whether both ends lie on the grid, or the whole is made of fixed slots."""
    moments = [m for m in (wanted.period.start, wanted.period.end) if not wanted.held or m not in _ends(wanted.held)]
    if terms.slots:
        if not _fits_slots(wanted, terms):
            yield Refusal(Code.NOT_A_SLOT, {"slots": slots_said(terms, local_date(wanted.period.start))})
    elif not all(on_grid(moment, terms.grid_minutes) for moment in moments):
        yield Refusal(Code.OFF_GRID, {"minutes": terms.grid_minutes})
    if wanted.period.length < timedelta(minutes=terms.shortest_minutes):
        yield Refusal(Code.TOO_SHORT, {"minutes": terms.shortest_minutes})
    if wanted.period.length > timedelta(minutes=terms.longest_minutes) and not wanted.gives_back:
        yield Refusal(Code.TOO_LONG, {"minutes": terms.longest_minutes})


def _fits_slots(wanted: Wanted, terms: Terms) -> bool:
    """Whether it is made of whole slots; an end that the reservation has already may stay where it is."""
    period, held = wanted.period, wanted.held
    if period.length > LONGEST_STAY:
        return False
    slots = terms.slots_in(period)
    if held is None or not {*_ends(period)} & {*_ends(held)}:
        return is_run(slots, period)
    starts, ends = {slot.start for slot in slots}, {slot.end for slot in slots}
    return period.start in {*starts, held.start} and period.end in {*ends, held.end}


def slots_said(terms: Terms, day: date | None) -> str:
    """The clock times of the slots of a day; of all days, where no day is named or that one has none."""
    weekday = terms.unusual_days.get(day, day.isoweekday()) if day else 0
    times = {(row.opens_minute, row.closes_minute) for row in terms.slots if row.weekday == weekday}
    times = times or {(row.opens_minute, row.closes_minute) for row in terms.slots}
    return ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in sorted(times))


def _clock(minute: int) -> str:
    """A minute of the day as 09:30."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _ends(period: Period) -> tuple[datetime, datetime]:
    """Start and end."""
    return period.start, period.end


def _about_hours(wanted: Wanted, terms: Terms) -> Iterator[Refusal]:
    """Whether the instrument is open throughout; a stay beyond a month is not looked at day by day."""
    if wanted.period.length > LONGEST_STAY or not is_open(terms.hours, terms.unusual_days, wanted.period):
        yield Refusal(Code.CLOSED)


def _about_payment(wanted: Wanted, standing: Standing) -> Iterator[Refusal]:
    """Whether what it costs can be paid."""
    fault = standing.payment.fault(wanted.period) if standing.payment else None
    if fault:
        yield Refusal(Code(fault[0].value), fault[1])


def _about_vouchers(wanted: Wanted, standing: Standing) -> Iterator[Refusal]:
    """Whether the vouchers that were chosen pay for it."""
    fault = standing.payment.voucher_fault(wanted.period) if standing.payment else None
    if fault:
        yield Refusal(Code(fault[0].value), fault[1])


def _about_agreement(wanted: Wanted, standing: Standing) -> Iterator[Refusal]:
    """Whether the order form that the owner asks for was accepted."""
    fault = standing.agreement.fault(wanted.period) if standing.agreement else None
    if fault:
        yield Refusal(Code(fault[0].value), fault[1])
