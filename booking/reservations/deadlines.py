"""Until when a request must be decided, counted in the institution's working days."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date
from booking.core.working_days import add_working_days
from booking.directory.queries import working_day_test
from booking.reservations.terms import Place

LOOKED_AHEAD = timedelta(days=90)


def decide_by(session: Session, place: Place, starts: Iterable[datetime], *, now: datetime) -> datetime:
    """The end of the last working day that the policy allows, or the first of `starts` still to come, if sooner."""
    today = local_date(now)
    is_working = working_day_test(session, place.organisation_id, today, today + LOOKED_AHEAD)
    last_day = add_working_days(today, place.terms.decision_days, is_working)
    return min([at_local(last_day, 1440), *(start for start in starts if start > now)])
