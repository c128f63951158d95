"""Which mails follow when roles are given and end, and when an account is closed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import grant_queries, queries
from booking.accounts.labels import ROLES, SCOPE_KINDS
from booking.core.errors import NotFound
from booking.notifications.letters import Letter
from booking.settings import Settings
from models.accounts import User
from models.vocabulary.accounts import Role, ScopeKind


def on_grant_given(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To who got the role, unless they gave it to themselves or it is gone again."""
    try:
        shown = grant_queries.grant_in_full(session, payload["grant_id"])
    except NotFound:
        return []
    person, grant = _active(session, shown.grant.user_id), shown.grant
    if person is None or person.id == payload["actor_id"]:
        return []
    values = {
        **_facts(grant.role, grant.scope_kind, (shown.scope_name_zh, shown.scope_name_en)),
        "starts_on": grant.starts_on,
        "ends_on": grant.ends_on,
        "given_by": shown.given_by,
        "delegated_by": shown.delegated_by,
        "link": f"{settings.address}/account#grants",
    }
    return [Letter(person.email, person.language, "accounts/grant_given", values)]


def on_grant_ended(session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings) -> list[Letter]:  # noqa: ARG001
    """To who held the role, unless they gave it up themselves."""
    person = _active(session, payload["user_id"])
    if person is None or person.id == payload["actor_id"]:
        return []
    kind = ScopeKind(payload["scope_kind"])
    values = {
        **_facts(Role(payload["role"]), kind, queries.scope_names(session, kind, payload["scope_id"])),
        "last_day": date.fromisoformat(payload["last_day"]),
        "reason": payload["reason"],
        "link": f"{settings.address}/account#grants",
    }
    return [Letter(person.email, person.language, "accounts/grant_ended", values)]


def on_account_deactivated(
    session: Session,
    payload: Mapping[str, Any],
    *,
    now: datetime,  # noqa: ARG001
    settings: Settings,  # noqa: ARG001
) -> list[Letter]:
    """To whose account was closed, with the reason; whoever closed it is the one to ask."""
    person = session.get(User, payload["user_id"])
    if person is None or person.deactivated_at is None:
        return []
    return [Letter(person.email, person.language, "accounts/deactivated", {"reason": payload["reason"]})]


def _active(session: Session, user_id: int) -> User | None:
    """The person, when the account still is in use."""
    return session.scalar(select(User).where(User.id == user_id, User.deactivated_at.is_(None)))


def _facts(role: Role, kind: ScopeKind, names: tuple[str, str]) -> dict[str, Any]:
    """Role and scope, to be put into the reader's words by the template."""
    return {"role": ROLES[role], "scope_kind": SCOPE_KINDS[kind], "scope_zh": names[0], "scope_en": names[1]}
