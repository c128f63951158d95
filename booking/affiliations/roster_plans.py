"""What a roster would do: the fate of every row, and who is no longer on it."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from booking.affiliations.roster_reading import ReadRow
from models.affiliations import Affiliation, Invitation

DETAILS = ("unit_id", "user_group_id", "staff_number", "ends_on")
"""What a row sets of an affiliation or an invitation."""


class Fate(StrEnum):
    """What becomes of a row."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    INVITED = "invited"
    INVITATION_CHANGED = "invitation_changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(slots=True)
class Planned:
    """One row with what it does: to whom, to which affiliation or invitation, and what it sets there."""

    row: ReadRow
    fate: Fate = Fate.REFUSED
    user_id: int | None = None
    affiliation: Affiliation | None = None
    invitation: Invitation | None = None
    sets: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leaver:
    """Somebody confirmed who is not on the roster, and until when a role not the actor's to end keeps them."""

    affiliation: Affiliation
    name: str
    email: str
    held_until: date | None

    def stays(self, last_day: date) -> bool:
        """Whether they stay although others who are missing end on the day."""
        return self.held_until is not None and self.held_until > last_day


@dataclass(frozen=True, slots=True)
class Plan:
    """What a roster does: every row, and who is no longer on it, confirmed or only invited."""

    rows: list[Planned]
    leavers: list[Leaver]
    uninvited: list[Invitation]

    def of(self, *fates: Fate) -> list[Planned]:
        """The rows with one of these fates."""
        return [planned for planned in self.rows if planned.fate in fates]

    def counts(self) -> dict[str, int]:
        """How many rows have each fate, and how many people and invitations are missing."""
        found = {fate.value: len(self.of(fate)) for fate in Fate}
        return found | {"missing": len(self.leavers), "missing_invitations": len(self.uninvited)}
