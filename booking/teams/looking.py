"""Looking into a team from outside, by office, is kept for its people to read."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.accounts.sights import Sight, note_sights
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.teams import queries
from models.teams import Team


def note_team(session: Session, team_id: int, *, actor: Actor, now: datetime) -> None:
    """Log that the actor, who may, looked at who belongs to a team and who asks to; raises NotFound."""
    team = session.get(Team, team_id)
    if team is None:
        raise NotFound
    people = [member.user_id for member in queries.members_of(session, team_id, today=local_date(now))]
    asking = [request.user_id for request in queries.waiting_at(session, team_id)]
    told, place = ("user", [*people, *asking]), Target(team.organisation_id)
    note_sights(session, Sight.TEAM, told, Permission.SEE_TEAMS, place, actor=actor, now=now)
