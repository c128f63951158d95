"""Which mails follow when roles are given and end, and when an account is closed."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import grant_queries, queries
from booking.accounts.labels import ROLES, SCOPE_KINDS
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.notifications.letters import Letter, News
from models.accounts import User
from models.vocabulary.accounts import Role, ScopeKind


def on_grant_given(news: News) -> list[Letter]:
    """To who got the role, unless they gave it to themselves or it is gone again."""
    try:
        shown = grant_queries.grant_in_full(news.session, news.payload["grant_id"])
    except NotFound:
        return []
    person, grant = _active(news.session, shown.grant.user_id), shown.grant
    if person is None or person.id == news.payload["actor_id"]:
        return []
    values = {
        **_facts(grant.role, grant.scope_kind, (shown.scope_name_zh, shown.scope_name_en)),
        "starts_on": grant.starts_on,
        "ends_on": grant.ends_on,
        "given_by": shown.given_by,
        "delegated_by": shown.delegated_by,
        "link": news.link("account#grants"),
    }
    return [Letter(person.email, person.language, "accounts/grant_given", values)]


def on_grant_ended(news: News) -> list[Letter]:
    """To who held the role, unless they gave it up themselves."""
    person = _active(news.session, news.payload["user_id"])
    if person is None or person.id == news.payload["actor_id"]:
        return []
    kind = ScopeKind(news.payload["scope_kind"])
    values = {
        **_facts(Role(news.payload["role"]), kind, queries.scope_names(news.session, kind, news.payload["scope_id"])),
        "last_day": date.fromisoformat(news.payload["last_day"]),
        "reason": news.payload["reason"],
        "link": news.link("account#grants"),
    }
    return [Letter(person.email, person.language, "accounts/grant_ended", values)]


def on_successor_wanted(news: News) -> list[Letter]:
    """To those who give the role, while it waits for a successor."""
    try:
        shown = grant_queries.grant_in_full(news.session, news.payload["grant_id"])
    except NotFound:
        return []
    grant = shown.grant
    if grant.due_to_end_on is None:
        return []
    values = {
        **_facts(grant.role, grant.scope_kind, (shown.scope_name_zh, shown.scope_name_en)),
        "person": shown.user_name,
        "last_day": grant.due_to_end_on,
        "link": f"{news.settings.address}/grants/{grant.id}/end",
    }
    people = grant_queries.appointers(news.session, grant, today=local_date(news.now))
    return [Letter(one.email, one.language, "accounts/successor_wanted", values) for one in people]


def on_account_deactivated(news: News) -> list[Letter]:
    """To whose account was closed, with the reason; whoever closed it is the one to ask."""
    person = news.session.get(User, news.payload["user_id"])
    if person is None or person.deactivated_at is None:
        return []
    return [Letter(person.email, person.language, "accounts/deactivated", {"reason": news.payload["reason"]})]


def _active(session: Session, user_id: int) -> User | None:
    """The person, when the account still is in use."""
    return session.scalar(select(User).where(User.id == user_id, User.deactivated_at.is_(None)))


def _facts(role: Role, kind: ScopeKind, names: tuple[str, str]) -> dict[str, Any]:
    """Role and scope, to be put into the reader's words by the template."""
    return {"role": ROLES[role], "scope_kind": SCOPE_KINDS[kind], "scope_zh": names[0], "scope_en": names[1]}
