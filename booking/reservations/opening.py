"""When an instrument is open: hours by weekday, less or other on the days that are not ordinary ones; values only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from booking.core.clock import at_local, local_date
from booking.core.period import Period, merged


@dataclass(frozen=True, slots=True)
class DayHours:
    """Open on an ISO weekday between two local minutes of the day; 1440 is the next midnight."""

    weekday: int
    opens_minute: int
    closes_minute: int


def days_of(window: Period) -> Iterable[date]:
    """Every local day that the window touches, in order."""
    day, last = local_date(window.start), local_date(window.end - timedelta(microseconds=1))
    while day <= last:
        yield day
        day += timedelta(days=1)


def open_time(hours: Iterable[DayHours], unusual: Mapping[date, int], window: Period) -> list[Period]:
    """The opening times inside the window; hours that meet at midnight become one period.

    `unusual` names days on which another weekday's hours hold, or (0) none at all.
    """
    return merged(inside for times in times_of(hours, unusual, window) if (inside := times.clipped(window)))


def times_of(hours: Iterable[DayHours], unusual: Mapping[date, int], window: Period) -> list[Period]:
    """What the hours say of each day that the window touches, whole, day by day."""
    by_weekday: dict[int, list[DayHours]] = {}
    for row in hours:
        by_weekday.setdefault(row.weekday, []).append(row)
    return [
        Period(at_local(day, row.opens_minute), at_local(day, row.closes_minute))
        for day in days_of(window)
        for row in by_weekday.get(unusual.get(day, day.isoweekday()), ())
    ]


def is_open(hours: Iterable[DayHours], unusual: Mapping[date, int], wanted: Period) -> bool:
    """Whether the instrument is open throughout, midnights included."""
    return open_time(hours, unusual, wanted) == [wanted]
