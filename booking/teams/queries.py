"""Reading teams, who belongs to them on a day, and what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.grant_queries import admins_of
from booking.accounts.permissions import Permission, may
from booking.affiliations.queries import has_left
from booking.core.actors import Actor, Target
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.core.secret import secret_hash
from booking.teams.rules import Sight
from models.accounts import User
from models.teams import Team, TeamInvitation, TeamMember, TeamRequest
from models.vocabulary.teams import JoinState


@dataclass(frozen=True, slots=True)
class Found:
    """A team with what the actor is to it."""

    team: Team
    sight: Sight


def found_team(session: Session, team_id: int, actor: Actor, *, today: date) -> Found:
    """A team, which everybody signed in may know of, and what the actor is to it; raises NotFound."""
    team = session.scalar(select(Team).where(Team.id == team_id).options(joinedload(Team.organisation)))
    if team is None:
        raise NotFound
    return Found(team, sight_of(session, team, actor, today=today))


def sight_of(session: Session, team: Team, actor: Actor, *, today: date) -> Sight:
    """What the actor is to the team today; whoever has left its institution is nothing to it any more."""
    row = membership(session, team.id, actor.id, today=today)
    is_lead = team.lead_id == actor.id
    if (is_lead or row) and is_gone(session, team, actor.id, today=today):
        is_lead, row = False, None
    target = Target(team.organisation_id)
    return Sight(
        is_lead=is_lead,
        is_deputy=row is not None and row.is_deputy,
        is_member=row is not None,
        manages=may(actor, Permission.MANAGE_TEAMS, target),
        audits=may(actor, Permission.SEE_TEAMS, target),
    )


def in_force(today: date) -> ColumnElement[bool]:
    """Memberships that hold on a day."""
    return and_(TeamMember.starts_on <= today, or_(TeamMember.ends_on.is_(None), TeamMember.ends_on >= today))


def teams_at(session: Session, organisation_id: int, *, limit: int, cursor: str = "") -> Page[Team]:
    """The teams of an organisation, the newest first."""
    return _page(session, _teams().where(Team.organisation_id == organisation_id), limit, cursor)


def teams_of(session: Session, user_id: int, *, today: date, limit: int, cursor: str = "") -> Page[Team]:
    """The teams to which somebody belongs on a day, the newest first; none of an institution that they have left."""
    own = select(TeamMember.team_id).where(TeamMember.user_id == user_id, in_force(today))
    theirs = (or_(Team.id.in_(own), Team.lead_id == user_id), ~has_left(user_id, Team.organisation_id, today))
    return _page(session, _teams().where(*theirs), limit, cursor)


def members_of(session: Session, team_id: int, *, today: date | None) -> Sequence[TeamMember]:
    """Who belongs to a team on a day or later, or (without a day) ever did, by name."""
    statement = select(TeamMember).join(User, User.id == TeamMember.user_id).where(TeamMember.team_id == team_id)
    if today is not None:
        statement = statement.where(or_(TeamMember.ends_on.is_(None), TeamMember.ends_on >= today))
    ordered = statement.options(joinedload(TeamMember.user)).order_by(User.name, TeamMember.starts_on, TeamMember.id)
    return session.scalars(ordered).all()


def membership(session: Session, team_id: int, user_id: int, *, today: date) -> TeamMember | None:
    """Somebody's membership that holds on a day."""
    own = (TeamMember.team_id == team_id, TeamMember.user_id == user_id)
    return session.scalar(select(TeamMember).where(*own, in_force(today)))


def memberships_at(session: Session, organisation_id: int, user_id: int, *, today: date) -> Sequence[TeamMember]:
    """Somebody's memberships in the teams of an organisation that hold on a day, with their teams."""
    own = (Team.organisation_id == organisation_id, TeamMember.user_id == user_id, in_force(today))
    rows = select(TeamMember).join(TeamMember.team).where(*own).options(joinedload(TeamMember.team))
    return session.scalars(rows.order_by(TeamMember.id)).all()


def waiting_at(session: Session, team_id: int) -> Sequence[TeamRequest]:
    """Who waits to be let in, the first one first."""
    waiting = select(TeamRequest).where(TeamRequest.team_id == team_id, TeamRequest.state == JoinState.WAITING)
    return session.scalars(waiting.options(joinedload(TeamRequest.user)).order_by(TeamRequest.id)).all()


def requests_of(session: Session, user_id: int) -> Sequence[TeamRequest]:
    """What somebody asked for and how it went, the latest first."""
    own = select(TeamRequest).where(TeamRequest.user_id == user_id).options(joinedload(TeamRequest.team))
    return session.scalars(own.order_by(TeamRequest.id.desc()).limit(20)).all()


def own_request(session: Session, team_id: int, user_id: int) -> TeamRequest | None:
    """Somebody's wish to join a team that is not decided yet."""
    own = (TeamRequest.team_id == team_id, TeamRequest.user_id == user_id, TeamRequest.state == JoinState.WAITING)
    return session.scalar(select(TeamRequest).where(*own))


def open_invitations(session: Session, team_id: int, *, now: datetime) -> Sequence[TeamInvitation]:
    """Invitations that can still be taken up, the latest first."""
    still = (TeamInvitation.used_at.is_(None), TeamInvitation.revoked_at.is_(None), TeamInvitation.expires_at > now)
    rows = select(TeamInvitation).where(TeamInvitation.team_id == team_id, *still)
    return session.scalars(rows.order_by(TeamInvitation.id.desc())).all()


def invitation_by(session: Session, secret: str, *, now: datetime) -> TeamInvitation | None:
    """The invitation of a link, with its team, as long as it can be taken up."""
    still = (TeamInvitation.used_at.is_(None), TeamInvitation.revoked_at.is_(None), TeamInvitation.expires_at > now)
    rows = select(TeamInvitation).where(TeamInvitation.secret_hash == secret_hash(secret), *still)
    return session.scalar(rows.options(joinedload(TeamInvitation.team).joinedload(Team.organisation)))


def asked_to_lead(session: Session, user_id: int, *, today: date) -> Sequence[Team]:
    """Teams whose lead somebody, who has not left the institution, has been asked to take over."""
    asked = (Team.successor_id == user_id, ~has_left(user_id, Team.organisation_id, today))
    return session.scalars(_teams().where(*asked).order_by(Team.id)).all()


def deciders_of(session: Session, team: Team, *, today: date) -> Sequence[User]:
    """Who is asked for a team: the lead and the deputies; when all of them are gone the institution's admins."""
    return runners_of(session, team, today=today) or admins_of(session, team.organisation_id, today)


def runners_of(session: Session, team: Team, *, today: date) -> Sequence[User]:
    """The lead and the deputies, as far as their accounts are in use and they have not left the institution."""
    deputies = select(TeamMember.user_id).where(
        TeamMember.team_id == team.id, TeamMember.is_deputy.is_(True), in_force(today)
    )
    wanted = or_(User.id == team.lead_id, User.id.in_(deputies))
    return session.scalars(select(User).where(wanted, *present(team.organisation_id, today)).order_by(User.id)).all()


def present(organisation_id: Any, today: date) -> tuple[ColumnElement[bool], ...]:
    """People whose accounts are in use and who have not left an organisation."""
    return User.deactivated_at.is_(None), ~has_left(User.id, organisation_id, today)


def is_gone(session: Session, team: Team, user_id: int, *, today: date) -> bool:
    """Whether somebody has left the team's institution."""
    return bool(session.scalar(select(has_left(user_id, team.organisation_id, today))))


def _teams() -> Select[Team]:
    """Teams with their organisation."""
    return select(Team).options(joinedload(Team.organisation))


def _page(session: Session, statement: Select[Team], limit: int, cursor: str) -> Page[Team]:
    """One page, the newest first."""
    if cursor:
        statement = statement.where(Team.id < decode_cursor(cursor, row_id)[0])
    rows = session.scalars(statement.order_by(Team.id.desc()).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: (row.id,))
