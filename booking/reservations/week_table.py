"""One week of an instrument as rows of hours and columns of days, for pages without a drawn calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from booking.core.clock import at_local, local_date
from booking.core.period import Period
from booking.reservations.rules import Terms
from booking.reservations.slots import first_runs

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
EARLIEST_HOUR, LATEST_HOUR = 8, 18
FIRST_DAY, LAST_DAY = date(2000, 1, 10), date(2099, 12, 20)


class CellKind(StrEnum):
    """What an hour shows, the first that applies."""

    PAST = "past"
    FREE = "free"
    MINE = "mine"
    BLOCK = "block"
    BUSY = "busy"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour of a day; `wish` is a time that starts within it and could be reserved.

    Free without a wish is an hour in the middle of a fixed slot.
    """

    kind: CellKind
    hour: Period
    wish: Period | None = None


@dataclass(frozen=True, slots=True)
class WeekTable:
    """A week from Monday; `rows` holds seven cells for each hour shown."""

    days: tuple[date, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def first_hour(self) -> int:
        """The local hour of the first row."""
        return _hour_of(self.rows[0][0].hour.start)

    @property
    def last_hour(self) -> int:
        """The local hour after the last row; 24 is midnight."""
        return _hour_of(self.rows[-1][0].hour.start) + 1


@dataclass(frozen=True, slots=True)
class WeekTime:
    """What is known of a week: each a list of periods in order."""

    free: Sequence[Period] = ()
    mine: Sequence[Period] = ()
    blocks: Sequence[Period] = ()
    busy: Sequence[Period] = ()
    opened: Sequence[Period] = ()


def monday_of(day: date) -> date:
    """The Monday of the week of `day`."""
    return day - timedelta(days=day.weekday())


def day_in(text: str | None) -> date | None:
    """A day from an address, or None when it is none that a calendar could show."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None


def day_of(day: date) -> Period:
    """A local day."""
    return Period(at_local(day), at_local(day, 1440))


def week_of(monday: date) -> Period:
    """The seven local days from `monday`."""
    return Period(at_local(monday), at_local(monday + WEEK))


def week_table(monday: date, time: WeekTime, terms: Terms, *, now: datetime) -> WeekTable:
    """The table of the week from `monday`, over every hour in which something is open or taken."""
    days = tuple(monday + timedelta(days=number) for number in range(7))
    slots = _slots(monday, time, terms, now) if terms.slots else None
    rows = tuple(
        tuple(
            _cell(Period(at_local(day, hour * 60), at_local(day, hour * 60 + 60)), time, terms, slots, now=now)
            for day in days
        )
        for hour in _hours_shown(time)
    )
    return WeekTable(days, rows)


def _cell(hour: Period, time: WeekTime, terms: Terms, slots: Sequence[Period] | None, *, now: datetime) -> Cell:
    """What the hour shows."""
    if hour.end <= now:
        return Cell(CellKind.PAST, hour)
    if slots is not None:
        found = [slot for slot in slots if slot.overlaps(hour)]
        if found:
            return Cell(CellKind.FREE, hour, next((slot for slot in found if slot.start >= hour.start), None))
    elif wish := _first_wish(hour, time.free, terms, now):
        return Cell(CellKind.FREE, hour, wish)
    for kind, periods in ((CellKind.MINE, time.mine), (CellKind.BLOCK, time.blocks), (CellKind.BUSY, time.busy)):
        if any(period.overlaps(hour) for period in periods):
            return Cell(kind, hour)
    return Cell(CellKind.CLOSED, hour)


def _slots(monday: date, time: WeekTime, terms: Terms, now: datetime) -> list[Period]:
    """The fixed slots of the week that could be reserved."""
    found = first_runs(terms.runs_in(week_of(monday)), time.free)
    return [slot for slot in found if terms.earliest(now) <= slot.start < terms.horizon(now)]


def _first_wish(hour: Period, free: Sequence[Period], terms: Terms, now: datetime) -> Period | None:
    """The first time within the hour from which the shortest stay, or an hour, is free."""
    for period in free:
        start = on_grid_from(max(period.start, hour.start, terms.earliest(now)), terms)
        room = period.end - start
        if start < hour.end and start < terms.horizon(now) and room >= timedelta(minutes=terms.shortest_minutes):
            return Period(start, start + _length(room, terms))
    return None


def _length(room: timedelta, terms: Terms) -> timedelta:
    """An hour, where the owner and the room allow it."""
    wanted = max(HOUR, timedelta(minutes=terms.shortest_minutes))
    longest = min(wanted, room, timedelta(minutes=terms.longest_minutes))
    return max(longest - longest % terms.grid, timedelta(minutes=terms.shortest_minutes))


def on_grid_from(moment: datetime, terms: Terms) -> datetime:
    """The first step of the grid that is not before `moment`."""
    since = moment - at_local(local_date(moment))
    return moment + (-since) % terms.grid


def _hours_shown(time: WeekTime) -> range:
    """From the first to the last hour of the day that matters, at least office hours."""
    first, last = EARLIEST_HOUR, LATEST_HOUR
    for period in (*time.opened, *time.mine):
        if local_date(period.start) != local_date(period.end - timedelta(microseconds=1)):
            return range(24)
        first = min(first, _hour_of(period.start))
        last = max(last, _hour_of(period.end - timedelta(microseconds=1)) + 1)
    return range(first, last)


def _hour_of(moment: datetime) -> int:
    """The local hour of the day."""
    return int((moment - at_local(local_date(moment))) // HOUR)
