"""Giving roles; ending them stands in `ending.py`, standing in for somebody in `delegating.py`."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from booking.accounts import audit, queries
from booking.accounts.permissions import Permission, may
from booking.accounts.rules import GIVEN_BY_THE_PLATFORM, SCOPES_OF_ROLE, normal_address
from booking.core.actors import Actor, Target
from booking.core.clock import at_local, local_date
from booking.core.errors import Forbidden, InvalidInput, Problem
from booking.core.texts import N_
from booking.notifications.service import announce
from models.accounts import Grant, User
from models.affiliations import Affiliation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState

Scope = tuple[ScopeKind, int | None]
BACKWARDS = N_("结束日期不能早于开始日期。")


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A grant as wanted: who, which role, where, and on which local days (both included)."""

    user_id: int
    role: Role
    scope_kind: ScopeKind
    scope_id: int | None
    starts_on: date
    ends_on: date | None = None


def give_grant(session: Session, wanted: NewGrant, *, reason: str = "", actor: Actor, now: datetime) -> Grant:
    """Give a role where the actor may, and tell who gets it; raises Forbidden or InvalidInput."""
    target = queries.target_of(session, wanted.scope_kind, wanted.scope_id)
    if not may_give(actor, wanted.role, target):
        raise Forbidden
    grant = store(session, wanted, reason=reason, actor=actor, now=now)
    announce(session, "accounts.grant_given", {"grant_id": grant.id, "actor_id": actor.id}, now=now)
    return grant


def give_by_address(
    session: Session,
    email: str,
    role: Role,
    scope: Scope,
    *,
    days: tuple[date, date | None],
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Grant:
    """Give a role to the account with this address; raises InvalidInput for days that cannot be, else for the address.

    Nobody learns from wrong days whether an address is used: it is not looked up then.
    """
    target = queries.target_of(session, *scope)
    if not may_give(actor, role, target):
        raise Forbidden
    first, last = days
    if last is not None and last < local_date(now):
        raise InvalidInput([Problem("ends_on", N_("结束日期已经过去。"))])
    if last is not None and last < first:
        raise InvalidInput([Problem("ends_on", BACKWARDS)])
    person = named_account(session, email, role, target, actor=actor, now=now)
    return give_grant(session, NewGrant(person, role, *scope, first, last), reason=reason, actor=actor, now=now)


def may_give(actor: Actor, role: Role, target: Target | None) -> bool:
    """Whether the actor may give and end `role` at a scope; some roles only the platform's administrators.

    An agent of a firm names its agents, and nobody else.
    """
    if role in GIVEN_BY_THE_PLATFORM or target is None:
        return may(actor, Permission.GIVE_GRANTS)
    is_agent = role == Role.ENTERPRISE_AGENT and may(actor, Permission.NAME_AGENTS, target)
    return is_agent or may(actor, Permission.GIVE_GRANTS, target)


def may_end(grant: Grant, target: Target | None, actor: Actor) -> bool:
    """Whether the actor may end a role because its holder leaves: their own, or one that they may give.

    What only the platform gives ends with the affiliation, whoever ends that.
    """
    return grant.user_id == actor.id or grant.role in GIVEN_BY_THE_PLATFORM or may_give(actor, grant.role, target)


def account_id(session: Session, email: str, field: str = "email") -> int:
    """The confirmed account with this address; raises InvalidInput at the field where it was typed."""
    found = session.scalar(
        select(User.id).where(
            User.email == normal_address(email), User.confirmed_at.is_not(None), User.deactivated_at.is_(None)
        )
    )
    if found is None:
        raise InvalidInput([Problem(field, N_("没有使用这个邮箱的账户。"))])
    return found


def named_account(
    session: Session,
    email: str,
    role: Role,
    target: Target | None,
    field: str = "email",
    *,
    actor: Actor,
    now: datetime,
) -> int:
    """The account with this address that the actor names for a role; raises InvalidInput at the field.

    An agent of a firm names who belongs to it, and learns of nobody else whether they have an account.
    """
    if role != Role.ENTERPRISE_AGENT or target is None or may(actor, Permission.GIVE_GRANTS, target):
        return account_id(session, email, field)
    today = local_date(now)
    belongs = exists().where(
        Affiliation.user_id == User.id,
        Affiliation.organisation_id == target.organisation_id,
        Affiliation.state == AffiliationState.CONFIRMED,
        Affiliation.starts_on <= today,
        or_(Affiliation.ends_on.is_(None), Affiliation.ends_on >= today),
    )
    found = session.scalar(
        select(User.id).where(User.email == normal_address(email), User.deactivated_at.is_(None), belongs)
    )
    if found is None:
        raise InvalidInput([Problem(field, N_("请填写本企业已确认人员的邮箱；其他人请先邀请加入。"))])
    return found


def appoint(session: Session, wanted: NewGrant, *, now: datetime) -> Grant:
    """Give a role from the command line, where whoever may run commands may give any; raises InvalidInput."""
    return store(session, wanted, actor=None, now=now)


def grant_after_check(session: Session, wanted: NewGrant, *, actor: Actor, now: datetime) -> Grant:
    """Give a role that follows from a decision whose right the caller has checked; raises InvalidInput."""
    return store(session, wanted, actor=actor, now=now)


def store(
    session: Session,
    wanted: NewGrant,
    *,
    delegated_from_id: int | None = None,
    reason: str = "",
    actor: Actor | None,
    now: datetime,
) -> Grant:
    """Check and store the grant, with its row in the log; whether the actor may is asked before."""
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
        delegated_from_id=delegated_from_id,
        created_at=now,
    )
    session.add(grant)
    session.flush()
    subject, after = ("grant", grant.id), described(grant)
    audit.note(session, "accounts.grant_given", subject, actor=actor, now=now, after=after, reason=reason)
    if grant.ends_on is not None:
        foresee_end(session, grant, grant.ends_on, actor=actor, now=now)
    return grant


def foresee_end(session: Session, grant: Grant, last_day: date, *, actor: Actor | None, now: datetime) -> None:
    """Announce `accounts.grant_over` for the day after, when what waited for the holder goes to others."""
    payload = {**described(grant), "grant_id": grant.id, "actor_id": actor.id if actor else None}
    over_at = at_local(last_day + timedelta(days=1))
    announce(session, "accounts.grant_over", payload, now=now, due_at=over_at)


def _problems(session: Session, wanted: NewGrant) -> list[Problem]:
    """Everything that makes the grant impossible, whoever gives it."""
    found = []
    if session.scalar(select(User.id).where(User.id == wanted.user_id, User.deactivated_at.is_(None))) is None:
        found.append(Problem("user", N_("没有这个账户。")))
    if wanted.scope_kind not in SCOPES_OF_ROLE[wanted.role]:
        found.append(Problem("scope", N_("这个角色不能授予在这样的范围。")))
    elif not _is_there(session, wanted.scope_kind, wanted.scope_id):
        found.append(Problem("scope", N_("没有这个单位、部门或仪器。")))
    if wanted.ends_on is not None and wanted.ends_on < wanted.starts_on:
        found.append(Problem("ends_on", BACKWARDS))
    return found


def _is_there(session: Session, kind: ScopeKind, scope_id: int | None) -> bool:
    """Whether there is such a scope to give a role at: a unit that was removed has its history only."""
    if kind == ScopeKind.UNIT and (scope_id is None or queries.owner_of_unit(session, scope_id) is None):
        return False
    return queries.target_of(session, kind, scope_id) is not None


def described(grant: Grant) -> dict[str, Any]:
    """The grant as the log keeps it."""
    return {
        "user_id": grant.user_id,
        "role": grant.role.value,
        "scope_kind": grant.scope_kind.value,
        "scope_id": grant.scope_id,
        "starts_on": grant.starts_on.isoformat(),
        "ends_on": grant.ends_on.isoformat() if grant.ends_on else None,
        "delegated_from_id": grant.delegated_from_id,
    }
