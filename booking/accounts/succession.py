"""Who must not leave without a successor: the last steward, the last agent, the last administrator."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from booking.accounts import audit, queries
from booking.accounts.grants import described
from booking.accounts.permissions import Permission, may
from booking.accounts.rules import HANDING_OVER_DAYS, NEVER_LEFT_EMPTY
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Refused
from booking.core.texts import N_
from booking.database.days import day_after
from booking.notifications.service import announce
from models.accounts import Grant, User
from models.catalogue import Instrument
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind


@dataclass(frozen=True, slots=True)
class Lack:
    """A role at a scope that nobody would hold any more; `grant_id` is the one that was to end."""

    grant_id: int
    role: Role
    scope_kind: ScopeKind
    scope_id: int | None
    scope_name_zh: str
    scope_name_en: str


class SuccessorNeeded(Refused):
    """Somebody must take over first; carries everything that lacks a successor."""

    status = 409
    code = "successor_needed"
    sentence = N_("以下职责没有其他人承担，请先指定接任者。")

    def __init__(self, lacks: Sequence[Lack], sentence: str | None = None) -> None:
        """Keep what lacks a successor; a sentence of its own says where one is named."""
        super().__init__(sentence)
        self.lacks = list(lacks)


def lock_scopes(session: Session, grants: Iterable[Grant]) -> None:
    """Let one transaction at a time end roles of these organisations, so that two last ones cannot both go."""
    targets = [queries.target_of(session, grant.scope_kind, grant.scope_id) for grant in grants]
    owners = sorted({target.organisation_id for target in targets if target and target.organisation_id})
    if owners:
        rows = select(Organisation.id).where(Organisation.id.in_(owners)).order_by(Organisation.id)
        session.execute(rows.with_for_update(key_share=True))
    if any(grant.scope_kind == ScopeKind.PLATFORM for grant in grants):
        platform = select(Grant.id).where(Grant.scope_kind == ScopeKind.PLATFORM).order_by(Grant.id)
        session.execute(platform.with_for_update(key_share=True))


def lacking(session: Session, grants: Sequence[Grant], last_day: date, *, with_over: bool = False) -> list[Lack]:
    """What nobody would hold on the day after, if these grants ended together; the scopes must be locked.

    Whoever has left and only holds on for want of a successor does not count. Grants whose own term is over by then
    lack nobody, unless they are asked for `with_over`.
    """
    leaving = [grant.id for grant in grants]
    found = []
    for grant in grants:
        ends = grant.ends_on is None or grant.ends_on > last_day or with_over
        if grant.delegated_from_id is None and grant.role in NEVER_LEFT_EMPTY and ends:
            stays = _steward_stays if grant.role == Role.STEWARD else _somebody_stays
            if not stays(session, grant, leaving, last_day + timedelta(days=1)):
                names = queries.scope_names(session, grant.scope_kind, grant.scope_id)
                found.append(Lack(grant.id, grant.role, grant.scope_kind, grant.scope_id, *names))
    return found


def left_empty(session: Session, grants: Sequence[Grant], last_day: date, *, actor: Actor) -> list[Lack]:
    """The same, without what the actor may leave empty: the platform an institution without an administrator."""
    lacks = lacking(session, grants, last_day)
    if may(actor, Permission.GIVE_GRANTS):
        return [lack for lack in lacks if lack.role != Role.INSTITUTION_ADMIN]
    return lacks


def keep_last(
    session: Session, grants: Sequence[Grant], last_day: date, *, actor: Actor | None, now: datetime, reason: str = ""
) -> set[int]:
    """Let those hold on that nobody else would hold, though their holders leave; who appoints is told, once. Their ids.

    The grants are locked, and end together on the day unless they are kept.
    """
    lock_scopes(session, grants)
    begun = [grant for grant in grants if grant.starts_on <= max(last_day, local_date(now))]
    kept = {lack.grant_id for lack in lacking(session, begun, last_day)}
    for grant in begun:
        if grant.id not in kept or grant.due_to_end_on is not None:
            continue
        grant.due_to_end_on = last_day
        after = {**described(grant), "due_to_end_on": last_day.isoformat()}
        subject = ("grant", grant.id)
        audit.note(session, "accounts.grant_kept", subject, actor=actor, now=now, after=after, reason=reason)
        announce(session, "accounts.successor_wanted", {"grant_id": grant.id}, now=now)
    return kept


def awaiting(today: date) -> ColumnElement[bool]:
    """Grants whose holders have left, or will, and that wait for a successor."""
    return and_(Grant.due_to_end_on.is_not(None), or_(Grant.ends_on.is_(None), Grant.ends_on >= today))


def running_out(today: date) -> ColumnElement[bool]:
    """Grants whose term ends within the days of handing over, and after which nobody would hold the role."""
    over_from, other = day_after(Grant.ends_on), aliased(Grant)
    same_scope = or_(other.scope_id == Grant.scope_id, Grant.scope_kind == ScopeKind.PLATFORM)
    same = (other.role == Grant.role, other.scope_kind == Grant.scope_kind, same_scope)
    stays = exists().where(*same, *_held_on(other, over_from)).correlate(Grant)
    return and_(
        Grant.role.in_(NEVER_LEFT_EMPTY),
        Grant.ends_on.between(today, today + timedelta(days=HANDING_OVER_DAYS)),
        Grant.delegated_from_id.is_(None),
        Grant.due_to_end_on.is_(None),
        exists().where(User.id == Grant.user_id, User.deactivated_at.is_(None)).correlate(Grant),
        or_(
            and_(Grant.role != Role.STEWARD, ~stays),
            and_(Grant.role == Role.STEWARD, _unattended_from(over_from)),
        ),
    )


def due_to_succeed(session: Session, *, now: datetime) -> list[int]:
    """The grants that waited for a successor, of which somebody else holds the role now."""
    waiting = session.scalars(select(Grant).where(awaiting(local_date(now))).order_by(Grant.id)).all()
    return [grant.id for grant in waiting if not lacking(session, [grant], end_of(grant, now=now))]


def end_of(grant: Grant, *, now: datetime) -> date:
    """The last day of a grant that waited: as it was due, or at once where that is over."""
    yesterday = local_date(now) - timedelta(days=1)
    return max(grant.due_to_end_on or yesterday, yesterday)


def _somebody_stays(session: Session, grant: Grant, leaving: Collection[int], day: date) -> bool:
    """Whether somebody else holds the same role at the same scope on that day."""
    same = (Grant.role == grant.role, Grant.scope_kind == grant.scope_kind, Grant.scope_id == grant.scope_id)
    if grant.scope_id is None:
        same = (*same[:2], Grant.scope_id.is_(None))
    return session.scalar(select(exists().where(*same, *_held_on(Grant, day), Grant.id.not_in(leaving)))) or False


def _steward_stays(session: Session, grant: Grant, leaving: Collection[int], day: date) -> bool:
    """Whether every instrument below the grant's scope still has a steward, at whatever height, on that day."""
    other = aliased(Grant)
    column = {
        ScopeKind.INSTRUMENT: Instrument.id,
        ScopeKind.UNIT: Instrument.unit_id,
        ScopeKind.ORGANISATION: Instrument.organisation_id,
    }[grant.scope_kind]
    reaches = _reaches(other, Instrument)
    steward = exists().where(other.role == Role.STEWARD, reaches, *_held_on(other, day), other.id.not_in(leaving))
    alone = select(Instrument.id).where(column == grant.scope_id, ~steward).limit(1)
    return session.scalar(alone) is None


def _unattended_from(day: ColumnElement[date]) -> ColumnElement[bool]:
    """Whether an instrument below a grant's scope has no steward at any height on that day."""
    place, other = aliased(Instrument), aliased(Grant)
    steward = exists().where(other.role == Role.STEWARD, _reaches(other, place), *_held_on(other, day))
    return exists().where(_reaches(Grant, place), ~steward.correlate(Grant, place)).correlate(Grant)


def _reaches(grant: type[Grant], place: type[Instrument]) -> ColumnElement[bool]:
    """Whether an instrument is, or lies below, the scope of a grant."""
    return or_(
        and_(grant.scope_kind == ScopeKind.INSTRUMENT, grant.scope_id == place.id),
        and_(grant.scope_kind == ScopeKind.UNIT, grant.scope_id == place.unit_id),
        and_(grant.scope_kind == ScopeKind.ORGANISATION, grant.scope_id == place.organisation_id),
    )


def _held_on(table: type[Grant], day: date | ColumnElement[date]) -> tuple[ColumnElement[bool], ...]:
    """Grants in force on a day, of active people who have not left, that stand in for nobody."""
    active = exists().where(User.id == table.user_id, User.deactivated_at.is_(None))
    return (
        table.delegated_from_id.is_(None),
        table.due_to_end_on.is_(None),
        table.starts_on <= day,
        or_(table.ends_on.is_(None), table.ends_on >= day),
        active,
    )
