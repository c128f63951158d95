"""Codes of places (GB/T 2260): the first two digits are the province's."""

PROVINCE_DIGITS = 2
PROVINCE_ENDING = "0000"
LEVEL_ENDING = "00"


def province_of(adcode: str | None) -> str:
    """What the codes of a province's places begin with; empty abroad."""
    return (adcode or "")[:PROVINCE_DIGITS]


def is_within(adcode: str | None, authority: str | None) -> bool:
    """Whether a place belongs to what an authority is responsible for: its province, city or district.

    The code of the authority says which: that of a province ends in 0000, that of a city in 00.
    """
    code = authority or ""
    while len(code) > PROVINCE_DIGITS and code.endswith(LEVEL_ENDING):
        code = code.removesuffix(LEVEL_ENDING)
    return code != "" and (adcode or "").startswith(code)


def is_same_province(adcode: str | None, other: str | None) -> bool:
    """Whether two places stand in one province; a place without a code stands in none."""
    return province_of(adcode) != "" and province_of(adcode) == province_of(other)
