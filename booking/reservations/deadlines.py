"""Until when a request must be decided, counted in the institution's working days."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date
from booking.core.working_days import add_working_days
from booking.directory.queries import working_day_test

DECISION_DAYS = 3


def decide_by(session: Session, organisation_id: int, starts: Iterable[datetime], *, now: datetime) -> datetime:
    """The end of the third working day, or the first of `starts` still to come, whichever is sooner."""
    today = local_date(now)
    is_working = working_day_test(session, organisation_id, today, today + timedelta(days=60))
    last_day = add_working_days(today, DECISION_DAYS, is_working)
    return min([at_local(last_day, 1440), *(start for start in starts if start > now)])
