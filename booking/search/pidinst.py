"""A record as PIDINST 1.0 (RDA Persistent Identification of Instruments, JSON schema 1.0).

No persistent identifier is minted here: the identifier is the address of the instrument's page.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from booking.catalogue.levels import Effective
from models.catalogue import Instrument, TestItem
from models.vocabulary.catalogue import ContactVisibility

MEDIA_TYPE = "application/vnd.pidinst+json"
UNKNOWN = "unknown"


class Named(Protocol):
    """A class by its code and names."""

    @property
    def code(self) -> str:
        """Six digits."""

    @property
    def name_zh(self) -> str:
        """In Chinese."""

    @property
    def name_en(self) -> str:
        """In English."""


class Described(Protocol):
    """What of a record the document tells."""

    @property
    def instrument(self) -> Instrument:
        """The record itself, its organisation loaded."""

    @property
    def effective(self) -> Effective:
        """What holds for it, own or inherited."""

    @property
    def classes(self) -> Sequence[Named]:
        """Its class and those above, the widest first."""

    @property
    def test_items(self) -> Sequence[TestItem]:
        """What it can test."""


def document(record: Described, landing_page: str) -> dict[str, Any]:
    """The record with its page at `landing_page`; what is not known is left out."""
    instrument = record.instrument
    found = {
        "identifier": {"identifier": landing_page, "identifierType": "URL"},
        "schemaVersion": "1.0",
        "landingPage": landing_page,
        "name": instrument.name_en or instrument.name_zh,
        "owners": [_owner(record)],
        "manufacturers": [{"manufacturerName": instrument.manufacturer or UNKNOWN}],
        "model": {"modelName": instrument.model} if instrument.model else None,
        "description": _description(instrument),
        "instrumentTypes": [_type(row.code, row.name_en or row.name_zh) for row in reversed(record.classes)],
        "measuredVariables": [item.name_en or item.name_zh for item in record.test_items],
        "dates": _dates(instrument),
        "alternateIdentifiers": _alternates(instrument),
    }
    return {name: value for name, value in found.items() if value}


def _owner(record: Described) -> dict[str, Any]:
    """The institution, with the contact where everybody may read it."""
    owner = record.instrument.organisation
    found: dict[str, Any] = {"ownerName": owner.name_en or owner.name_zh}
    email = record.effective.contact["email"]
    if email and record.effective.contact_visibility == ContactVisibility.PUBLIC:
        found["ownerContact"] = email
    if owner.website:
        found["ownerIdentifier"] = {"ownerIdentifier": owner.website, "ownerIdentifierType": "URL"}
    return found


def _description(instrument: Instrument) -> str:
    """Name in the other language, functions and indicators, as far as they are known."""
    other = instrument.name_zh if instrument.name_en else ""
    functions = instrument.functions_en or instrument.functions_zh
    indicators = instrument.indicators_en or instrument.indicators_zh
    return "\n".join(part for part in (other, functions, indicators) if part)


def _type(code: str, name: str) -> dict[str, Any]:
    """A class of the national classification."""
    identifier = {"instrumentTypeIdentifier": code, "instrumentTypeIdentifierType": "NRII class code"}
    return {"instrumentTypeName": name, "instrumentTypeIdentifier": identifier}


def _dates(instrument: Instrument) -> list[dict[str, str]]:
    """Since when it is in use."""
    since = instrument.in_use_since
    return [{"date": since.isoformat(), "dateType": "Commissioned"}] if since else []


def _alternates(instrument: Instrument) -> list[dict[str, str]]:
    """The owner's own number."""
    if not instrument.inner_id:
        return []
    return [{"alternateIdentifier": instrument.inner_id, "alternateIdentifierType": "InventoryNumber"}]
