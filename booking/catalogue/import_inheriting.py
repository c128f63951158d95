"""What a row of a table makes a record's own, and what it goes on inheriting."""

from typing import Any, Protocol

from booking.catalogue.import_reading import ImportRow
from booking.catalogue.import_standing import Standing
from booking.catalogue.inheritance import (
    CONTACT,
    HOURS,
    INHERITABLE,
    WHOLE_CONTACT,
    Above,
    names_in,
    own_names,
    written,
)
from booking.catalogue.rules import Hours, write_hours
from models.catalogue import Instrument


class Row(Protocol):
    """A row that is planned: its record, if it has one, and what it says."""

    instrument: Instrument | None
    values: dict[str, Any]
    policy: dict[str, Any]
    hours: list[Hours] | None


def keep_own(planned: Row, row: ImportRow, standing: Standing) -> None:
    """Note what the record inherits afterwards: a new one all that the row does not say.

    A standing one goes on inheriting what the row repeats, so that an export is read again without a change.
    """
    own = own_names({*row.model_fields_set, *(("allows_self", "allows_assisted") if row.modes else ())})
    instrument = planned.instrument
    if instrument is None:
        planned.values["inherits"] = written({*INHERITABLE} - own)
        return
    inherited = names_in(instrument.inherits)
    above = standing.above.get((instrument.organisation_id, instrument.unit_id), Above())
    repeated = {name for name in inherited & own if _repeats(planned, name, above)}
    for name in repeated:
        _leave(planned, name, standing)
    planned.values["inherits"] = written(inherited - (own - repeated))


def _repeats(planned: Row, name: str, above: Above) -> bool:
    """Whether the row says what holds anyway."""
    held = above.given(name)[0]
    if name == HOURS:
        return bool(write_hours(planned.hours or ()) == held)
    if name == WHOLE_CONTACT:
        return all(planned.values[part] == held[part] for part in CONTACT if part in planned.values)
    return bool(planned.policy[name] == held)


def _leave(planned: Row, name: str, standing: Standing) -> None:
    """Leave the record's own columns as they are."""
    if name == HOURS:
        planned.hours = None
    elif name == WHOLE_CONTACT:
        for part in CONTACT:
            planned.values.pop(part, None)
    elif planned.instrument is not None:
        planned.policy[name] = getattr(standing.policies[planned.instrument.id], name)
