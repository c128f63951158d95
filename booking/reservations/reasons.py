"""Why time on an instrument may not be had, and what cures that: the reasons and remedies as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from booking.payers.rules import Choice
from booking.reservations.vouching import Offered
from models.vocabulary.reservations import ReservationMode


class Code(StrEnum):
    """Reasons against a reservation, as the API names them."""

    NOT_SIGNED_IN = "not_signed_in"
    NOT_BOOKABLE_HERE = "not_bookable_here"
    NOT_IN_SERVICE = "not_in_service"
    NOT_SHARED = "not_shared"
    SUSPENDED = "suspended"
    MODE_NOT_OFFERED = "mode_not_offered"
    IN_THE_PAST = "in_the_past"
    HAS_BEGUN = "has_begun"
    LATE_TO_GIVE_UP = "late_to_give_up"
    COUNTS_AS_BOOKED = "counts_as_booked"
    TOO_SOON = "too_soon"
    TOO_FAR = "too_far"
    TOO_FAR_FOR_GROUP = "too_far_for_group"
    OFF_GRID = "off_grid"
    NOT_A_SLOT = "not_a_slot"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    CLOSED = "closed"
    SLOT_TAKEN = "slot_taken"
    NOT_OFFERED = "not_offered"
    NEEDS_APPROVAL = "needs_approval"
    CANNOT_TAKE_OVER = "cannot_take_over"
    PAYER_NEEDED = "payer_needed"
    PAYER_UNCHOSEN = "payer_unchosen"
    PAYER_UNKNOWN = "payer_unknown"
    PAYER_EXPIRED = "payer_expired"
    PAYER_OTHER_PROVINCE = "payer_other_province"
    PAYER_OTHER_PLACE = "payer_other_place"
    PAYER_SHORT = "payer_short"
    PAYER_LIMITED = "payer_limited"
    PAYER_SHORT_NOW = "payer_short_now"
    PAYER_LIMITED_NOW = "payer_limited_now"
    PAYER_OF_HOLDER = "payer_of_holder"
    PAYER_SEPARATELY = "payer_separately"
    PAYER_OVERDUE = "payer_overdue"
    PAYER_OWES = "payer_owes"
    PAYER_OWED_BY_OTHERS = "payer_owed_by_others"
    VOUCHER_UNKNOWN = "voucher_unknown"
    VOUCHER_AFTER_USE_BY = "voucher_after_use_by"
    VOUCHER_COVERS_NOTHING = "voucher_covers_nothing"
    VOUCHER_SHORT_NOW = "voucher_short_now"
    VOUCHER_OF_HOLDER = "voucher_of_holder"
    VOUCHER_NOT_FOR_BOTH = "voucher_not_for_both"
    VOUCHER_HAS_BEGUN = "voucher_has_begun"
    ORDER_FORM_NEEDED = "order_form_needed"
    ORDER_FORM_CHANGED = "order_form_changed"


INCURABLE = frozenset({Code.NOT_BOOKABLE_HERE, Code.NOT_IN_SERVICE, Code.NOT_SHARED, Code.NOT_OFFERED, Code.SUSPENDED})
ABOUT_ORDER_FORM = frozenset({Code.ORDER_FORM_NEEDED, Code.ORDER_FORM_CHANGED})
ABOUT_GIVING_UP = frozenset({Code.LATE_TO_GIVE_UP, Code.COUNTS_AS_BOOKED})
ABOUT_VOUCHERS = frozenset(
    {Code.VOUCHER_UNKNOWN, Code.VOUCHER_AFTER_USE_BY, Code.VOUCHER_COVERS_NOTHING, Code.VOUCHER_SHORT_NOW}
)
_NEVER = frozenset({Code.SLOT_TAKEN, Code.NOT_IN_SERVICE, Code.NOT_SIGNED_IN})
NEVER_OVERRIDDEN = _NEVER | ABOUT_ORDER_FORM | ABOUT_GIVING_UP | ABOUT_VOUCHERS
CHECKED_AGAIN = frozenset({Code.NOT_BOOKABLE_HERE, Code.NOT_IN_SERVICE, Code.NOT_SHARED, Code.SUSPENDED, Code.CLOSED})
CHECKED_OF_HEIRS = CHECKED_AGAIN | {Code.NOT_OFFERED, Code.TOO_FAR_FOR_GROUP}
PERSONAL = frozenset({Code.SUSPENDED, Code.NOT_OFFERED, Code.TOO_FAR_FOR_GROUP, Code.NOT_SHARED})
"""Reasons that tell how somebody stands with an institution."""


class Action(StrEnum):
    """What somebody can do about a refusal."""

    USE_PERIOD = "use_period"
    SHORTEN = "shorten"
    LENGTHEN = "lengthen"
    USE_MODE = "use_mode"
    USE_PAYER = "use_payer"
    PAY_LATER = "pay_later"
    USE_VOUCHER = "use_voucher"
    NO_VOUCHER = "no_voucher"
    ACCEPT_ORDER_FORM = "accept_order_form"
    CONTACT_OWNER = "contact_owner"
    OPEN_OWNER_SYSTEM = "open_owner_system"
    SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something that really cures: with its times, mode, account, voucher and form in the wish, nothing is refused."""

    action: Action
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    mode: ReservationMode | None = None
    url: str = ""
    payer: Choice | None = None
    order_form: int | None = None
    voucher: Offered | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason: its code, the values its sentence names, and what would cure it."""

    code: Code
    values: Mapping[str, Any] = field(default_factory=dict)
    remedies: tuple[Remedy, ...] = ()


def overridable(found: Sequence[Refusal]) -> bool:
    """Whether a steward may set all these reasons aside with a reason of their own."""
    return not NEVER_OVERRIDDEN & {refusal.code for refusal in found}
