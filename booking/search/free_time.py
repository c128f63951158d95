"""The next seven days of the instruments on a page: how much of each is free, and when the earliest time begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date
from booking.core.period import Period, common, merged
from booking.reservations.availability import bookable_time
from booking.reservations.lanes import LaneTime
from booking.reservations.opening import open_time
from booking.reservations.slots import first_runs
from booking.reservations.taken import lane_times
from booking.reservations.terms import Place, places_of
from booking.search.bits import numbers_in
from booking.search.selection import Selection
from models.vocabulary.catalogue import ShareMode

DAYS = 7
COUNTED = 100
"""Of so many at most it is said how many are free in the next days."""
QUARTERS = 4


@dataclass(frozen=True, slots=True)
class FreeDay:
    """A day and how many quarters of its opening time are free; None when it is closed."""

    day: date
    quarters: int | None


@dataclass(frozen=True, slots=True)
class FreeWeek:
    """Seven days from today, and the first moment at which the shortest booking fits; None when there is none."""

    days: list[FreeDay]
    earliest: datetime | None


def free_weeks(
    session: Session, ids: Sequence[int], *, user_id: int | None = None, now: datetime
) -> dict[int, FreeWeek]:
    """The weeks of these instruments, which are booked here and show their time; four statements however many.

    The earliest moment is one that this person may book, where their user group has a limit.
    """
    if not ids:
        return {}
    today = local_date(now)
    window = Period(at_local(today), at_local(today + timedelta(days=DAYS)))
    places = places_of(session, ids, window, user_id=user_id, now=now)
    times = lane_times(session, ids, window)
    return {
        number: _week(place, times[number], today, now=now)
        for number, place in places.items()
        if place.terms.share_mode != ShareMode.NONE
    }


def weeks_of(
    session: Session, selection: Selection, shown: Sequence[int], *, counts: bool, user_id: int | None, now: datetime
) -> tuple[dict[int, FreeWeek], int | None]:
    """The weeks of those shown, and how many of all found have a free time in the next days.

    None where too many were found to count. All are looked at when that `counts`, or when all are shown anyhow.
    """
    showing = selection.showing_time
    is_counted = selection.total <= (COUNTED if counts else len(shown))
    numbers = numbers_in(showing) if is_counted else [number for number in shown if showing >> number & 1]
    weeks = free_weeks(session, numbers, user_id=user_id, now=now)
    return weeks, sum(week.earliest is not None for week in weeks.values()) if is_counted else None


def _week(place: Place, time: LaneTime, today: date, *, now: datetime) -> FreeWeek:
    """One instrument's days and its earliest time."""
    opened = open_time(place.terms.hours, place.terms.unusual_days, time.window)
    free = time.free()
    days = [_day(today + timedelta(days=offset), opened, free) for offset in range(DAYS)]
    return FreeWeek(days, _earliest(place, opened, free, now=now))


def _day(day: date, opened: Sequence[Period], free: Sequence[Period]) -> FreeDay:
    """How much of a day's opening time is free; a little counts as one quarter, all but a little as three."""
    whole = Period(at_local(day), at_local(day, 1440))
    hours = [part for period in opened if (part := period.clipped(whole))]
    if not hours:
        return FreeDay(day, None)
    total = sum((period.length for period in hours), timedelta())
    left = sum((period.length for period in common(hours, merged(free))), timedelta())
    if left in (timedelta(), total):
        return FreeDay(day, QUARTERS if left else 0)
    return FreeDay(day, min(QUARTERS - 1, max(1, round(QUARTERS * (left / total)))))


def _earliest(place: Place, opened: Sequence[Period], free: Sequence[Period], *, now: datetime) -> datetime | None:
    """When a booking of the shortest length could begin, on the grid, within the week."""
    if place.terms.slots:
        window = Period(at_local(local_date(now)), at_local(local_date(now) + timedelta(days=DAYS)))
        room = bookable_time(place.terms, opened, free, now=now)
        return min((run.start for run in first_runs(place.terms.runs_in(window), room)), default=None)
    shortest = timedelta(minutes=place.terms.shortest_minutes)
    starts = []
    for period in free:
        for part in bookable_time(place.terms, opened, [period], now=now):
            start = _on_grid(part.start, place.terms.grid)
            if start + shortest <= part.end:
                starts.append(start)
                break
    return min(starts, default=None)


def _on_grid(moment: datetime, grid: timedelta) -> datetime:
    """The next step of the grid, counted from local midnight."""
    midnight = at_local(local_date(moment))
    return midnight - (midnight - moment) // grid * grid
