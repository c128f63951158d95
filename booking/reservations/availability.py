"""When instruments are open, busy, free and bookable."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import and_, or_, select, union
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import at_local
from booking.core.period import Period, common, merged
from booking.reservations.lanes import BusyTime, LaneTime
from booking.reservations.opening import open_time
from booking.reservations.rules import Terms
from booking.reservations.situations import find_place_over, sees_free_time
from booking.reservations.slots import first_runs
from booking.reservations.taken import lane_time, lane_times
from booking.reservations.terms import Place, places_of
from models.reservations import Reservation, ReservationPerson
from models.vocabulary.catalogue import BookingMode
from models.vocabulary.reservations import HOLDING_TIME, ReservationState


@dataclass(frozen=True, slots=True)
class OwnTime:
    """A reservation of the viewer on this instrument; `asked` is where a pending change wants it."""

    id: int
    period: Period
    state: ReservationState
    asked: Period | None = None

    @property
    def periods(self) -> list[Period]:
        """The time it has, and the time it asks for."""
        return [self.period, self.asked] if self.asked else [self.period]


@dataclass(frozen=True, slots=True)
class InstrumentTime:
    """An instrument's time within a window.

    `free`: maximal periods in which one lane of each group is free throughout, opening hours aside (they may
    overlap). `is_hidden` says that the owner does not show busy and free time; then both are empty.
    """

    place: Place
    window: Period
    asked_at: datetime
    open: list[Period]
    busy: list[BusyTime] = field(default_factory=list)
    free: list[Period] = field(default_factory=list)
    mine: list[OwnTime] = field(default_factory=list)
    is_hidden: bool = False

    @property
    def bookable(self) -> list[Period]:
        """Where a reservation could lie: free and open, as far as notice and horizon allow."""
        return bookable_time(self.terms, self.open, self.free, now=self.asked_at)

    @property
    def slots(self) -> list[Period]:
        """The fixed slots that could be reserved; several at once where one is too short."""
        return first_runs(self.terms.runs_in(self.window), self.bookable) if self.terms.slots else []

    @property
    def own(self) -> list[Period]:
        """The viewer's own time within the window, asked-for time included."""
        return [period for one in self.mine for period in one.periods if period.overlaps(self.window)]

    @property
    def terms(self) -> Terms:
        """What a reservation must keep."""
        return self.place.terms


@dataclass(frozen=True, slots=True)
class DayShare:
    """How much of a day's opening time is free, from 0 to 1; None when it is closed or not known."""

    day: date
    share: float | None


def instrument_time(
    session: Session, instrument_id: int, window: Period, *, viewer: Actor | None, own_id: int = 0, now: datetime
) -> InstrumentTime:
    """What the viewer may know of an instrument's time; four statements, however much there is.

    `own_id` is a reservation there that the viewer may see: its time counts as free, as it does when it moves.
    """
    user_id = viewer.id if viewer else None
    place = find_place_over(
        session, instrument_id, window, actor=viewer, user_id=user_id, internal=own_id != 0, now=now
    )
    mine = [one for one in _own_times(session, instrument_id, window, viewer) if one.id != own_id] if viewer else []
    return time_of(session, place, window, viewer=viewer, mine=mine, own_id=own_id, now=now)


def time_of(
    session: Session,
    place: Place,
    window: Period,
    *,
    viewer: Actor | None,
    mine: Sequence[OwnTime] = (),
    own_id: int = 0,
    now: datetime,
) -> InstrumentTime:
    """The same for a place that has been read already; one statement."""
    opened = open_time(place.terms.hours, place.terms.unusual_days, window)
    if not sees_free_time(place, viewer):
        return InstrumentTime(place, window, now, opened, mine=list(mine), is_hidden=True)
    time = lane_time(session, place.instrument_id, window, own_id=own_id)
    free = time.free() if place.terms.booking_mode == BookingMode.HERE else []
    return InstrumentTime(place, window, now, opened, time.busy(), free, list(mine))


def bookable_time(terms: Terms, opened: Sequence[Period], free: Sequence[Period], *, now: datetime) -> list[Period]:
    """Free and open time that notice and horizon still allow; nothing while out of service."""
    start, end = max(now, terms.earliest(now)), terms.horizon(now)
    if not terms.in_service or not terms.is_published or start >= end:
        return []
    return common(merged(free), [part for period in opened if (part := period.clipped(Period(start, end)))])


def week_of_free_time(
    session: Session, instrument_ids: Sequence[int], first_day: date, *, now: datetime, days: int = 7
) -> dict[int, list[DayShare]]:
    """For each instrument, the share of each day's opening time that is free; four statements for all.

    Instruments that are not booked here, are out of service or hide their time have no known share.
    """
    window = Period(at_local(first_day), at_local(first_day + timedelta(days=days)))
    places = places_of(session, instrument_ids, window, now=now)
    shown = [place.instrument_id for place in places.values() if _may_look_free(place)]
    times = lane_times(session, shown, window) if shown else {}
    calendar = [first_day + timedelta(days=offset) for offset in range(days)]
    return {
        instrument_id: _shares(place.terms, times.get(instrument_id), calendar)
        for instrument_id, place in places.items()
    }


def _may_look_free(place: Place) -> bool:
    """Whether its free time is known here and shown to everybody."""
    here = place.terms.booking_mode == BookingMode.HERE and place.terms.in_service
    return here and place.is_public and not place.hides_free_time


def _shares(terms: Terms, time: LaneTime | None, days: Sequence[date]) -> list[DayShare]:
    """The share of each day; None where nothing is known or the day is closed."""
    if time is None:
        return [DayShare(day, None) for day in days]
    free = merged(time.free())
    return [DayShare(day, _share(terms, free, day)) for day in days]


def _share(terms: Terms, free: Sequence[Period], day: date) -> float | None:
    """Free opening time of a day, by its whole opening time."""
    opened = open_time(terms.hours, terms.unusual_days, Period(at_local(day), at_local(day, 1440)))
    total = sum((period.length for period in opened), timedelta())
    if not total:
        return None
    return sum((period.length for period in common(opened, free)), timedelta()) / total


_OWN_TIME = select(
    Reservation.id,
    Reservation.starts_at,
    Reservation.ends_at,
    Reservation.state,
    Reservation.asked_starts_at,
    Reservation.asked_ends_at,
)


def _own_times(session: Session, instrument_id: int, window: Period, viewer: Actor) -> list[OwnTime]:
    """The viewer's reservations that hold time there, booked or linked, if only by asking for it."""
    linked = select(ReservationPerson.reservation_id).where(ReservationPerson.user_id == viewer.id)
    holding = _OWN_TIME.where(Reservation.state.in_(HOLDING_TIME))
    there = holding.where(
        Reservation.instrument_id == instrument_id,
        or_(Reservation.booked_by_id == viewer.id, Reservation.id.in_(linked)),
        and_(Reservation.starts_at < window.end, Reservation.ends_at > window.start),
    )
    asked_for = holding.where(
        # Of the few that wait for another time, not of all that the instrument ever had: no index knows those.
        Reservation.instrument_id + 0 == instrument_id,
        Reservation.booked_by_id == viewer.id,
        and_(Reservation.asked_starts_at < window.end, Reservation.asked_ends_at > window.start),
    )
    rows = session.execute(union(there, asked_for).order_by("starts_at"))
    return [
        OwnTime(number, Period(start, end), state, Period(asked, asked_end) if asked and asked_end else None)
        for number, start, end, state, asked, asked_end in rows
    ]
