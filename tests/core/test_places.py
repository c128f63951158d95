"""Places by their codes."""

import pytest

from booking.core.places import is_same_province, is_within, province_of


@pytest.mark.parametrize(
    ("adcode", "province"),
    [("510704", "51"), ("500000", "50"), ("", ""), (None, "")],
)
def test_a_place_stands_in_the_province_that_its_code_begins_with(adcode: str | None, province: str) -> None:
    assert province_of(adcode) == province


def test_provinces_are_compared_by_their_code() -> None:
    assert is_same_province("500109", "500112")
    assert not is_same_province("500109", "510105")
    assert not is_same_province("500109", None)
    assert not is_same_province(None, None)


@pytest.mark.parametrize(
    ("authority", "inside"),
    [
        ("510000", {"510704", "510703", "510700", "510105", "510000"}),
        ("510700", {"510704", "510703", "510700"}),
        ("510704", {"510704"}),
        ("500000", {"500109"}),
        ("500109", {"500109"}),
        (None, set()),
        ("", set()),
    ],
)
def test_an_authority_is_responsible_for_its_province_city_or_district(authority: str | None, inside: set[str]) -> None:
    places = ("510704", "510703", "510700", "510105", "510000", "500109", "", None)

    assert {one for one in places if is_within(one, authority)} == inside
