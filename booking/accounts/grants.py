"""Giving and ending grants."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit, queries
from booking.accounts.permissions import Permission, may, require
from booking.accounts.rules import SCOPES_OF_ROLE
from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput, NotFound, Problem
from booking.core.texts import N_
from models.accounts import Grant, User
from models.vocabulary.accounts import Role, ScopeKind


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A grant as wanted: who, which role, where, and on which local days (both included)."""

    user_id: int
    role: Role
    scope_kind: ScopeKind
    scope_id: int | None
    starts_on: date
    ends_on: date | None = None


def give_grant(session: Session, wanted: NewGrant, *, actor: Actor, now: datetime) -> Grant:
    """Give a role where the actor may; raises Forbidden or InvalidInput."""
    target = queries.target_of(session, wanted.scope_kind, wanted.scope_id)
    if target is None and not may(actor, Permission.GIVE_GRANTS):
        raise Forbidden
    if target is not None:
        require(actor, Permission.GIVE_GRANTS, target)
    return _add(session, wanted, actor=actor, now=now)


def appoint(session: Session, wanted: NewGrant, *, now: datetime) -> Grant:
    """Give a role from the command line, where whoever may run commands may give any; raises InvalidInput."""
    return _add(session, wanted, actor=None, now=now)


def grant_after_check(session: Session, wanted: NewGrant, *, actor: Actor, now: datetime) -> Grant:
    """Give a role that follows from a decision whose right the caller has checked; raises InvalidInput."""
    return _add(session, wanted, actor=actor, now=now)


def end_grant(session: Session, grant_id: int, *, last_day: date, actor: Actor, now: datetime) -> Grant:
    """Let a grant hold until `last_day`, included; one that has not begun by then never holds.

    Raises NotFound, also where the actor may not give grants.
    """
    grant = session.scalar(select(Grant).where(Grant.id == grant_id).with_for_update())
    target = queries.target_of(session, grant.scope_kind, grant.scope_id) if grant else None
    if grant is None or target is None or not may(actor, Permission.GIVE_GRANTS, target):
        raise NotFound
    before = _described(grant)
    if last_day < grant.starts_on:
        session.delete(grant)
    else:
        grant.ends_on = last_day
    after = {"ends_on": last_day.isoformat()}
    audit.note(session, "accounts.grant_ended", ("grant", grant.id), actor=actor, now=now, before=before, after=after)
    return grant


def _add(session: Session, wanted: NewGrant, *, actor: Actor | None, now: datetime) -> Grant:
    """Check and store the grant, with its row in the log."""
    if problems := _problems(session, wanted):
        raise InvalidInput(problems)
    grant = Grant(
        user_id=wanted.user_id,
        role=wanted.role,
        scope_kind=wanted.scope_kind,
        scope_id=wanted.scope_id,
        starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
        granted_by_id=actor.id if actor else None,
        created_at=now,
    )
    session.add(grant)
    session.flush()
    audit.note(session, "accounts.grant_given", ("grant", grant.id), actor=actor, now=now, after=_described(grant))
    return grant


def _problems(session: Session, wanted: NewGrant) -> list[Problem]:
    """Everything that makes the grant impossible, whoever gives it."""
    found = []
    if session.scalar(select(User.id).where(User.id == wanted.user_id, User.deactivated_at.is_(None))) is None:
        found.append(Problem("user", N_("没有这个账户。")))
    if wanted.scope_kind not in SCOPES_OF_ROLE[wanted.role]:
        found.append(Problem("scope", N_("这个角色不能授予在这样的范围。")))
    elif queries.target_of(session, wanted.scope_kind, wanted.scope_id) is None:
        found.append(Problem("scope", N_("没有这个单位、部门或仪器。")))
    if wanted.ends_on is not None and wanted.ends_on < wanted.starts_on:
        found.append(Problem("ends_on", N_("结束日期不能早于开始日期。")))
    return found


def _described(grant: Grant) -> dict[str, Any]:
    """The grant as the log keeps it."""
    return {
        "user_id": grant.user_id,
        "role": grant.role.value,
        "scope_kind": grant.scope_kind.value,
        "scope_id": grant.scope_id,
        "starts_on": grant.starts_on.isoformat(),
        "ends_on": grant.ends_on.isoformat() if grant.ends_on else None,
    }
