"""Cut-off days, ages, shares and amounts in capitals, by hand."""

from datetime import date

import pytest

from booking.core.money import capital_yuan
from booking.statements.rules import Age, age_of, last_cut_off, last_term_end, shares


@pytest.mark.parametrize(
    ("today", "day", "expected"),
    [
        pytest.param(date(2026, 12, 1), 31, date(2026, 11, 30), id="a month that is shorter ends on its last day"),
        pytest.param(date(2026, 11, 30), 31, date(2026, 10, 31), id="a month is not cut off before it is over"),
        pytest.param(date(2026, 11, 26), 25, date(2026, 11, 25), id="the day after the cut-off"),
        pytest.param(date(2026, 1, 25), 25, date(2025, 12, 25), id="over the year"),
        pytest.param(date(2028, 3, 1), 30, date(2028, 2, 29), id="a leap year"),
    ],
)
def test_the_last_cut_off_before_a_day(today: date, day: int, expected: date) -> None:
    assert last_cut_off(today, day) == expected


def test_the_last_end_of_a_term_is_before_the_day_and_may_lie_in_the_year_before() -> None:
    ends = [(1, 20), (7, 10)]

    found = [last_term_end(day, ends) for day in (date(2026, 7, 10), date(2026, 7, 11), date(2026, 1, 5))]

    assert found == [date(2026, 1, 20), date(2026, 7, 10), date(2025, 7, 10)]
    assert last_term_end(date(2026, 1, 5), []) is None


def test_a_debt_is_late_from_the_day_after_it_was_due() -> None:
    due = date(2026, 1, 1)
    days = {0: Age.NOT_DUE, 1: Age.TO_30, 30: Age.TO_30, 31: Age.TO_60, 60: Age.TO_60, 90: Age.TO_90, 91: Age.OVER_90}

    assert {late: age_of(due, date.fromordinal(due.toordinal() + late)) for late in days} == days


def test_an_amount_settles_one_after_the_other() -> None:
    assert shares([100, 50, 20], 130) == [100, 30, 0]


@pytest.mark.parametrize(
    ("fen", "expected"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (105, "壹元零伍分"),
        (100_530, "壹仟零伍元叁角整"),
        (1_000_000, "壹万元整"),
        (10_005_000_000, "壹亿零伍万元整"),
        (100_050_001, "壹佰万零伍佰元零壹分"),
        (-12_345, "负壹佰贰拾叁元肆角伍分"),
    ],
)
def test_an_amount_in_capitals(fen: int, expected: str) -> None:
    assert capital_yuan(fen) == expected
