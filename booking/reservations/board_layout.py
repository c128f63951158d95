"""The steward's day as table rows: for each lane, cells that span as many five-minute columns as they last."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from booking.core.clock import at_local
from booking.core.period import Period

STEP = timedelta(minutes=5)
HOUR = timedelta(hours=1)
FIRST_HOUR, LAST_HOUR = 8, 20


class Timed(Protocol):
    """Whatever stands on the board."""

    @property
    def period(self) -> Period:
        """When it is."""
        ...


ItemT = TypeVar("ItemT", bound=Timed)


@dataclass(frozen=True, slots=True)
class BoardCell(Generic[ItemT]):
    """A stretch of a row, `span` steps wide; without an item it is empty and ends at the full hour."""

    span: int
    item: ItemT | None = None
    begins_hour: bool = False


def hours_shown(day: date, items: Iterable[Timed]) -> range:
    """The local hours of the board: the working day, widened to whatever happens outside it."""
    first, last = FIRST_HOUR, LAST_HOUR
    for item in items:
        begins = (item.period.start - at_local(day)) / HOUR
        ends = (item.period.end - at_local(day)) / HOUR
        first, last = min(first, int(begins // 1)), max(last, int(-(-ends // 1)))
    return range(max(first, 0), min(last, 24))


def window_of(day: date, hours: range) -> Period:
    """The moments that the board shows."""
    return Period(at_local(day, hours.start * 60), at_local(day, hours.stop * 60))


def rows_of(items: Sequence[ItemT], window: Period) -> list[list[BoardCell[ItemT]]]:
    """As few rows as hold every item without overlap, each filled with cells from end to end."""
    rows: list[list[ItemT]] = []
    for item in sorted(items, key=lambda one: one.period):
        if not item.period.overlaps(window):
            continue
        fitting = next((row for row in rows if _columns(row[-1], window)[1] <= _columns(item, window)[0]), None)
        if fitting is None:
            rows.append([item])
        else:
            fitting.append(item)
    return [_filled(row, window) for row in rows or [[]]]


def now_column(window: Period, now: datetime) -> int | None:
    """The step in which the present lies, or None when the board shows another time."""
    return (now - window.start) // STEP if window.start <= now < window.end else None


def _filled(items: Sequence[ItemT], window: Period) -> list[BoardCell[ItemT]]:
    """The items of one row, with empty cells between them."""
    cells: list[BoardCell[ItemT]] = []
    column = 0
    for item in items:
        first, last = _columns(item, window)
        cells.extend(_empty(column, first))
        cells.append(BoardCell(last - first, item, begins_hour=first % _PER_HOUR == 0))
        column = last
    return [*cells, *_empty(column, window.length // STEP)]


_PER_HOUR = HOUR // STEP


def _columns(item: Timed, window: Period) -> tuple[int, int]:
    """The first column and the one after the last, at least one wide."""
    seen = item.period.clipped(window) or window
    first = (seen.start - window.start) // STEP
    return first, max(first + 1, -((window.start - seen.end) // STEP))


def _empty(first: int, last: int) -> Iterable[BoardCell[ItemT]]:
    """Empty cells from column to column, cut at every full hour."""
    while first < last:
        until = min(last, (first // _PER_HOUR + 1) * _PER_HOUR)
        yield BoardCell(until - first, None, begins_hour=first % _PER_HOUR == 0)
        first = until
