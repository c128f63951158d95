"""Money, opening hours and completeness, decided on values."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.catalogue.rules import (
    LARGEST_FEN,
    Hours,
    fen_from_wan,
    missing_before_publishing,
    overlapping,
    policy_problems,
    read_hours,
    wan_from_fen,
    write_hours,
)


@given(st.integers(min_value=0, max_value=LARGEST_FEN))
def test_fen_become_wan_and_back_without_loss(fen: int) -> None:
    text = wan_from_fen(fen)

    assert fen_from_wan(text) == fen
    assert Decimal(text) * 1_000_000 == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        pytest.param("185.5", 185_500_000, id="a half"),
        pytest.param(" 0.000001 ", 1, id="one fen"),
        pytest.param("1,234.5", 1_234_500_000, id="thousands apart"),
        pytest.param("50.0000000", 50_000_000, id="zeros beyond a fen"),
        pytest.param("999999999", 999_999_999_000_000, id="the largest"),
    ],
)
def test_amounts_in_wan_are_read_exactly(text: str, fen: int) -> None:
    assert fen_from_wan(text) == fen


@pytest.mark.parametrize(
    "text", ["", "-1", "1,5", "1e3", "NaN", "0.0000001", "1.2.3", "12万", "1_000", "²", "9999999999", "１２"]
)
def test_what_is_no_whole_amount_of_fen_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="fen"):
        fen_from_wan(text)


@st.composite
def weeks(draw: st.DrawFn) -> list[Hours]:
    """Opening hours of a week that do not overlap."""
    found: list[Hours] = []
    for weekday in draw(st.sets(st.integers(1, 7))):
        edges = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=6)))
        found += [Hours(weekday, opens, closes) for opens, closes in zip(edges[::2], edges[1::2], strict=False)]
    return sorted(found)


@given(weeks())
def test_opening_hours_survive_being_written_and_read(hours: list[Hours]) -> None:
    assert read_hours(write_hours(hours)) == hours
    assert not overlapping(hours)


@given(st.text(max_size=60))
def test_any_text_is_opening_hours_or_a_value_error(text: str) -> None:
    try:
        hours = read_hours(text)
    except ValueError:
        return
    assert all(1 <= item.weekday <= 7 and 0 <= item.opens_minute < item.closes_minute <= 1440 for item in hours)


def test_opening_hours_are_written_as_briefly_as_people_do() -> None:
    text = "1-5 09:00-12:00,14:00-18:00; 6 09:00-12:00"

    assert write_hours(read_hours(text)) == text
    assert read_hours("1-7 00:00-24:00")[0] == Hours(1, 0, 1440)
    assert read_hours("") == []


@pytest.mark.parametrize(
    "text",
    ["8 09:00-18:00", "1 18:00-09:00", "1 09:00-25:00", "5-1 09:00-18:00", "1 09:60-10:00", "1-5", "9-18", "1 9-18"],
)
def test_unclear_opening_hours_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_hours(text)


def test_ranges_of_one_day_may_touch_but_not_overlap() -> None:
    assert read_hours("1 09:00-12:00,12:00-13:00") == [Hours(1, 540, 720), Hours(1, 720, 780)]
    with pytest.raises(ValueError, match="overlap"):
        read_hours("1-5 09:00-12:00; 3 11:00-13:00")


@dataclass
class Sheet:
    """A record with everything that publishing needs."""

    name_zh: str = "透射电子显微镜"
    name_en: str = ""
    class_code: str | None = "010101"
    adcode: str | None = "500109"
    model: str = "JEM-2100F"
    functions_zh: str = "形貌观察"
    user_rules_zh: str = "须预约"
    fees_zh: str = "按机时"
    contact_name: str = "陈老师"
    phone: str = ""
    email: str = "lab@example.org"


def test_a_complete_record_lacks_nothing() -> None:
    assert missing_before_publishing(Sheet(), is_abroad=False) == []


def test_everything_that_is_missing_is_named_at_once() -> None:
    sheet = Sheet(class_code=None, fees_zh="", contact_name="", email="")

    found = [problem.field for problem in missing_before_publishing(sheet, is_abroad=False)]

    assert found == ["class_code", "fees_zh", "contact_name", "phone"]


def test_a_record_of_an_owner_abroad_needs_only_a_name() -> None:
    abroad = Sheet(name_zh="", name_en="BL-1", class_code=None, adcode=None, contact_name="")

    assert missing_before_publishing(abroad, is_abroad=True) == []


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        pytest.param({}, [], id="defaults fit"),
        pytest.param({"grid_minutes": 20}, ["grid_minutes"], id="no such grid"),
        pytest.param({"shortest_minutes": 45}, ["shortest_minutes"], id="shortest off the grid"),
        pytest.param({"longest_minutes": 100}, ["longest_minutes"], id="longest off the grid"),
        pytest.param({"shortest_minutes": 510}, ["longest_minutes"], id="shortest above longest"),
        pytest.param({"allows_self": False, "allows_assisted": False}, ["allows_self"], id="no mode at all"),
    ],
)
def test_the_numbers_of_a_policy_fit_together(changes: dict[str, object], fields: list[str]) -> None:
    numbers = {"grid_minutes": 30, "shortest_minutes": 30, "longest_minutes": 480}
    modes = {"allows_self": True, "allows_assisted": True}

    assert [problem.field for problem in policy_problems(numbers | modes | changes)] == fields
