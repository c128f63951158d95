"""Check digits, places and working days, decided on values."""

from datetime import date

import pytest

from booking.core.working_days import add_working_days
from booking.directory.days import public_days
from booking.directory.rules import StoredDay, is_working, place_problems, unusual_days, uscc_problems
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
    national = {row.day: StoredDay(None, row.day, row.kind) for row in public_days([2026])}

    found = add_working_days(date.fromisoformat(start), 30, lambda day: is_working(day, national, {}))

    assert found == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("kind", "runs_as", "works"),
    [
        pytest.param(DayKind.CLOSING_DAY, None, False, id="closed"),
        pytest.param(DayKind.WORKING_WEEKEND, None, True, id="works"),
        pytest.param(DayKind.POWER_CUT, None, True, id="a power cut stops instruments, not people"),
        pytest.param(DayKind.RUNS_AS, 1, True, id="runs as Monday"),
        pytest.param(DayKind.RUNS_AS, 7, False, id="runs as Sunday"),
    ],
)
def test_a_day_of_the_institution_beats_a_working_weekend(kind: DayKind, runs_as: int | None, works: bool) -> None:
    saturday = date(2026, 10, 10)
    national = {saturday: StoredDay(None, saturday, DayKind.WORKING_WEEKEND)}

    assert is_working(saturday, national, {})
    assert is_working(saturday, national, {saturday: StoredDay(1, saturday, kind, runs_as)}) == works


@pytest.mark.parametrize(
    ("national", "own", "on_holidays", "expected"),
    [
        pytest.param(DayKind.PUBLIC_HOLIDAY, None, True, 0, id="a holiday that is kept"),
        pytest.param(DayKind.PUBLIC_HOLIDAY, None, False, None, id="a holiday that is not kept"),
        pytest.param(DayKind.PUBLIC_HOLIDAY, DayKind.WORKING_WEEKEND, True, None, id="the institution works"),
        pytest.param(DayKind.WORKING_WEEKEND, DayKind.POWER_CUT, False, 0, id="a power cut"),
        pytest.param(None, DayKind.RUNS_AS, True, 3, id="runs as Wednesday"),
        pytest.param(DayKind.WORKING_WEEKEND, None, True, None, id="an ordinary day for instruments"),
    ],
)
def test_the_institutions_own_day_decides_which_hours_hold(
    national: DayKind | None, own: DayKind | None, on_holidays: bool, expected: int | None
) -> None:
    day = date(2026, 10, 10)
    rows = [StoredDay(7, day, own, 3 if own == DayKind.RUNS_AS else None)] if own else []
    rows += [StoredDay(None, day, national)] if national else []
    others = [StoredDay(8, day, DayKind.CLOSING_DAY)]

    assert unusual_days([*rows, *others], 7, on_holidays=on_holidays).get(day) == expected
