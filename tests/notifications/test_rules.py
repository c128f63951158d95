from datetime import timedelta

from booking.notifications.rules import wait_after


def test_each_failure_doubles_the_wait_up_to_an_hour() -> None:
    waits = [wait_after(attempts) for attempts in range(1, 8)]

    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16, 32, 60)]


def test_the_eighth_failure_is_the_last() -> None:
    assert wait_after(8) is None
