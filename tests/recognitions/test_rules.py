"""When an entry of the register holds, and when two say the same of the same days."""

from datetime import date

import pytest

from booking.recognitions.rules import Days, days_of


def day(number: int) -> date:
    return date(2026, 3, number)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param(4, False, id="the day before"),
        pytest.param(5, True, id="the first day"),
        pytest.param(9, True, id="the last day"),
        pytest.param(10, False, id="the day after"),
    ],
)
def test_the_first_and_the_last_day_belong_to_an_entry(on: int, expected: bool) -> None:
    assert Days(day(5), day(9)).hold_on(day(on)) is expected


def test_an_entry_without_an_end_holds_until_further_notice() -> None:
    assert Days(day(5)).hold_on(date(2099, 1, 1))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        pytest.param(Days(day(9), day(12)), True, id="shares the last day"),
        pytest.param(Days(day(10), day(12)), False, id="begins the day after"),
        pytest.param(Days(day(1), day(4)), False, id="ends the day before"),
        pytest.param(Days(day(1), day(5)), True, id="shares the first day"),
        pytest.param(Days(day(1)), True, id="has no end"),
        pytest.param(Days(day(10)), False, id="begins afterwards and has no end"),
    ],
)
def test_entries_overlap_when_a_day_belongs_to_both(other: Days, expected: bool) -> None:
    one = Days(day(5), day(9))

    assert (one.overlap(other), other.overlap(one)) == (expected, expected)


def test_an_entry_that_was_ended_early_ends_then() -> None:
    assert days_of(day(1), day(20), day(9)) == Days(day(1), day(9))
    assert days_of(day(1), None, day(9)) == Days(day(1), day(9))
    assert days_of(day(1), None, None) == Days(day(1))
