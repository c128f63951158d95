"""Codes of places (GB/T 2260): the first two digits are the province's."""

PROVINCE_DIGITS = 2
PROVINCE_ENDING = "0000"


def province_of(adcode: str | None) -> str:
    """What the codes of a province's places begin with; empty abroad."""
    return (adcode or "")[:PROVINCE_DIGITS]


def is_same_province(adcode: str | None, other: str | None) -> bool:
    """Whether two places stand in one province; a place without a code stands in none."""
    return province_of(adcode) != "" and province_of(adcode) == province_of(other)
