"""What somebody who leaves an organisation holds there ends with them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.accounts.grants import foresee_end, may_end
from booking.accounts.permissions import Permission, may
from booking.accounts.queries import targets_within
from booking.accounts.succession import Lack, SuccessorNeeded, keep_last, lacking, left_empty, lock_scopes
from booking.core.actors import Actor, Target
from booking.core.errors import Forbidden
from booking.core.texts import N_
from models.accounts import Grant
from models.catalogue import Instrument
from models.directory import Unit
from models.vocabulary.accounts import ScopeKind

NOT_YOURS_TO_END = N_("对方有您不能授予的角色，所以不能由您结束，请联系单位的管理员或平台管理员。")
OWN_ROLES = N_("您的职责没有其他人承担，请先在“账户”页的角色中卸任并指定接任者。")
THEIR_ROLES = N_("对方的职责没有其他人承担，请先在“离开与交接”页或由本人卸任时指定接任者。")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many grants end, and how many are kept until there is a successor."""

    ended: int
    kept: int


def end_grants_within(
    session: Session,
    organisation_id: int,
    user_ids: Collection[int],
    *,
    last_day: date,
    actor: Actor | None,
    now: datetime,
    reason: str = "",
    keeps_last: bool = True,
) -> Outcome:
    """Let what these people hold at the organisation, its units and instruments end on a day; how many grants.

    Grants that end earlier stay as they are, those that would begin later never hold; whoever stands in for one
    of these people no longer does either. A role that nobody else would hold is kept until there is a successor,
    unless the caller has asked for one already.
    """
    own = select(Grant.id).where(Grant.user_id.in_(user_ids))
    theirs = and_(
        or_(Grant.user_id.in_(user_ids), Grant.delegated_from_id.in_(own)),
        or_(Grant.ends_on.is_(None), Grant.ends_on > last_day),
        within_organisation(organisation_id),
    )
    grants = session.scalars(select(Grant).where(theirs).order_by(Grant.id).with_for_update()).all()
    kept = keep_last(session, grants, last_day, actor=actor, now=now, reason=reason) if keeps_last else set()
    found = [grant for grant in grants if not {grant.id, grant.delegated_from_id} & kept]
    if not found:
        return Outcome(0, len(kept))
    for grant in found:
        foresee_end(session, grant, last_day, actor=actor, now=now)
    changes = [Changed(grant.id, _described(grant), {"ends_on": last_day.isoformat()}) for grant in found]
    never = [grant.id for grant in found if grant.starts_on > last_day]
    held = [grant.id for grant in found if grant.starts_on <= last_day]
    session.execute(delete(Grant).where(Grant.id.in_(never)))
    session.execute(update(Grant).where(Grant.id.in_(held)).values(ends_on=last_day, due_to_end_on=None))
    audit.note_all(session, "accounts.grant_ended", "grant", changes, actor=actor, now=now, reason=reason)
    return Outcome(len(found), len(kept))


def require_successors(session: Session, organisation_id: int, user_id: int, *, last_day: date, actor: Actor) -> None:
    """Refuse that somebody leaves an organisation while a role there would be left to nobody."""
    grants = _unended(session, organisation_id, [user_id], last_day)
    lock_scopes(session, grants)
    if lacks := left_empty(session, grants, last_day, actor=actor):
        raise SuccessorNeeded(lacks, OWN_ROLES if user_id == actor.id else THEIR_ROLES)


def require_ending(session: Session, organisation_id: int, user_id: int, *, last_day: date, actor: Actor) -> None:
    """Refuse that somebody ends another's roles there which they may not give; raises Forbidden."""
    if held_until(session, organisation_id, [user_id], beyond=last_day, actor=actor):
        raise Forbidden(NOT_YOURS_TO_END)


def held_until(
    session: Session, organisation_id: int, user_ids: Collection[int] | None = None, *, beyond: date, actor: Actor
) -> dict[int, date]:
    """Until when people hold a role there, beyond a day, that is not the actor's to end: by person, of all or of these.

    This one rule stands for every way in which an affiliation comes to its end by somebody's hand.
    """
    if may(actor, Permission.GIVE_GRANTS, Target(organisation_id)):
        return {}
    until: dict[int, date] = {}
    grants = _unended(session, organisation_id, user_ids, beyond)
    targets = targets_within(session, organisation_id, {(grant.scope_kind, grant.scope_id) for grant in grants})
    for grant in grants:
        if not may_end(grant, targets.get((grant.scope_kind, grant.scope_id)), actor):
            until[grant.user_id] = max(until.get(grant.user_id, date.min), grant.ends_on or date.max)
    return until


def left_to_nobody(session: Session, organisation_id: int, user_ids: Collection[int], *, last_day: date) -> list[Lack]:
    """The roles there that would be kept for want of a successor, if these people left together."""
    return lacking(session, _unended(session, organisation_id, user_ids, last_day), last_day)


def _unended(
    session: Session, organisation_id: int, user_ids: Collection[int] | None, last_day: date
) -> Sequence[Grant]:
    """What these people, or all, hold there beyond the day, the oldest first."""
    longer = or_(Grant.ends_on.is_(None), Grant.ends_on > last_day)
    rows = select(Grant).where(longer, within_organisation(organisation_id)).order_by(Grant.id)
    if user_ids is not None:
        rows = rows.where(Grant.user_id.in_(user_ids))
    return session.scalars(rows).all()


def within_organisation(organisation_id: int) -> ColumnElement[bool]:
    """Whether a grant's scope is the organisation, one of its units or one of its instruments."""
    units = select(Unit.id).where(Unit.organisation_id == organisation_id)
    instruments = select(Instrument.id).where(Instrument.organisation_id == organisation_id)
    return or_(
        and_(Grant.scope_kind == ScopeKind.ORGANISATION, Grant.scope_id == organisation_id),
        and_(Grant.scope_kind == ScopeKind.UNIT, Grant.scope_id.in_(units)),
        and_(Grant.scope_kind == ScopeKind.INSTRUMENT, Grant.scope_id.in_(instruments)),
    )


def _described(grant: Grant) -> dict[str, Any]:
    """What stood before."""
    return {
        "user_id": grant.user_id,
        "role": grant.role.value,
        "scope_kind": grant.scope_kind.value,
        "scope_id": grant.scope_id,
        "ends_on": grant.ends_on.isoformat() if grant.ends_on else None,
    }
