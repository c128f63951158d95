"""Where an instrument's calendar opens: at the first time that could still be reserved."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.period import Period
from booking.reservations.availability import InstrumentTime, instrument_time, time_of
from booking.reservations.rules import Terms
from booking.reservations.terms import with_days
from booking.reservations.week_table import monday_of, on_grid_from, week_of


def opening_week(
    session: Session, instrument_id: int, *, viewer: Actor | None, now: datetime
) -> tuple[InstrumentTime, datetime | None]:
    """The week of the first time that could be reserved, and that time; this week when there is none.

    Five statements, and eight more when this week has nothing left.
    """
    this_week = instrument_time(session, instrument_id, week_of(monday_of(local_date(now))), viewer=viewer, now=now)
    if found := first_start(this_week.bookable, this_week.terms, now=now):
        return this_week, found
    horizon = Period(at_local(local_date(now)), this_week.terms.horizon(now))
    place = with_days(session, this_week.place, horizon)
    found = first_start(time_of(session, place, horizon, viewer=viewer, now=now).bookable, place.terms, now=now)
    if found is None:
        return this_week, None
    week = week_of(monday_of(local_date(found)))
    return instrument_time(session, instrument_id, week, viewer=viewer, now=now), found


def first_start(bookable: Sequence[Period], terms: Terms, *, now: datetime) -> datetime | None:
    """The first moment on the grid from which the shortest stay is free."""
    for period in bookable:
        start = on_grid_from(max(period.start, terms.earliest(now)), terms)
        if start < terms.horizon(now) and period.end - start >= timedelta(minutes=terms.shortest_minutes):
            return start
    return None
