"""How long people have, in working days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date
from booking.core.working_days import add_working_days
from booking.directory.queries import working_day_test

LAST_MINUTE = 1439
LOOKED_AHEAD = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Windows:
    """Working days to accept or dispute a charge, to confirm a use before it goes on to others, to answer results.

    What was done of a sample order that ended midway is said within those to confirm.
    """

    accept_days: int = 7
    confirm_days: int = 5
    result_days: int = 7


def accept_by(session: Session, organisation_id: int, days: int, *, now: datetime) -> datetime:
    """23:59 of the last of so many working days of the institution."""
    today = local_date(now)
    is_working = working_day_test(session, organisation_id, today, today + LOOKED_AHEAD)
    return at_local(add_working_days(today, days, is_working), LAST_MINUTE)
