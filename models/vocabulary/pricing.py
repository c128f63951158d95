"""Words of the prices: what a row says, what its lines are for, and what a quote is made of."""

from enum import StrEnum


class Offer(StrEnum):
    """Whether a row has a price, refuses a user group, or ends what its place said before."""

    OFFERED = "offered"
    NOT_OFFERED = "not_offered"
    WITHDRAWN = "withdrawn"


class BilledOn(StrEnum):
    """Which time is charged: as booked, as used, or the longer of the two."""

    BOOKED = "booked"
    ACTUAL = "actual"
    LARGER = "larger"


class Rounding(StrEnum):
    """What a total is rounded to."""

    FEN = "fen"
    JIAO = "jiao"
    YUAN = "yuan"


class ExtraKind(StrEnum):
    """What a further line of a price is for."""

    CONSUMABLE = "consumable"
    PREPARATION = "preparation"
    TEST_ITEM = "test_item"


class Per(StrEnum):
    """What a further line is counted by; by the piece means as much as was used."""

    BOOKING = "booking"
    HOUR = "hour"
    SAMPLE = "sample"
    PIECE = "piece"


class LineKind(StrEnum):
    """What a line of a quote or a charge is for; the last nine are of charges alone."""

    PACKAGE = "package"
    TIME = "time"
    PEAK_TIME = "peak_time"
    SETUP = "setup"
    STAFF = "staff"
    SAMPLES = "samples"
    CONSUMABLE = "consumable"
    PREPARATION = "preparation"
    TEST_ITEM = "test_item"
    MINIMUM = "minimum"
    ROUNDING = "rounding"
    LATE_CANCELLATION = "late_cancellation"
    NO_SHOW = "no_show"
    TAKEN = "taken"
    CLOSED = "closed"
    ADJUSTMENT = "adjustment"
    WAIVER = "waiver"
    CANCELLATION = "cancellation"
    VOUCHER = "voucher"
    DIFFERENCE = "difference"
