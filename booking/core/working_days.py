"""Counting in working days: the first one counted is the first working day after the start."""

from collections.abc import Callable
from datetime import date, timedelta


def add_working_days(start: date, count: int, is_working: Callable[[date], bool]) -> date:
    """The `count`-th working day after `start`; raises ValueError when none is found within 20 years."""
    day = start
    limit = start + timedelta(days=366 * 20)
    while count > 0:
        day += timedelta(days=1)
        if day > limit:
            raise ValueError("no working days")
        count -= is_working(day)
    return day
