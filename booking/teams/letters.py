"""Which mails follow from what happened in a team."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.core.clock import local_date
from booking.core.secret import new_secret, secret_hash
from booking.notifications.letters import Letter, News
from booking.teams import queries
from models.accounts import User
from models.teams import Team, TeamInvitation, TeamRequest
from models.vocabulary.accounts import Language
from models.vocabulary.teams import JoinState


def on_created(news: News) -> list[Letter]:
    """To the lead for whom an administrator made the team."""
    team = news.session.get(Team, news.payload["team_id"])
    return _to(news.session, [team.lead_id], "teams/created", _facts(team, news)) if team else []


def on_asked(news: News) -> list[Letter]:
    """To lead and deputies, or the institution's admins when those are gone, while the request waits."""
    request = _request(news.session, news.payload["request_id"])
    if request is None or request.state != JoinState.WAITING:
        return []
    values = {**_facts(request.team, news), "name": request.user.name, "message": request.message}
    people = queries.deciders_of(news.session, request.team, today=local_date(news.now))
    return [Letter(person.email, person.language, "teams/asked", values) for person in people]


def on_decided(news: News) -> list[Letter]:
    """To who asked: let in, or not and why."""
    request = _request(news.session, news.payload["request_id"])
    if request is None:
        return []
    values = {
        **_facts(request.team, news),
        "approved": request.state == JoinState.APPROVED,
        "reason": request.reason,
    }
    return _to(news.session, [request.user_id], "teams/decided", values)


def on_invited(news: News) -> list[Letter]:
    """To the invited address, with the link; its secret is made now and stored only as a hash."""
    rows = select(TeamInvitation).where(TeamInvitation.id == news.payload["invitation_id"])
    invitation = news.session.scalar(rows.options(joinedload(TeamInvitation.team)))
    if invitation is None or invitation.used_at or invitation.revoked_at or invitation.expires_at <= news.now:
        return []
    secret = new_secret()
    invitation.secret_hash = secret_hash(secret)
    inviter = news.session.get_one(User, invitation.created_by_id)
    known = news.session.scalar(select(User.language).where(User.email == invitation.email))
    values = {
        **_facts(invitation.team, news),
        "inviter": inviter.name,
        "until": invitation.expires_at,
        "link": news.link(f"teams/invitations/{secret}"),
        "register_link": news.link("register"),
    }
    return [Letter(invitation.email, known or Language.CHINESE, "teams/invited", values)]


def on_joined(news: News) -> list[Letter]:
    """To lead and deputies: somebody took an invitation up."""
    team, person = news.session.get(Team, news.payload["team_id"]), news.session.get(User, news.payload["user_id"])
    if team is None or person is None:
        return []
    values = {**_facts(team, news), "name": person.name}
    people = queries.deciders_of(news.session, team, today=local_date(news.now))
    return [Letter(one.email, one.language, "teams/joined", values) for one in people if one.id != person.id]


def on_member_ended(news: News) -> list[Letter]:
    """To the member whose days were ended; when they left by themselves, to lead and deputies."""
    team, person = news.session.get(Team, news.payload["team_id"]), news.session.get(User, news.payload["user_id"])
    if team is None or person is None:
        return []
    values = {
        **_facts(team, news),
        "name": person.name,
        "last_day": date.fromisoformat(news.payload["last_day"]),
        "reason": news.payload["reason"],
    }
    if news.payload["actor_id"] != person.id:
        return _to(news.session, [person.id], "teams/member_ended", values)
    people = queries.deciders_of(news.session, team, today=local_date(news.now))
    return [Letter(one.email, one.language, "teams/member_left", values) for one in people if one.id != person.id]


def on_deputy_changed(news: News) -> list[Letter]:
    """To who became a deputy, or no longer is one."""
    team = news.session.get(Team, news.payload["team_id"])
    if team is None or news.payload["user_id"] == news.payload["actor_id"]:
        return []
    values = {**_facts(team, news), "is_deputy": news.payload["is_deputy"]}
    return _to(news.session, [news.payload["user_id"]], "teams/deputy_changed", values)


def on_successor_asked(news: News) -> list[Letter]:
    """To who is asked to take the lead over, while the question stands."""
    team = news.session.get(Team, news.payload["team_id"])
    if team is None or team.successor_id is None:
        return []
    asker = news.session.get_one(User, news.payload["actor_id"])
    return _to(news.session, [team.successor_id], "teams/successor_asked", {**_facts(team, news), "name": asker.name})


def on_lead_answered(news: News) -> list[Letter]:
    """To the former lead, and to the new one unless they did it themselves."""
    team, answerer = news.session.get(Team, news.payload["team_id"]), news.session.get(User, news.payload["actor_id"])
    if team is None or answerer is None:
        return []
    people = {news.payload["former_id"], team.lead_id} - {answerer.id}
    lead = news.session.get_one(User, team.lead_id)
    values = {
        **_facts(team, news),
        "name": lead.name if news.payload["accepted"] else answerer.name,
        "accepted": news.payload["accepted"],
    }
    return _to(news.session, sorted(people), "teams/lead_answered", values)


def _request(session: Session, request_id: int) -> TeamRequest | None:
    """A wish to join, with team and person."""
    wanted = select(TeamRequest).where(TeamRequest.id == request_id)
    return session.scalar(wanted.options(joinedload(TeamRequest.team), joinedload(TeamRequest.user)))


def _facts(team: Team, news: News) -> dict[str, Any]:
    """What every letter names."""
    return {"team_zh": team.name_zh, "team_en": team.name_en, "link": news.link(f"teams/{team.id}")}


def _to(session: Session, user_ids: Sequence[int], template: str, values: Mapping[str, Any]) -> list[Letter]:
    """A letter to each account that is in use."""
    people = session.scalars(select(User).where(User.id.in_(user_ids), User.deactivated_at.is_(None)).order_by(User.id))
    return [Letter(person.email, person.language, template, values) for person in people]
