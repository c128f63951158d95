from datetime import UTC, date, datetime

import pytest

from booking.calendars.rules import Condition, is_unchanged, modified_second, shown_window

TODAY = date(2026, 11, 23)
CHANGED = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param(Condition(), False, id="nothing asked"),
        pytest.param(Condition(frozenset({"abc"})), True, id="the same tag"),
        pytest.param(Condition(frozenset({"old"})), False, id="another tag"),
        pytest.param(Condition(frozenset({"*"})), True, id="any tag"),
        pytest.param(Condition(None, CHANGED), True, id="the same second"),
        pytest.param(Condition(None, CHANGED.replace(year=2025)), False, id="a year ago"),
        pytest.param(Condition(frozenset({"old"}), CHANGED), False, id="a tag decides over a date"),
    ],
)
def test_is_unchanged(condition: Condition, expected: bool) -> None:
    assert is_unchanged(condition, "abc", CHANGED) is expected


def test_the_window_reaches_from_ninety_days_back_to_four_hundred_ahead_in_shanghai() -> None:
    window = shown_window(TODAY)

    assert window.start == datetime(2026, 8, 24, 16, tzinfo=UTC)
    assert window.end == datetime(2027, 12, 27, 16, tzinfo=UTC)


@pytest.mark.parametrize(("before", "expected"), [(None, 0), (-5, 0), (0, 1), (3, 4)])
def test_a_new_text_has_the_present_second_or_the_next_one_that_no_text_had(before: int | None, expected: int) -> None:
    second = int(CHANGED.timestamp())
    earlier = None if before is None else second + before

    assert modified_second(CHANGED.replace(microsecond=900_000), earlier) == second + expected
