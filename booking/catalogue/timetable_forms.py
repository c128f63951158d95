"""What is read from outside about hours, rules and positions."""

from typing import Annotated

from pydantic import Field, field_validator

from booking.catalogue.form_fields import HoursEntry, HoursText, SlotsText, as_hours
from booking.catalogue.rules import MOST_LANES, Hours, read_hours
from booking.core.forms import Explained, Form, Line


class PolicyForm(Form):
    """The numbers a booking must keep, whole at a time."""

    grid_minutes: Annotated[int, Field(ge=5, le=60)] = 30
    shortest_minutes: Annotated[int, Field(ge=5, le=20160)] = 30
    longest_minutes: Annotated[int, Field(ge=5, le=20160)] = 480
    notice_minutes: Annotated[int, Field(ge=0, le=129600)] = 0
    horizon_days: Annotated[int, Field(ge=1, le=730)] = 60
    setup_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    cleanup_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    needs_approval: bool = False
    needs_payer: bool = False
    decision_days: Annotated[int, Field(ge=1, le=30)] = 3
    allows_self: bool = True
    allows_assisted: bool = True
    closes_on_holidays: bool = True
    slots: SlotsText = ""


class HoursForm(Explained):
    """The opening hours of a week, as text or as a list; whole at a time."""

    opening_hours: HoursText = Field(default_factory=list)

    @field_validator("opening_hours", mode="after")
    @classmethod
    def _clear(cls, entries: list[HoursEntry]) -> list[HoursEntry]:
        """A list keeps what the text must keep: in order, within the day, no overlaps."""
        as_hours("; ".join(str(entry) for entry in entries))
        return entries

    @property
    def hours(self) -> list[Hours]:
        """The hours themselves."""
        return read_hours("; ".join(str(entry) for entry in self.opening_hours))


class CapacityForm(Form):
    """How many people at a time."""

    capacity: Annotated[int, Field(ge=1, le=MOST_LANES)]


class NewSharedGroup(CapacityForm):
    """A detector, pump or other part that several instruments of one owner share."""

    name: Annotated[Line, Field(min_length=1, max_length=100)]
    capacity: Annotated[int, Field(ge=1, le=MOST_LANES)] = 1
