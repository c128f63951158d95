"""Words of the feeds."""

from enum import StrEnum


class FeedScope(StrEnum):
    """What a feed shows: the owner's bookings, or one instrument's occupied time."""

    MINE = "mine"
    INSTRUMENT = "instrument"
