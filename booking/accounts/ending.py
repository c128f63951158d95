"""Ending roles: one, or all of somebody's at once, with those who take over named in the same step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.accounts import audit, queries
from booking.accounts.grant_queries import source_of
from booking.accounts.grants import NewGrant, described, foresee_end, may_give, named_account, store
from booking.accounts.permissions import Permission, may
from booking.accounts.rules import HANDING_OVER_DAYS, LONGEST_TERM_AGAIN
from booking.accounts.succession import SuccessorNeeded, end_of, lacking, left_empty, lock_scopes
from booking.accounts.successors import may_name, without_holders
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.notifications.service import announce
from models.accounts import Grant

SUCCEEDED = N_("已有其他人担任这个角色。")
NOT_YOURS = N_("这个角色已经结束，或由他人决定何时结束，接任者由有权授予的人指定。")
NOT_THE_LAST = N_("这个角色不会因此无人担任，接任者由有权授予的人指定。")


@dataclass(frozen=True, slots=True)
class Departure:
    """The last day (included), why, and by grant the address of who takes it over."""

    last_day: date
    reason: str = ""
    successors: Mapping[int, str] = field(default_factory=dict)


def end_grant(
    session: Session,
    grant_id: int,
    *,
    last_day: date,
    successor: str = "",
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Grant:
    """Let a grant hold until `last_day`, included; one that has not begun by then never holds.

    Who may give the role ends it, and whoever holds it, or handed it on, gives it up. Raises NotFound also to
    those who may not see it, SuccessorNeeded when nobody would hold the role, and InvalidInput.
    """
    grant = session.scalar(select(Grant).where(Grant.id == grant_id))
    if grant is None:
        raise NotFound
    _require_ending(session, grant, actor)
    successors = {grant_id: successor} if successor else {}
    end_grants(session, [grant], Departure(last_day, reason, successors), actor=actor, now=now)
    return grant


def end_grants(session: Session, grants: Sequence[Grant], departure: Departure, *, actor: Actor, now: datetime) -> None:
    """End several grants together; whether the actor may end them is asked before.

    A named successor holds the same role at the same scope from today, unless they hold it already; who may not
    give the role names one only as its last holder, who goes, or whose term is over, soon. Raises SuccessorNeeded
    with everything that would be left to nobody; only the platform's administrators may leave an institution
    without one.
    """
    lock_scopes(session, grants)
    grants = _locked(session, [grant.id for grant in grants])
    _check_days(grants, departure.last_day, now=now)
    successors = without_holders(session, grants, departure.successors, departure.last_day)
    departure = replace(departure, successors=successors)
    _check_successors(session, grants, departure, actor=actor, now=now)
    _appoint_successors(session, grants, departure, actor=actor, now=now)
    if lacks := left_empty(session, grants, departure.last_day, actor=actor):
        raise SuccessorNeeded(lacks)
    for grant in grants:
        if grant.ends_on != departure.last_day or grant.due_to_end_on is not None:
            _close(session, grant, departure, actor=actor, now=now)


def end_succeeded(session: Session, grant_id: int, /, *, now: datetime) -> bool:
    """End a grant that waited for a successor, now that somebody else holds the role."""
    grant = session.scalar(select(Grant).where(Grant.id == grant_id))
    if grant is None:
        return False
    lock_scopes(session, [grant])
    [grant] = _locked(session, [grant_id])
    last_day = end_of(grant, now=now)
    if grant.due_to_end_on is None or lacking(session, [grant], last_day):
        return False
    _close(session, grant, Departure(last_day, SUCCEEDED), actor=None, now=now)
    return True


def keep_grant(session: Session, grant_id: int, *, actor: Actor, now: datetime) -> Grant:
    """Let a grant that waited for a successor hold for good: its holder stays. Raises Conflict."""
    grant = session.scalar(select(Grant).where(Grant.id == grant_id))
    if grant is None:
        raise NotFound
    target = queries.target_of(session, grant.scope_kind, grant.scope_id)
    if not may_give(actor, grant.role, target):
        raise Forbidden if may(actor, Permission.SEE_GRANTS, target) else NotFound
    [grant] = _locked(session, [grant_id])
    if grant.due_to_end_on is None:
        raise Conflict(N_("这个角色没有在等待接任者。"))
    before = {**described(grant), "due_to_end_on": grant.due_to_end_on.isoformat()}
    grant.due_to_end_on = None
    subject, after = ("grant", grant.id), {**described(grant), "due_to_end_on": None}
    audit.note(session, "accounts.grant_stays", subject, actor=actor, now=now, before=before, after=after)
    return grant


def _require_ending(session: Session, grant: Grant, actor: Actor) -> None:
    """Refuse who may not end this grant: Forbidden to those who may see it, NotFound to all others."""
    target = queries.target_of(session, grant.scope_kind, grant.scope_id)
    if may_give(actor, grant.role, target) or actor.id in {grant.user_id, source_of(session, grant)}:
        return
    raise Forbidden if may(actor, Permission.SEE_GRANTS, target) else NotFound


def _locked(session: Session, grant_ids: Sequence[int]) -> Sequence[Grant]:
    """The grants as they are now, under lock; raises NotFound when one is gone."""
    rows = select(Grant).where(Grant.id.in_(grant_ids)).order_by(Grant.id).with_for_update()
    found = session.scalars(rows.execution_options(populate_existing=True)).all()
    if len(found) != len(set(grant_ids)):
        raise NotFound
    return found


def _check_days(grants: Sequence[Grant], last_day: date, *, now: datetime) -> None:
    """What held before yesterday stays as it was, and ending makes nothing longer."""
    if last_day < local_date(now) - timedelta(days=1):
        raise InvalidInput([Problem("last_day", N_("最后一天不能早于昨天。"))])
    if any(grant.ends_on is not None and grant.ends_on < last_day for grant in grants):
        raise InvalidInput([Problem("last_day", N_("这个角色在此之前已经到期。"))])


def _check_successors(
    session: Session, grants: Sequence[Grant], departure: Departure, *, actor: Actor, now: datetime
) -> None:
    """Nobody hands on what they may not give, except what would be left to nobody, and soon; raises InvalidInput."""
    named = [grant for grant in grants if departure.successors.get(grant.id, "").strip()]
    own = [
        grant
        for grant in named
        if not may_give(actor, grant.role, queries.target_of(session, grant.scope_kind, grant.scope_id))
    ]
    lacks = {lack.grant_id for lack in lacking(session, grants, departure.last_day, with_over=True)} if own else set()
    problems = [Problem(f"successor_{grant.id}", NOT_THE_LAST) for grant in own if grant.id not in lacks]
    barred = [grant for grant in own if not may_name(session, grant, departure.last_day, actor=actor, now=now)]
    problems += [Problem(f"successor_{grant.id}", NOT_YOURS) for grant in barred if grant.id in lacks]
    if own and departure.last_day > local_date(now) + timedelta(days=HANDING_OVER_DAYS):
        late = N_("指定接任者时，最后一天不能晚于 %(days)s 天之后。")
        problems.append(Problem("last_day", late, {"days": HANDING_OVER_DAYS}))
    if problems:
        raise InvalidInput(problems)


def _appoint_successors(
    session: Session, grants: Sequence[Grant], departure: Departure, *, actor: Actor, now: datetime
) -> None:
    """Give each named successor what they take over, from today; raises InvalidInput at `successor_<grant id>`."""
    problems = []
    for grant in grants:
        field_name = f"successor_{grant.id}"
        if not (email := departure.successors.get(grant.id, "").strip()):
            continue
        try:
            target = queries.target_of(session, grant.scope_kind, grant.scope_id)
            person = named_account(session, email, grant.role, target, field_name, actor=actor, now=now)
        except InvalidInput as unknown:
            problems += unknown.problems
            continue
        if person == grant.user_id or grant.delegated_from_id is not None:
            problems.append(Problem(field_name, N_("接任者须是另一个人。")))
            continue
        term = (local_date(now), _heirs_last_day(grant, departure.last_day))
        wanted = NewGrant(person, grant.role, grant.scope_kind, grant.scope_id, *term)
        made = store(session, wanted, actor=actor, now=now)
        announce(session, "accounts.grant_given", {"grant_id": made.id, "actor_id": actor.id}, now=now)
    if problems:
        raise InvalidInput(problems)


def _heirs_last_day(grant: Grant, last_day: date) -> date | None:
    """How long a successor holds: as long as the grant would have, or, where it runs out, the same term once more.

    Not more than a year then, so that whoever gives the role decides again.
    """
    if grant.ends_on is None or grant.ends_on > last_day:
        return grant.ends_on
    term = grant.ends_on - grant.starts_on + timedelta(days=1)
    return grant.ends_on + min(term, LONGEST_TERM_AGAIN)


def _close(session: Session, grant: Grant, departure: Departure, *, actor: Actor | None, now: datetime) -> None:
    """End one locked grant, and whoever stands in for its holder with it."""
    last_day = departure.last_day
    overlong = or_(Grant.ends_on > last_day, Grant.starts_on > last_day)
    standing_in = select(Grant).where(Grant.delegated_from_id == grant.id, overlong).order_by(Grant.id)
    for deputy in session.scalars(standing_in.with_for_update()).all():
        _close(session, deputy, departure, actor=actor, now=now)
    before = described(grant)
    foresee_end(session, grant, last_day, actor=actor, now=now)
    by = actor.id if actor else None
    payload = {**before, "grant_id": grant.id, "actor_id": by, "last_day": last_day.isoformat()}
    if last_day < grant.starts_on:
        session.delete(grant)
        session.flush()
    else:
        grant.ends_on, grant.due_to_end_on = last_day, None
    audit.note(
        session,
        "accounts.grant_ended",
        ("grant", grant.id),
        actor=actor,
        now=now,
        before=before,
        after={**before, "ends_on": last_day.isoformat()},
        reason=departure.reason,
    )
    announce(session, "accounts.grant_ended", {**payload, "reason": departure.reason}, now=now)
