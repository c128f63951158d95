"""Who may name who takes over a role that they may not give themselves, and who holds it already."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from booking.accounts import queries
from booking.accounts.grants import may_give
from booking.accounts.rules import normal_address
from booking.core.actors import Actor
from booking.core.clock import local_date
from models.accounts import AuditEntry, Grant, User


def may_name(session: Session, grant: Grant, last_day: date, *, actor: Actor, now: datetime) -> bool:
    """Whether somebody who may not give the role may name who takes it over.

    Only its holder, while it is in force and nobody else has set its end; and where its own term runs out, only when
    whoever gave it might give it: a successor whom the holder before named is named no successor past that.
    """
    if actor.id != grant.user_id:
        return False
    today = local_date(now)
    is_over = grant.ends_on is not None and grant.ends_on < today
    if grant.starts_on > today or is_over or _ended_by_others(session, grant, actor):
        return False
    runs_out = grant.ends_on is not None and grant.ends_on <= last_day
    return not (runs_out and _was_named(session, grant, now=now))


def without_holders(
    session: Session, grants: Sequence[Grant], successors: Mapping[int, str], last_day: date
) -> dict[int, str]:
    """The named successors, without those who hold the role there on the day after anyway."""
    scopes = {grant.id: grant for grant in grants}
    return {
        grant_id: email
        for grant_id, email in successors.items()
        if grant_id not in scopes or not _holds(session, scopes[grant_id], email, last_day + timedelta(days=1))
    }


def _holds(session: Session, grant: Grant, email: str, day: date) -> bool:
    """Whether the account with this address holds the role of another grant on a day, in its own right."""
    held = (
        exists()
        .where(User.email == normal_address(email), Grant.user_id == User.id, *_alike(grant))
        .where(Grant.delegated_from_id.is_(None), Grant.due_to_end_on.is_(None), Grant.starts_on <= day)
        .where(or_(Grant.ends_on.is_(None), Grant.ends_on >= day))
    )
    return bool(session.scalar(select(held)))


def _ended_by_others(session: Session, grant: Grant, actor: Actor) -> bool:
    """Whether somebody else has set when the grant ends, or would end but for want of a successor."""
    actions = ["accounts.grant_ended", *(["accounts.grant_kept"] if grant.due_to_end_on else [])]
    setters = select(AuditEntry.actor_id).where(
        AuditEntry.subject_kind == "grant",
        AuditEntry.subject_id == grant.id,
        AuditEntry.action.in_(actions),
        AuditEntry.occurred_at >= grant.created_at,
        AuditEntry.actor_id.is_not(None),
    )
    return any(one != actor.id for one in session.scalars(setters))


def _was_named(session: Session, grant: Grant, *, now: datetime) -> bool:
    """Whether the grant comes from who held the role before and may not give it."""
    giver = session.get(User, grant.granted_by_id) if grant.granted_by_id is not None else None
    if giver is None:
        return False
    held = exists().where(Grant.user_id == giver.id, *_alike(grant))
    if not session.scalar(select(held)):
        return False
    acting = queries.actor_of(session, giver.email, now=now)
    target = queries.target_of(session, grant.scope_kind, grant.scope_id)
    return acting is None or not may_give(acting, grant.role, target)


def _alike(grant: Grant) -> tuple[ColumnElement[bool], ...]:
    """Other grants of the same role at the same scope."""
    return (
        Grant.id != grant.id,
        Grant.role == grant.role,
        Grant.scope_kind == grant.scope_kind,
        Grant.scope_id.is_not_distinct_from(grant.scope_id),
    )
