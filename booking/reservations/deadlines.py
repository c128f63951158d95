"""Until when a request must be decided, counted in the institution's working days."""

from collections.abc import Iterable
from datetime import datetime

from booking.core.clock import at_local, local_date
from booking.core.working_days import add_working_days
from booking.directory.rules import working_day_test
from booking.reservations.terms import Place


def decide_by(place: Place, starts: Iterable[datetime], *, now: datetime) -> datetime:
    """The end of the last working day that the policy allows, or the first of `starts` still to come, if sooner.

    The place was read alone (`terms.place_of`), so the coming days are known.
    """
    last_day = add_working_days(local_date(now), place.terms.decision_days, working_day_test(place.days))
    return min([at_local(last_day, 1440), *(start for start in starts if start > now)])
