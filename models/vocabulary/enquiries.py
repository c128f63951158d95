"""Words of enquiries and wishes."""

from enum import StrEnum


class EnquiryState(StrEnum):
    """Whose turn it is; only the first has a due time."""

    WAITING = "waiting"
    ANSWERED = "answered"
    CLOSED = "closed"


class WishState(StrEnum):
    """How far the owner and the asker have come about a time."""

    ASKED = "asked"
    OFFERED = "offered"
    AGREED = "agreed"
    REFUSED = "refused"
    DECLINED = "declined"


OPEN_WISHES = frozenset({WishState.ASKED, WishState.OFFERED, WishState.DECLINED})
"""Where a time may still be agreed."""


class WishAnswer(StrEnum):
    """What an owner says to a wish: one of its times, another one, or no."""

    ACCEPT = "accept"
    OFFER = "offer"
    REFUSE = "refuse"
