"""What the timetable does for accounts."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.accounts import limits, mailed


def forget_old_failures(session: Session, now: datetime) -> int:
    """Delete counted attempts older than a day; how many."""
    return limits.forget_old_failures(session, now)


def forget_old_secrets(session: Session, now: datetime) -> int:
    """Delete mailed secrets that expired a month ago; how many."""
    return mailed.forget_old_secrets(session, now)
