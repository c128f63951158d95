"""What an instrument takes from its unit or its institution, and where each value comes from; values only."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from models.vocabulary.catalogue import ContactVisibility

POLICY_DEFAULTS: Mapping[str, Any] = {
    "grid_minutes": 30,
    "shortest_minutes": 30,
    "longest_minutes": 480,
    "notice_minutes": 0,
    "horizon_days": 60,
    "setup_minutes": 0,
    "cleanup_minutes": 0,
    "needs_approval": False,
    "needs_payer": False,
    "decision_days": 3,
    "allows_self": True,
    "allows_assisted": True,
    "closes_on_holidays": True,
    "slots": "",
}
POLICY = tuple(POLICY_DEFAULTS)
CONTACT = ("contact_name", "phone", "email", "postcode")
HOURS, WHOLE_CONTACT, VISIBILITY = "opening_hours", "contact", "contact_visibility"
INHERITABLE = (*POLICY, HOURS, WHOLE_CONTACT, VISIBILITY)
NO_CONTACT: Mapping[str, str] = dict.fromkeys(CONTACT, "")
DEFAULTS: Mapping[str, Any] = {
    **POLICY_DEFAULTS,
    HOURS: "",
    WHOLE_CONTACT: NO_CONTACT,
    VISIBILITY: ContactVisibility.PUBLIC,
}


class Level(StrEnum):
    """Where a value comes from."""

    INSTRUMENT = "instrument"
    UNIT = "unit"
    ORGANISATION = "organisation"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a unit or an institution sets; what it leaves open is not there."""

    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        policy: Mapping[str, Any] | None = None,
        opening_hours: str | None = None,
        contact: Mapping[str, str] | None = None,
        contact_visibility: ContactVisibility | None = None,
    ) -> "Settings":
        """The settings of one level; a contact counts when it names somebody, a phone or an address."""
        values = {name: value for name, value in (policy or {}).items() if name in POLICY and value is not None}
        if opening_hours is not None:
            values[HOURS] = opening_hours
        if contact and any(contact.get(name) for name in CONTACT[:3]):
            values[WHOLE_CONTACT] = {name: contact.get(name, "") for name in CONTACT}
        if contact_visibility is not None:
            values[VISIBILITY] = contact_visibility
        return cls(values)


NOTHING_SET = Settings()


@dataclass(frozen=True, slots=True)
class Above:
    """What stands above an instrument: its unit's settings, and its institution's."""

    unit: Settings = NOTHING_SET
    organisation: Settings = NOTHING_SET

    def given(self, name: str) -> tuple[Any, Level]:
        """The nearest value of that name, and whose it is."""
        for level, settings in ((Level.UNIT, self.unit), (Level.ORGANISATION, self.organisation)):
            if name in settings.values:
                return settings.values[name], level
        return DEFAULTS[name], Level.DEFAULT


def resolved(name: str, own: Any, inherited: Collection[str], above: Above) -> tuple[Any, Level]:
    """The value that holds for an instrument and where it comes from: its own, unless it inherits that name."""
    return above.given(name) if name in inherited else (own, Level.INSTRUMENT)


def policy_in_effect(own: Mapping[str, Any], inherited: Collection[str], above: Above) -> dict[str, Any]:
    """Every number of the booking policy that holds for an instrument."""
    if not inherited:
        return {name: own[name] for name in POLICY}
    return {name: resolved(name, own[name], inherited, above)[0] for name in POLICY}


def names_in(text: str) -> frozenset[str]:
    """What an instrument inherits, from its column."""
    return frozenset(text.split())


def written(names: Iterable[str]) -> str:
    """What an instrument inherits, as its column keeps it."""
    wanted = set(names)
    return " ".join(name for name in INHERITABLE if name in wanted)


def own_names(columns: Iterable[str]) -> set[str]:
    """What an instrument has of its own once these columns were set on it."""
    given = set(columns)
    found = given & {*POLICY, HOURS, VISIBILITY}
    return found | {WHOLE_CONTACT} if given & set(CONTACT) else found
