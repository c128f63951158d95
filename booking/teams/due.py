"""What waits for those who run teams: people who ask to join, memberships about to end, a lead to take over."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from booking.affiliations.queries import has_left
from booking.teams.queries import in_force, present
from models.accounts import User
from models.teams import Team, TeamMember, TeamRequest
from models.vocabulary.teams import JoinState

ENDING_WITHIN = timedelta(days=14)


def requests_waiting(session: Session, user_id: int, *, today: date, limit: int) -> Sequence[TeamRequest]:
    """Who asks to join the teams that somebody leads or stands in for, the first one first."""
    waiting = select(TeamRequest).join(TeamRequest.team).where(TeamRequest.state == JoinState.WAITING)
    named = waiting.options(joinedload(TeamRequest.team), joinedload(TeamRequest.user))
    return session.scalars(named.where(_run_by(user_id, today)).order_by(TeamRequest.id).limit(limit)).all()


def requests_left(
    session: Session, organisation_ids: Collection[int], *, today: date, limit: int
) -> Sequence[TeamRequest]:
    """Who asks to join teams of these organisations whose lead and deputies are gone, the first one first."""
    there = present(Team.organisation_id, today)
    lead = exists().where(User.id == Team.lead_id, *there).correlate(Team)
    deputies = (TeamMember.team_id == Team.id, TeamMember.is_deputy.is_(True), in_force(today))
    deputy = exists().where(*deputies, User.id == TeamMember.user_id, *there).correlate(Team)
    waiting = (TeamRequest.state == JoinState.WAITING, Team.organisation_id.in_(organisation_ids), ~lead, ~deputy)
    named = select(TeamRequest).join(TeamRequest.team).where(*waiting)
    named = named.options(joinedload(TeamRequest.team), joinedload(TeamRequest.user))
    return session.scalars(named.order_by(TeamRequest.id).limit(limit)).all()


def members_ending(session: Session, user_id: int, *, today: date, limit: int) -> Sequence[TeamMember]:
    """Members of these teams whose last day comes within two weeks and who do not go on, the first one first."""
    after = aliased(TeamMember)
    goes_on = select(after.id).where(
        after.team_id == TeamMember.team_id, after.user_id == TeamMember.user_id, after.starts_on > TeamMember.ends_on
    )
    ending = (
        select(TeamMember)
        .join(TeamMember.team)
        .where(TeamMember.ends_on.between(today, today + ENDING_WITHIN), ~goes_on.exists(), _run_by(user_id, today))
        .options(joinedload(TeamMember.team), joinedload(TeamMember.user))
    )
    return session.scalars(ending.order_by(TeamMember.ends_on, TeamMember.id).limit(limit)).all()


def _run_by(user_id: int, today: date) -> ColumnElement[bool]:
    """Teams that somebody leads, or is a deputy of, as long as they have not left the institution."""
    deputy = select(TeamMember.team_id).where(
        TeamMember.user_id == user_id, TeamMember.is_deputy.is_(True), in_force(today)
    )
    runs = or_(Team.lead_id == user_id, Team.id.in_(deputy))
    return and_(runs, ~has_left(user_id, Team.organisation_id, today))
