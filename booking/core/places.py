"""Codes of places (GB/T 2260): the first two digits are the province's."""

PROVINCE_DIGITS = 2
ADCODE_DIGITS = 6


def province_of(adcode: str | None) -> str:
    """What the codes of a province's places begin with; empty abroad."""
    return (adcode or "")[:PROVINCE_DIGITS]


def province_adcode(adcode: str | None) -> str:
    """The code of the province in which a place stands, as it stands among the places; empty abroad."""
    province = province_of(adcode)
    return province and province.ljust(ADCODE_DIGITS, "0")


def is_same_province(adcode: str | None, other: str | None) -> bool:
    """Whether two places stand in one province; a place without a code stands in none."""
    return province_of(adcode) != "" and province_of(adcode) == province_of(other)
