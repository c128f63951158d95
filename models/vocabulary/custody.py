"""Words of who looks after an instrument, where it stands and whose it is."""

from enum import StrEnum


class StewardRank(StrEnum):
    """Who of the stewards is asked first."""

    PRIMARY = "primary"
    DEPUTY = "deputy"
