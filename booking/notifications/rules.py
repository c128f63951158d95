"""When something that failed is tried again, and when it is set aside."""

from datetime import timedelta

MOST_TRIES = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=60)


def wait_after(attempts: int) -> timedelta | None:
    """1, 2, 4 … 60 minutes after the first, second, third … failure; None when it is set aside."""
    if attempts >= MOST_TRIES:
        return None
    return min(LONGEST_WAIT, FIRST_WAIT * (1 << (attempts - 1)))
