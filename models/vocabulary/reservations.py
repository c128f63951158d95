"""Words of reservations, claims and blocks."""

from enum import StrEnum


class ReservationState(StrEnum):
    """Where a reservation stands; the first four hold time, those of them that are over keep what they had."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


STANDING = frozenset({ReservationState.REQUESTED, ReservationState.CONFIRMED})
"""What is still to come, or over and not confirmed: its money is held."""

HOLDING_TIME = STANDING | {ReservationState.COMPLETED, ReservationState.NO_SHOW}


class UseOutcome(StrEnum):
    """What came of a reservation's time: used, nobody came, or it could not be used."""

    USED = "used"
    NO_SHOW = "no_show"
    UNUSABLE = "unusable"


class ReservationMode(StrEnum):
    """Who operates: the user alone, or with staff."""

    SELF = "self"
    ASSISTED = "assisted"


class Direction(StrEnum):
    """What kind of work the use serves; the national codes are 135 to 138."""

    RESEARCH = "research"
    DEVELOPMENT = "development"
    TEACHING = "teaching"
    OTHER = "other"


class PersonRole(StrEnum):
    """What a named person does in a reservation, besides who booked it."""

    OPERATOR = "operator"
    PARTICIPANT = "participant"


class BlockKind(StrEnum):
    """Why an instrument is not to be used."""

    CLOSURE = "closure"
    MAINTENANCE = "maintenance"
    OUTAGE = "outage"
    OUTSIDE = "outside"


class ClaimKind(StrEnum):
    """What holds a claim."""

    RESERVATION = "reservation"
    BLOCK = "block"


class ChangeKind(StrEnum):
    """What happened to a reservation."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    MOVED = "moved"
    MOVE_ASKED = "move_asked"
    MOVE_REJECTED = "move_rejected"
    MOVE_WITHDRAWN = "move_withdrawn"
    MOVE_LAPSED = "move_lapsed"
    EDITED = "edited"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"
    KEPT = "kept"
    HANDED_OVER = "handed_over"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


class ConflictState(StrEnum):
    """Whether a conflict has been dealt with: gone, or the booking knowingly kept."""

    OPEN = "open"
    SETTLED = "settled"
    KEPT = "kept"
