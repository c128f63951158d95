"""What the API of teams answers."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.teams import queries
from booking.teams.queries import Found
from models.teams import Team, TeamInvitation, TeamMember, TeamRequest
from models.vocabulary.teams import JoinState


class TeamRowAnswer(BaseModel):
    """A team as lists show it."""

    id: int
    organisation_id: int
    name: str
    name_en: str
    version: int


class TeamsAnswer(BaseModel):
    """Some teams, the newest first."""

    items: list[TeamRowAnswer]
    next_cursor: str | None


class TeamMemberAnswer(BaseModel):
    """A membership; the address is for who runs the team."""

    id: int
    user_id: int
    name: str
    email: str | None
    is_lead: bool
    is_deputy: bool
    starts_on: date
    ends_on: date | None


class TeamRequestAnswer(BaseModel):
    """A wish to join, and what became of it."""

    id: int
    team_id: int
    user_id: int
    name: str
    state: JoinState
    message: str
    reason: str
    created_at: datetime


class TeamInvitationAnswer(BaseModel):
    """An invitation that can still be taken up; who was invited by staff number is named by it, not by address."""

    id: int
    email: str
    staff_number: str
    expires_at: datetime


class TeamAnswer(TeamRowAnswer):
    """A team; members for who belongs to it, requests and invitations for who runs it, else null."""

    members: list[TeamMemberAnswer] | None
    requests: list[TeamRequestAnswer] | None
    invitations: list[TeamInvitationAnswer] | None
    is_asked_to_lead: bool


def row(team: Team) -> dict[str, Any]:
    """A team in a list."""
    return TeamRowAnswer(
        id=team.id,
        organisation_id=team.organisation_id,
        name=team.name_zh,
        name_en=team.name_en,
        version=team.version,
    ).model_dump(mode="json")


def team(session: Session, found: Found, *, viewer: Actor, now: datetime) -> dict[str, Any]:
    """A team as far as the viewer may see it."""
    one, sight = found.team, found.sight
    members = queries.members_of(session, one.id, today=local_date(now)) if sight.sees_people else None
    requests = queries.waiting_at(session, one.id) if sight.runs else None
    invitations = queries.open_invitations(session, one.id, now=now) if sight.runs else None
    answer = TeamAnswer(
        **row(one),
        members=None if members is None else [_member(each, one, mail=sight.runs or sight.audits) for each in members],
        requests=None if requests is None else [_request(each) for each in requests],
        invitations=None if invitations is None else [_invitation(each) for each in invitations],
        is_asked_to_lead=one.successor_id == viewer.id and sight.is_member,
    )
    return answer.model_dump(mode="json")


def request(one: TeamRequest) -> dict[str, Any]:
    """A wish to join."""
    return _request(one).model_dump(mode="json")


def invitation(one: TeamInvitation) -> dict[str, Any]:
    """An invitation."""
    return _invitation(one).model_dump(mode="json")


def _member(one: TeamMember, team: Team, *, mail: bool) -> TeamMemberAnswer:
    """A membership as its answer."""
    return TeamMemberAnswer(
        id=one.id,
        user_id=one.user_id,
        name=one.user.name,
        email=one.user.email if mail else None,
        is_lead=one.user_id == team.lead_id,
        is_deputy=one.is_deputy,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
    )


def _request(one: TeamRequest) -> TeamRequestAnswer:
    """A wish to join as its answer; its person must be loaded."""
    return TeamRequestAnswer(
        id=one.id,
        team_id=one.team_id,
        user_id=one.user_id,
        name=one.user.name,
        state=one.state,
        message=one.message,
        reason=one.reason,
        created_at=one.created_at,
    )


def _invitation(one: TeamInvitation) -> TeamInvitationAnswer:
    """An invitation as its answer."""
    by_number = bool(one.staff_number)
    email = "" if by_number else one.email
    return TeamInvitationAnswer(id=one.id, email=email, staff_number=one.staff_number, expires_at=one.expires_at)
