"""What a record still lacks before it may be published."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from booking.catalogue.levels import inherited_contacts
from booking.catalogue.rules import missing_before_publishing
from booking.core.errors import Problem
from models.catalogue import Instrument


def missing_of(session: Session, instrument: Instrument) -> list[Problem]:
    """What the instrument still lacks before publishing, a contact that it inherits counted."""
    return missing_of_all(session, [instrument])[instrument.id]


def missing_of_all(session: Session, instruments: Sequence[Instrument]) -> dict[int, list[Problem]]:
    """The same for several; at most one statement."""
    contacts = inherited_contacts(session, instruments)
    return {one.id: missing_of_values(one, contacts.get(one.id, {})) for one in instruments}


def missing_of_values(instrument: Instrument, values: Mapping[str, Any]) -> list[Problem]:
    """What the instrument would lack with these values in the place of its own; the owner's place counts."""
    owner = instrument.organisation
    found = missing_before_publishing(_Changed(instrument, values), is_abroad=owner.country != "CN")
    return [problem for problem in found if problem.field != "adcode" or not owner.adcode]


class _Changed:
    """A record with some values in the place of its own."""

    def __init__(self, instrument: Instrument, values: Mapping[str, Any]) -> None:
        """Keep both."""
        self._instrument, self._values = instrument, values

    def __getattr__(self, name: str) -> Any:
        """The new value, else the record's."""
        return self._values[name] if name in self._values else getattr(self._instrument, name)
