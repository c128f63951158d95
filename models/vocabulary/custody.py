"""Words of who looks after an instrument, where it stands and whose it is."""

from enum import StrEnum


class StewardRank(StrEnum):
    """Who of the stewards is asked first."""

    PRIMARY = "primary"
    DEPUTY = "deputy"


class OwnerChangeState(StrEnum):
    """How far an instrument is on its way to another institution."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    APPLIED = "applied"
