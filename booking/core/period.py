"""Half-open stretches of time and the arithmetic of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The half-open interval [start, end) between two aware moments; raises ValueError when empty or naive."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Refuse naive moments and empty or reversed intervals."""
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a period needs aware moments")
        if self.start >= self.end:
            raise ValueError("a period ends after it starts")

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.end - self.start

    def overlaps(self, other: "Period") -> bool:
        """Whether the two share any time; touching ends do not."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Period") -> bool:
        """Whether `other` lies wholly inside."""
        return self.start <= other.start and other.end <= self.end

    def widened(self, before: timedelta, after: timedelta) -> "Period":
        """The same period with time added on both sides."""
        return Period(self.start - before, self.end + after)

    def clipped(self, window: "Period") -> "Period | None":
        """The part inside `window`, or None when there is none."""
        start, end = max(self.start, window.start), min(self.end, window.end)
        return Period(start, end) if start < end else None


def merged(periods: Iterable[Period]) -> list[Period]:
    """The same time as the fewest periods, in order; touching ones become one."""
    found: list[Period] = []
    for period in sorted(periods):
        if found and period.start <= found[-1].end:
            found[-1] = Period(found[-1].start, max(found[-1].end, period.end))
        else:
            found.append(period)
    return found


def without(periods: Iterable[Period], taken: Iterable[Period]) -> list[Period]:
    """The time of `periods` that no `taken` covers, in order."""
    left: list[Period] = []
    holes, at = merged(taken), 0
    for period in merged(periods):
        start = period.start
        while at < len(holes) and holes[at].start < period.end:
            if holes[at].start > start:
                left.append(Period(start, holes[at].start))
            start = max(start, holes[at].end)
            if start > period.end:
                break
            at += 1
        if start < period.end:
            left.append(Period(start, period.end))
    return left


def common(first: Iterable[Period], second: Iterable[Period]) -> list[Period]:
    """The time that both cover, in order."""
    left, right = merged(first), merged(second)
    found: list[Period] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if both := left[i].clipped(right[j]):
            found.append(both)
        if left[i].end <= right[j].end:
            i += 1
        else:
            j += 1
    return found
