"""What of a register holds on a day, and when two entries say the same of the same days."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Days:
    """From one local day to another, both included; without an end until further notice."""

    first: date
    last: date | None = None

    def hold_on(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day and (self.last is None or day <= self.last)

    def overlap(self, other: "Days") -> bool:
        """Whether any day belongs to both."""
        starts_before = self.last is None or other.first <= self.last
        return starts_before and (other.last is None or self.first <= other.last)


def days_of(starts_on: date, ends_on: date | None, ended_on: date | None) -> Days:
    """The days of an entry, which may have been ended early."""
    ends = [day for day in (ends_on, ended_on) if day is not None]
    return Days(starts_on, min(ends, default=None))
