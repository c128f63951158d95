"""Check digits, places and working days, decided on values."""

from datetime import date

import pytest

from booking.core.working_days import add_working_days
from booking.directory.days import public_days
from booking.directory.rules import is_working, place_problems, uscc_problems
from models.vocabulary.directory import DayKind


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        pytest.param(None, [], id="none given"),
        pytest.param("91110000600037341L", [], id="sound"),
        pytest.param("911100006000373410", ["统一社会信用代码的校验位不符，请核对。"], id="wrong check digit"),
        pytest.param("123", ["统一社会信用代码应为 18 位数字和大写字母。"], id="too short"),
        pytest.param("9111000060003734IL", ["统一社会信用代码应为 18 位数字和大写字母。"], id="letter I is never used"),
    ],
)
def test_a_uscc_is_sound_when_its_check_digit_agrees(number: str | None, expected: list[str]) -> None:
    assert [problem.message for problem in uscc_problems(number)] == expected


def test_an_organisation_in_china_needs_a_place_and_one_abroad_has_none() -> None:
    assert [problem.field for problem in place_problems("CN", None)] == ["adcode"]
    assert [problem.field for problem in place_problems("US", "500109")] == ["adcode"]
    assert place_problems("CN", "500109") + place_problems("US", None) == []


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-01-30", "2026-03-19"),
        ("2026-02-10", "2026-03-30"),
        ("2026-04-28", "2026-06-11"),
        ("2026-09-18", "2026-11-05"),
        ("2026-03-02", "2026-04-14"),
    ],
)
def test_thirty_working_days_later_skips_holidays_and_counts_working_weekends(start: str, expected: str) -> None:
    national = {row.day: row.kind for row in public_days([2026])}

    found = add_working_days(date.fromisoformat(start), 30, lambda day: is_working(day, national, frozenset()))

    assert found == date.fromisoformat(expected)


def test_a_closing_day_of_the_institution_beats_a_working_weekend() -> None:
    saturday = date(2026, 10, 10)
    national = {saturday: DayKind.WORKING_WEEKEND}

    assert is_working(saturday, national, frozenset())
    assert not is_working(saturday, national, {saturday})
