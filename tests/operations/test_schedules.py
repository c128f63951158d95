from datetime import UTC, datetime, time, timedelta

import pytest

from booking.operations.schedules import Daily, Every, Schedule

HALF_PAST_NINE = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "last", "following"),
    [
        pytest.param(Every(timedelta(minutes=30)), timedelta(), timedelta(minutes=30), id="due at this very moment"),
        pytest.param(Every(timedelta(hours=1)), timedelta(minutes=-30), timedelta(minutes=30), id="on the hour"),
        pytest.param(Daily(time(9, 30)), timedelta(), timedelta(days=1), id="this minute of every day"),
        pytest.param(Daily(time(9, 31)), timedelta(minutes=1, days=-1), timedelta(minutes=1), id="later today"),
        pytest.param(Daily(time(3, 10)), timedelta(hours=-6, minutes=-20), timedelta(hours=17, minutes=40), id="past"),
    ],
)
def test_a_schedule_knows_its_last_and_its_next_moment(when: Schedule, last: timedelta, following: timedelta) -> None:
    assert when.last_due(HALF_PAST_NINE) - HALF_PAST_NINE == last
    assert when.next_due(HALF_PAST_NINE) - HALF_PAST_NINE == following


@pytest.mark.parametrize("when", [Every(timedelta(seconds=10)), Every(timedelta(hours=1)), Daily(time(3, 10))])
def test_the_scheduler_wakes_at_the_moments_of_the_schedule(when: Schedule) -> None:
    woken = when.trigger().get_next_fire_time(None, HALF_PAST_NINE + timedelta(seconds=1))

    assert woken == when.next_due(HALF_PAST_NINE)
