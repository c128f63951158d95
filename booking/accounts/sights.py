"""Looking at what is sensitive about somebody: each look is a row in the log that the person can read."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.accounts.permissions import Permission, gives
from booking.core.actors import Actor, Target
from booking.core.clock import at_local, local_date
from models.accounts import AuditEntry
from models.vocabulary.accounts import ScopeKind

AT_ONCE = 1000


class Sight(StrEnum):
    """What can be looked at, as the log names it."""

    ACCOUNT = "accounts.user_read"
    ACCOUNTS = "accounts.users_listed"
    LOG = "accounts.log_read"
    ROLES = "accounts.roles_read"
    AFFILIATION = "affiliations.person_read"
    IDENTITY = "affiliations.identity_seen"
    INVITED = "affiliations.invited_listed"
    PEOPLE = "affiliations.people_listed"
    VISITOR = "affiliations.visitor_read"
    LEAVING = "reservations.leaving_read"
    MAIL = "operations.mail_read"
    MAILS = "operations.mails_listed"
    TEAM = "teams.members_read"


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


def note_sights(
    session: Session,
    sight: Sight,
    subjects: tuple[str, Iterable[int]],
    permission: Permission,
    target: Target,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Log that the actor looked at a list of people: a row for each that they can read, but one a local day.

    Few statements, however long the list; one's own row in it is no look.
    """
    kind, ids = subjects
    listed = sorted(set(ids) - ({actor.id} if kind == "user" else set()))
    if not listed:
        return
    today = select(AuditEntry.subject_id).where(
        AuditEntry.subject_kind == kind,
        AuditEntry.action == sight.value,
        AuditEntry.actor_id == actor.id,
        AuditEntry.occurred_at >= at_local(local_date(now)),
    )
    parts = (listed[start : start + AT_ONCE] for start in range(0, len(listed), AT_ONCE))
    seen = {one for part in parts for one in session.scalars(today.where(AuditEntry.subject_id.in_(part)))}
    after = seen_as(actor, permission, target)
    changes = [Changed(one, {}, after) for one in listed if one not in seen]
    audit.note_all(session, sight.value, kind, changes, actor=actor, now=now)


def seen_as(actor: Actor, permission: Permission, target: Target | None = None) -> Mapping[str, Any]:
    """The role that lets the actor look, and at which organisation; the closest where there are several."""
    place = target or Target()
    letting = [grant for grant in actor.grants if gives(grant, permission, place)]
    letting.sort(key=lambda grant: grant.scope_kind == ScopeKind.PLATFORM)
    if not letting:
        return {"role": None, "organisation_id": None}
    is_local = letting[0].scope_kind != ScopeKind.PLATFORM
    return {"role": letting[0].role.value, "organisation_id": place.organisation_id if is_local else None}
