"""Looking at what is sensitive about somebody: each look is a row in the log that the person can read."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, gives
from booking.core.actors import Actor, Target
from models.vocabulary.accounts import ScopeKind


class Sight(StrEnum):
    """What can be looked at, as the log names it."""

    ACCOUNT = "accounts.user_read"
    AFFILIATION = "affiliations.person_read"
    IDENTITY = "affiliations.identity_seen"
    LEAVING = "reservations.leaving_read"
    MAIL = "operations.mail_read"


def note_sight(
    session: Session,
    sight: Sight,
    user_id: int,
    permission: Permission,
    target: Target | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Log that the actor looked at somebody's data, and as what; looking at one's own is none."""
    if actor.id != user_id:
        after = seen_as(actor, permission, target)
        audit.note(session, sight.value, ("user", user_id), actor=actor, now=now, after=after)


def seen_as(actor: Actor, permission: Permission, target: Target | None = None) -> Mapping[str, Any]:
    """The role that lets the actor look, and at which organisation; the closest where there are several."""
    place = target or Target()
    letting = [grant for grant in actor.grants if gives(grant, permission, place)]
    letting.sort(key=lambda grant: grant.scope_kind == ScopeKind.PLATFORM)
    if not letting:
        return {"role": None, "organisation_id": None}
    is_local = letting[0].scope_kind != ScopeKind.PLATFORM
    return {"role": letting[0].role.value, "organisation_id": place.organisation_id if is_local else None}
