"""The bookings of a team, for lead and deputies: what members booked while they were members."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.errors import Forbidden
from booking.core.pages import Page
from booking.reservations.queries import Filter, When, page_within
from booking.teams.queries import Found, found_team, members_of
from models.catalogue import Instrument
from models.reservations import Reservation
from models.teams import TeamMember
from models.vocabulary.catalogue import PublishingState


def team_reservations(
    session: Session, team_id: int, *, actor: Actor, limit: int, cursor: str | None = None, now: datetime
) -> tuple[Found, Page[Reservation]]:
    """The team, and what its members booked as members and is still to come, the soonest first.

    Raises NotFound, and Forbidden to all but lead and deputies: running an institution gives no such sight.
    """
    found = found_team(session, team_id, actor, today=local_date(now))
    if not (found.sight.is_lead or found.sight.is_deputy):
        raise Forbidden
    made = or_(false(), *(_made_by(one) for one in members_of(session, team_id, today=None)))
    within = and_(made, Instrument.publishing_state == PublishingState.PUBLISHED)
    return found, page_within(session, within, Filter(when=When.UPCOMING), limit=limit, cursor=cursor, now=now)


def _made_by(member: TeamMember) -> ColumnElement[bool]:
    """Booked by the member on a day of the membership."""
    during = [Reservation.created_at >= at_local(member.starts_on)]
    if member.ends_on is not None:
        during.append(Reservation.created_at < at_local(member.ends_on + timedelta(days=1)))
    return and_(Reservation.booked_by_id == member.user_id, *during)
