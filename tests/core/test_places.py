"""Places by their codes."""

import pytest

from booking.core.places import is_same_province, province_of


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
