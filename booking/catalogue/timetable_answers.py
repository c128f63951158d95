"""Hours, rules and positions of a record as the API answers them, each value with where it comes from."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from booking.catalogue.inheritance import HOURS, POLICY, Level
from booking.catalogue.levels import Policy
from booking.catalogue.queries import Lanes, Record
from booking.catalogue.rules import Hours, clock, write_hours
from models.catalogue import Instrument


class PolicyAnswer(BaseModel):
    """The numbers a booking must keep."""

    grid_minutes: int
    shortest_minutes: int
    longest_minutes: int
    notice_minutes: int
    horizon_days: int
    setup_minutes: int
    cleanup_minutes: int
    needs_approval: bool
    needs_payer: bool
    decision_days: int
    allows_self: bool
    allows_assisted: bool
    closes_on_holidays: bool
    slots: str


class HoursAnswer(BaseModel):
    """Open on an ISO weekday between two local clock times; 24:00 is midnight."""

    weekday: int = Field(ge=1, le=7)
    opens: str
    closes: str


class FromAnswer(BaseModel):
    """Where a value comes from: the instrument itself, its unit, its institution, or the platform's default."""

    level: Level
    id: int | None
    name: str


class EffectiveAnswer(BaseModel):
    """A value that holds for the instrument, and where it comes from."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    value: Any
    source: FromAnswer = Field(alias="from")


class LaneGroupAnswer(BaseModel):
    """A group of positions of which a booking takes one."""

    id: int
    name: str
    is_own: bool
    capacity: int


def effective_answer(record: Record) -> dict[str, EffectiveAnswer]:
    """The hours and booking rules that hold, each with where it comes from; contacts stand in `contact`."""
    found = record.effective
    values: dict[str, Any] = {name: getattr(found.policy, name) for name in POLICY} | {HOURS: write_hours(found.hours)}
    return {
        name: EffectiveAnswer(value=value, source=from_answer(record.instrument, found.levels[name]))
        for name, value in values.items()
    }


def from_answer(instrument: Instrument, level: Level) -> FromAnswer:
    """The level with its number and its Chinese name."""
    rows = {
        Level.INSTRUMENT: (instrument.id, instrument.name_zh or instrument.name_en),
        Level.UNIT: (instrument.unit_id, instrument.unit.name_zh if instrument.unit else ""),
        Level.ORGANISATION: (instrument.organisation_id, instrument.organisation.name_zh),
    }
    number, name = rows.get(level, (None, ""))
    return FromAnswer(level=level, id=number, name=name)


def policy_answer(policy: Policy) -> PolicyAnswer:
    """The policy that holds, as its answer."""
    return PolicyAnswer(**{name: getattr(policy, name) for name in PolicyAnswer.model_fields})


def hours_answer(hours: Hours) -> HoursAnswer:
    """Opening hours with clock times."""
    return HoursAnswer(weekday=hours.weekday, opens=clock(hours.opens_minute), closes=clock(hours.closes_minute))


def lane_group_answer(lanes: Lanes) -> LaneGroupAnswer:
    """A lane group without the other instruments that list it, which may be unpublished."""
    return LaneGroupAnswer(id=lanes.id, name=lanes.name, is_own=lanes.is_own, capacity=lanes.capacity)
