"""What the people who run a team do with it: make it, name it, end memberships, name deputies, hand the lead over."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.grants import account_id
from booking.accounts.permissions import Permission, may, require
from booking.accounts.standing_in import refuse_naming_oneself, refuse_oneself
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, StaleVersion
from booking.core.texts import N_
from booking.directory.queries import organisation
from booking.notifications.service import announce
from booking.teams import queries
from booking.teams.queries import Found
from booking.teams.rules import last_day_problems
from models.accounts import User
from models.teams import Team, TeamMember


class LeadStays(Conflict):
    """The lead leaves only after somebody else has taken the lead over."""

    code = "lead_stays"
    sentence = N_("负责人须先移交课题组，才能离开。")


class NothingAsked(Conflict):
    """Nobody was asked to take the lead over, or somebody else was."""

    code = "nothing_asked"
    sentence = N_("没有等待您答复的移交，可能已被撤回。")


def create_team(
    session: Session,
    organisation_id: int,
    name_zh: str,
    name_en: str,
    lead_email: str,
    *,
    actor: Actor,
    now: datetime,
) -> Team:
    """A new team with its lead: oneself, or (by the institution's administrators) the account with an address.

    Raises Forbidden, NotFound for the organisation, and InvalidInput.
    """
    organisation(session, organisation_id)
    target = Target(organisation_id)
    require(actor, Permission.CREATE_TEAM, target)
    lead_id = account_id(session, lead_email, "lead") if lead_email else actor.id
    if lead_id != actor.id and not may(actor, Permission.MANAGE_TEAMS, target):
        raise Forbidden(N_("只有单位管理员可以替他人创建课题组。"))
    refuse_naming_oneself(actor, Permission.CREATE_TEAM, target, lead_id, "lead")
    _require_there(session, organisation_id, lead_id, now=now)
    _require_free_name(session, organisation_id, name_zh)
    team = Team(organisation_id=organisation_id, name_zh=name_zh, name_en=name_en, lead_id=lead_id, created_at=now)
    session.add(team)
    session.flush()
    add_member(session, team, lead_id, approved_by_id=actor.id, now=now)
    note(session, team, "created", actor=actor, now=now, after={"name_zh": name_zh, "lead_id": lead_id})
    if lead_id != actor.id:
        announce(session, "teams.created", {"team_id": team.id, "actor_id": actor.id}, now=now)
    return team


def rename_team(
    session: Session,
    team_id: int,
    name_zh: str,
    name_en: str,
    *,
    version: int | None = None,
    actor: Actor,
    now: datetime,
) -> Team:
    """Call a team something else; raises StaleVersion, or InvalidInput when the name is taken."""
    team = hold(session, team_id, actor=actor, now=now).team
    if version is not None and version != team.version:
        raise StaleVersion
    before, after = {"name_zh": team.name_zh, "name_en": team.name_en}, {"name_zh": name_zh, "name_en": name_en}
    if before == after:
        return team
    if name_zh != team.name_zh:
        _require_free_name(session, team.organisation_id, name_zh)
    team.name_zh, team.name_en = name_zh, name_en
    team.version += 1
    note(session, team, "renamed", actor=actor, now=now, before=before, after=after)
    return team


def end_membership(
    session: Session, team_id: int, member_id: int, last_day: date, reason: str, *, actor: Actor, now: datetime
) -> TeamMember:
    """Let a membership hold until `last_day`, included; by who runs the team, or by the member; not the lead's."""
    team = locked(session, team_id)
    member = session.scalar(select(TeamMember).where(TeamMember.id == member_id, TeamMember.team_id == team_id))
    sight = queries.sight_of(session, team, actor, today=local_date(now))
    if member is None or not sight.sees_people:
        raise NotFound
    if not (sight.runs or member.user_id == actor.id):
        raise Forbidden
    if member.user_id == team.lead_id:
        raise LeadStays
    if member.ends_on is not None and member.ends_on < last_day:
        raise InvalidInput([Problem("last_day", N_("这个成员在此之前已经离开。"))])
    if problems := last_day_problems(member.starts_on, last_day, local_date(now)):
        raise InvalidInput(problems)
    close(session, team, member, last_day, reason, actor=actor, now=now)
    return member


def leave(session: Session, member: TeamMember, last_day: date, reason: str, *, actor: Actor, now: datetime) -> None:
    """End a membership because the person leaves the institution; by its administrators. Raises LeadStays."""
    found = hold(session, member.team_id, actor=actor, now=now)
    if found.team.lead_id == member.user_id:
        raise LeadStays
    close(session, found.team, member, last_day, reason, actor=actor, now=now)


def close(
    session: Session, team: Team, member: TeamMember, last_day: date, reason: str, *, actor: Actor, now: datetime
) -> None:
    """End one membership of a locked team; who was asked to take the lead over no longer is."""
    member.ends_on = max(last_day, member.starts_on)
    if team.successor_id == member.user_id:
        team.successor_id = None
    after = {"user_id": member.user_id, "ends_on": member.ends_on.isoformat()}
    note(session, team, "member_ended", actor=actor, now=now, after=after, reason=reason)
    payload = {"team_id": team.id, "user_id": member.user_id, "actor_id": actor.id, "reason": reason}
    announce(session, "teams.member_ended", {**payload, "last_day": member.ends_on.isoformat()}, now=now)


def set_deputy(
    session: Session, team_id: int, member_id: int, is_deputy: bool, *, actor: Actor, now: datetime
) -> TeamMember:
    """Make a member a deputy, or a member like others again; by the lead or the institution's administrators."""
    found = hold(session, team_id, actor=actor, now=now)
    if not (found.sight.is_lead or found.sight.manages):
        raise Forbidden
    member = session.scalar(
        select(TeamMember).where(
            TeamMember.id == member_id, TeamMember.team_id == team_id, queries.in_force(local_date(now))
        )
    )
    if member is None:
        raise NotFound
    if member.is_deputy == is_deputy:
        return member
    if is_deputy:
        refuse_to_oneself(found.team, member.user_id, actor)
    member.is_deputy = is_deputy
    what = "deputy_named" if is_deputy else "deputy_dismissed"
    note(session, found.team, what, actor=actor, now=now, after={"user_id": member.user_id})
    payload = {"team_id": team_id, "user_id": member.user_id, "actor_id": actor.id, "is_deputy": is_deputy}
    announce(session, "teams.deputy_changed", payload, now=now)
    return member


def ask_successor(session: Session, team_id: int, member_id: int, *, actor: Actor, now: datetime) -> Team:
    """Ask a member to take the lead over; nothing changes until they accept."""
    found = hold(session, team_id, actor=actor, now=now)
    if not (found.sight.is_lead or found.sight.manages):
        raise Forbidden
    team, today = found.team, local_date(now)
    member = session.scalar(
        select(TeamMember).where(TeamMember.id == member_id, TeamMember.team_id == team_id, queries.in_force(today))
    )
    if member is None:
        raise NotFound
    if member.user_id == team.lead_id or queries.is_gone(session, team, member.user_id, today=today):
        raise InvalidInput([Problem("member", N_("请选择另一名成员。"))])
    refuse_to_oneself(team, member.user_id, actor)
    team.successor_id = member.user_id
    note(session, team, "successor_asked", actor=actor, now=now, after={"user_id": member.user_id})
    announce(session, "teams.successor_asked", {"team_id": team_id, "actor_id": actor.id}, now=now)
    return team


def answer_lead(session: Session, team_id: int, accepts: bool, *, actor: Actor, now: datetime) -> Team:
    """Take the lead over, as one was asked to, or decline; the former lead stays a member."""
    team = locked(session, team_id)
    sight = queries.sight_of(session, team, actor, today=local_date(now))
    if team.successor_id != actor.id or not sight.is_member:
        raise NothingAsked
    before = {"lead_id": team.lead_id}
    former = team.lead_id
    team.successor_id = None
    if accepts:
        team.lead_id = actor.id
        team.version += 1
    what = "lead_handed_over" if accepts else "lead_declined"
    note(session, team, what, actor=actor, now=now, before=before, after={"lead_id": team.lead_id})
    payload = {"team_id": team_id, "former_id": former, "actor_id": actor.id, "accepted": accepts}
    announce(session, "teams.lead_answered", payload, now=now)
    return team


def appoint_lead(session: Session, team_id: int, user_id: int, *, actor: Actor, now: datetime) -> Team:
    """Make somebody the lead at once, when the former one leaves the institution; by its administrators.

    Raises InvalidInput for somebody whose account is closed, or who has left the institution.
    """
    found = hold(session, team_id, actor=actor, now=now)
    if not found.sight.manages:
        raise Forbidden
    team = found.team
    _require_there(session, team.organisation_id, user_id, now=now)
    refuse_naming_oneself(actor, Permission.MANAGE_TEAMS, Target(team.organisation_id), user_id, "lead")
    add_member(session, team, user_id, approved_by_id=actor.id, now=now)
    before, former = {"lead_id": team.lead_id}, team.lead_id
    team.lead_id, team.successor_id = user_id, None
    team.version += 1
    note(session, team, "lead_appointed", actor=actor, now=now, before=before, after={"lead_id": user_id})
    payload = {"team_id": team_id, "former_id": former, "actor_id": actor.id, "accepted": True}
    announce(session, "teams.lead_answered", payload, now=now)
    return team


def withdraw_successor(session: Session, team_id: int, *, actor: Actor, now: datetime) -> Team:
    """No longer ask anybody to take the lead over."""
    found = hold(session, team_id, actor=actor, now=now)
    if not (found.sight.is_lead or found.sight.manages):
        raise Forbidden
    if found.team.successor_id is None:
        raise NothingAsked
    before = {"user_id": found.team.successor_id}
    found.team.successor_id = None
    note(session, found.team, "successor_withdrawn", actor=actor, now=now, before=before)
    return found.team


def add_member(session: Session, team: Team, user_id: int, *, approved_by_id: int, now: datetime) -> TeamMember:
    """Let somebody belong to a locked team from today on, or go on belonging to it."""
    today = local_date(now)
    member = queries.membership(session, team.id, user_id, today=today)
    if member is None:
        member = TeamMember(
            team_id=team.id, user_id=user_id, starts_on=today, approved_by_id=approved_by_id, created_at=now
        )
        session.add(member)
    member.ends_on = None
    session.flush()
    return member


def hold(session: Session, team_id: int, *, actor: Actor, now: datetime) -> Found:
    """The team under lock, for who runs it; raises NotFound or Forbidden."""
    team = locked(session, team_id)
    sight = queries.sight_of(session, team, actor, today=local_date(now))
    if not sight.runs:
        raise Forbidden
    return Found(team, sight)


def refuse_to_oneself(team: Team, user_id: int, actor: Actor) -> None:
    """Who only stands in for an administrator lets nobody in, or up, who is themselves; raises NotForOneself."""
    refuse_oneself(actor, Permission.MANAGE_TEAMS, Target(team.organisation_id), user_id)


def locked(session: Session, team_id: int) -> Team:
    """The team under lock; raises NotFound."""
    team = session.scalar(
        select(Team).where(Team.id == team_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if team is None:
        raise NotFound
    return team


def _require_there(session: Session, organisation_id: int, user_id: int, *, now: datetime) -> None:
    """Refuse as lead whose account is closed, or who has left the institution; raises InvalidInput."""
    here = queries.present(organisation_id, local_date(now))
    if session.scalar(select(User.id).where(User.id == user_id, *here)) is None:
        raise InvalidInput([Problem("lead", N_("这个人已离开本单位，或账户已停用，不能担任负责人。"))])


def _require_free_name(session: Session, organisation_id: int, name_zh: str) -> None:
    """Refuse a name that another team of the organisation has."""
    taken = select(Team.id).where(Team.organisation_id == organisation_id, Team.name_zh == name_zh)
    if session.scalar(taken) is not None:
        raise InvalidInput([Problem("name_zh", N_("本单位已有同名的课题组。"))])


def note(
    session: Session,
    team: Team,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """One row in the log about the team."""
    subject = ("team", team.id)
    audit.note(session, f"teams.{what}", subject, actor=actor, now=now, before=before, after=after, reason=reason)
