"""Reading who has which role where, what that lets them do, and how it came about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from booking.accounts.permissions import NEEDED_ROLES, Permission, covers, gives, may, reach
from booking.accounts.queries import held, target_of
from booking.accounts.rules import GIVEN_BY_THE_PLATFORM
from booking.accounts.succession import awaiting, running_out
from booking.core.actors import Actor, Reach, Target
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.accounts import AuditEntry, Grant, User
from models.catalogue import Instrument
from models.directory import Organisation, Unit
from models.vocabulary.accounts import Role, ScopeKind

_Holder, _Giver, _Source, _Absent = aliased(User), aliased(User), aliased(Grant), aliased(User)
MOST_HISTORY = 200


@dataclass(frozen=True, slots=True)
class ShownGrant:
    """A grant with the names of person, scope and giver; `delegated_by` is whom it stands in for."""

    grant: Grant
    user_name: str
    user_email: str
    scope_name_zh: str
    scope_name_en: str
    given_by: str
    delegated_by: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of grants is narrowed to."""

    role: Role | None = None
    person: str = ""
    with_ended: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """A permission, and the grants that give it at a scope; none when nothing does."""

    permission: Permission
    grants: list[ShownGrant]


def scope_seen(session: Session, kind: ScopeKind, scope_id: int | None, actor: Actor) -> Target:
    """Where the scope stands, for who may see the grants there; raises NotFound to all others."""
    target = target_of(session, kind, scope_id)
    if target is None or not may(actor, Permission.SEE_GRANTS, target):
        raise NotFound
    return target


def scope_asked(session: Session, kind: ScopeKind, scope_id: int | None, user_id: int, viewer: Actor) -> Target:
    """Where a scope stands about which somebody's permissions are asked: of others only within one's reach.

    One's own may be asked about the platform and where one holds a role; raises NotFound otherwise.
    """
    target = target_of(session, kind, scope_id)
    if target is None:
        raise NotFound
    own = viewer.id == user_id and (kind == ScopeKind.PLATFORM or any(covers(one, target) for one in viewer.grants))
    if not own and not may(viewer, Permission.SEE_GRANTS, target):
        raise NotFound
    return target


def grants_at(
    session: Session, kind: ScopeKind, target: Target, wanted: Wanted, *, today: date, limit: int, cursor: str = ""
) -> Page[ShownGrant]:
    """Grants that hold at the scope, below it, or from above it; the newest first."""
    statement = _in_full().where(or_(_below(kind, target), _above(kind, target)))
    if not wanted.with_ended:
        statement = statement.where(_not_over(today))
    if wanted.role is not None:
        statement = statement.where(Grant.role == wanted.role)
    if wanted.person:
        text = wanted.person.lower()
        named = (
            func.lower(_Holder.name).contains(text, autoescape=True),
            _Holder.email.contains(text, autoescape=True),
        )
        statement = statement.where(or_(*named))
    if cursor:
        statement = statement.where(Grant.id < decode_cursor(cursor, row_id)[0])
    rows = [_shown(row) for row in session.execute(statement.order_by(Grant.id.desc()).limit(limit + 1))]
    return page_of(rows, limit, lambda row: (row.grant.id,))


def grant_in_full(session: Session, grant_id: int) -> ShownGrant:
    """One grant with its names, whoever asks; raises NotFound."""
    row = session.execute(_in_full().where(Grant.id == grant_id)).one_or_none()
    if row is None:
        raise NotFound
    return _shown(row)


def grant_seen(session: Session, grant_id: int, actor: Actor) -> ShownGrant:
    """One grant, for who may see the grants of its scope, holds it or handed it on; raises NotFound."""
    shown = grant_in_full(session, grant_id)
    if actor.id in {shown.grant.user_id, source_of(session, shown.grant)}:
        return shown
    scope_seen(session, shown.grant.scope_kind, shown.grant.scope_id, actor)
    return shown


def source_of(session: Session, grant: Grant) -> int | None:
    """Whom a grant stands in for, or None."""
    return session.scalar(select(Grant.user_id).where(Grant.id == grant.delegated_from_id))


def own_grant(session: Session, grant_id: int, actor: Actor, *, today: date) -> ShownGrant:
    """A grant of the actor's own that can be stood in for; raises NotFound."""
    own = (Grant.id == grant_id, Grant.user_id == actor.id, Grant.delegated_from_id.is_(None), _not_over(today))
    row = session.execute(_in_full().where(*own)).one_or_none()
    if row is None:
        raise NotFound
    return _shown(row)


def grants_concerning(session: Session, user_id: int, *, today: date) -> list[ShownGrant]:
    """Somebody's own grants that hold today or later, and those that stand in for one of them; the oldest first."""
    concerning = or_(Grant.user_id == user_id, _Source.user_id == user_id)
    rows = session.execute(_in_full().where(concerning, _not_over(today)).order_by(Grant.starts_on, Grant.id))
    return [_shown(row) for row in rows]


def grants_within(session: Session, user_id: int, organisation_id: int | None, *, today: date) -> list[ShownGrant]:
    """Somebody's grants at an organisation and below it, or everywhere, that hold today or later."""
    statement = _in_full().where(Grant.user_id == user_id, _not_over(today))
    if organisation_id is not None:
        statement = statement.where(within_organisation(organisation_id))
    return [_shown(row) for row in session.execute(statement.order_by(Grant.starts_on, Grant.id))]


def visible_grants(session: Session, user_id: int, viewer: Actor, *, today: date) -> list[ShownGrant]:
    """Somebody's grants that hold today or later, as far as the viewer may see them: all of one's own."""
    within = true() if viewer.id == user_id else _in_reach(reach(viewer, Permission.SEE_GRANTS))
    statement = _in_full().where(Grant.user_id == user_id, _not_over(today), within)
    return [_shown(row) for row in session.execute(statement.order_by(Grant.starts_on, Grant.id))]


def person_seen(session: Session, user_id: int, viewer: Actor) -> User:
    """The person, for themselves, for who sees all grants, and where they hold or held one; raises NotFound."""
    person = session.get(User, user_id)
    within = reach(viewer, Permission.SEE_GRANTS)
    if person is None:
        raise NotFound
    if viewer.id == user_id or within.everywhere:
        return person
    if session.scalar(select(Grant.id).where(Grant.user_id == user_id, _in_reach(within)).limit(1)) is None:
        raise NotFound
    return person


def reasons(session: Session, user_id: int, target: Target, *, today: date) -> list[Reason]:
    """Each permission with the grants in force today that give it to somebody at the target."""
    mine = _in_full().where(Grant.user_id == user_id, Grant.starts_on <= today, _not_over(today)).order_by(Grant.id)
    shown = [_shown(row) for row in session.execute(mine)]
    return [
        Reason(permission, [one for one in shown if gives(held(one.grant), permission, target)])
        for permission in NEEDED_ROLES
    ]


def history_at(session: Session, kind: ScopeKind, target: Target) -> Sequence[tuple[AuditEntry, str, str]]:
    """What was logged of grants at the scope and below, the latest first, with the names of actor and holder."""
    actor, holder = aliased(User), aliased(User)
    told = func.coalesce(AuditEntry.before["user_id"].as_integer(), AuditEntry.after["user_id"].as_integer())
    rows = session.execute(
        select(AuditEntry, func.coalesce(actor.name, ""), func.coalesce(holder.name, ""))
        .outerjoin(actor, actor.id == AuditEntry.actor_id)
        .outerjoin(holder, holder.id == told)
        .where(AuditEntry.subject_kind == "grant", _logged_at(kind, target))
        .order_by(AuditEntry.id.desc())
        .limit(MOST_HISTORY)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def awaiting_successors(session: Session, within: Reach, *, today: date, limit: int) -> tuple[int, list[ShownGrant]]:
    """The roles within reach whose holders have left and that wait for a successor: how many, and the first few."""
    waiting = (awaiting(today), _in_reach(within))
    rows = session.execute(_in_full().where(*waiting).order_by(Grant.due_to_end_on, Grant.id).limit(limit))
    count = session.scalar(select(func.count()).select_from(Grant).where(*waiting)) or 0
    return count, [_shown(row) for row in rows]


def roles_running_out(
    session: Session, within: Reach, *, user_id: int | None = None, today: date, limit: int
) -> list[ShownGrant]:
    """The roles within reach, or of one person, whose term ends soon and that nobody would hold then; soonest first."""
    theirs = _in_reach(within) if user_id is None else Grant.user_id == user_id
    statement = _in_full().where(theirs, running_out(today)).order_by(Grant.ends_on, Grant.id)
    return [_shown(row) for row in session.execute(statement.limit(limit))]


def runs_out(session: Session, grant_id: int, *, today: date) -> bool:
    """Whether the grant's term ends soon and nobody would hold the role then."""
    return session.scalar(select(Grant.id).where(Grant.id == grant_id, running_out(today))) is not None


def appointers(session: Session, grant: Grant, *, today: date) -> Sequence[User]:
    """Who gives the role there today, other than its holder: the institution's admins, else the platform's."""
    target = target_of(session, grant.scope_kind, grant.scope_id)
    place = target.organisation_id if target and grant.role not in GIVEN_BY_THE_PLATFORM else None
    return admins_of(session, place, today, other_than=grant.user_id)


def admins_of(session: Session, organisation_id: int | None, today: date, *, other_than: int = 0) -> Sequence[User]:
    """Who administers an institution today; where nobody else does, the platform's administrators."""
    own = and_(Grant.role == Role.INSTITUTION_ADMIN, _is(ScopeKind.ORGANISATION, organisation_id))
    nearest = _active_with(session, own, other_than, today) if organisation_id is not None else []
    return nearest or _active_with(session, Grant.role == Role.PLATFORM_ADMIN, other_than, today)


def _active_with(session: Session, which: ColumnElement[bool], other_than: int, today: date) -> Sequence[User]:
    """The active people with such a grant today, without one of them."""
    ids = select(Grant.user_id).where(which, Grant.starts_on <= today, _not_over(today), Grant.user_id != other_than)
    return session.scalars(select(User).where(User.id.in_(ids), User.deactivated_at.is_(None)).order_by(User.id)).all()


def within_organisation(organisation_id: int) -> ColumnElement[bool]:
    """Grants at an organisation and below it."""
    return _below(ScopeKind.ORGANISATION, Target(organisation_id))


def _in_full() -> Select[Grant, str, str, str, str, str, str]:
    """Grants with everything that is shown."""
    return (
        select(
            Grant,
            _Holder.name,
            _Holder.email,
            func.coalesce(Organisation.name_zh, Unit.name_zh, Instrument.name_zh, ""),
            func.coalesce(Organisation.name_en, Unit.name_en, Instrument.name_en, ""),
            func.coalesce(_Giver.name, ""),
            func.coalesce(_Absent.name, ""),
        )
        .join(_Holder, _Holder.id == Grant.user_id)
        .outerjoin(_Giver, _Giver.id == Grant.granted_by_id)
        .outerjoin(_Source, _Source.id == Grant.delegated_from_id)
        .outerjoin(_Absent, _Absent.id == _Source.user_id)
        .outerjoin(Organisation, _is(ScopeKind.ORGANISATION, Organisation.id))
        .outerjoin(Unit, _is(ScopeKind.UNIT, Unit.id))
        .outerjoin(Instrument, _is(ScopeKind.INSTRUMENT, Instrument.id))
    )


def _shown(row: Any) -> ShownGrant:
    """A row of `_in_full`."""
    return ShownGrant(*row)


def _is(kind: ScopeKind, scope_id: Any) -> ColumnElement[bool]:
    """Whether a grant's scope is this one."""
    return and_(Grant.scope_kind == kind, Grant.scope_id == scope_id)


def _not_over(today: date) -> ColumnElement[bool]:
    """Whether a grant holds today or later."""
    return or_(Grant.ends_on.is_(None), Grant.ends_on >= today)


def _scopes_below(kind: ScopeKind, target: Target) -> list[tuple[ScopeKind, Any]]:
    """The scope itself and what lies within it, as kinds and ids."""
    if kind == ScopeKind.INSTRUMENT:
        return [(kind, [target.instrument_id])]
    if kind == ScopeKind.UNIT:
        instruments = select(Instrument.id).where(Instrument.unit_id == target.unit_id)
        return [(kind, [target.unit_id]), (ScopeKind.INSTRUMENT, instruments)]
    if kind == ScopeKind.ORGANISATION:
        units = select(Unit.id).where(Unit.organisation_id == target.organisation_id)
        instruments = select(Instrument.id).where(Instrument.organisation_id == target.organisation_id)
        return [(kind, [target.organisation_id]), (ScopeKind.UNIT, units), (ScopeKind.INSTRUMENT, instruments)]
    return []


def _below(kind: ScopeKind, target: Target) -> ColumnElement[bool]:
    """Grants at the scope itself and within it; at the platform only those of the whole platform."""
    if kind == ScopeKind.PLATFORM:
        return Grant.scope_kind == ScopeKind.PLATFORM
    return or_(*(and_(Grant.scope_kind == one, Grant.scope_id.in_(ids)) for one, ids in _scopes_below(kind, target)))


def _above(kind: ScopeKind, target: Target) -> ColumnElement[bool]:
    """Grants of the institution and unit that reach down to the scope; those of the platform are not listed."""
    found = []
    if kind in {ScopeKind.UNIT, ScopeKind.INSTRUMENT}:
        found.append(_is(ScopeKind.ORGANISATION, target.organisation_id))
    if kind == ScopeKind.INSTRUMENT and target.unit_id is not None:
        found.append(_is(ScopeKind.UNIT, target.unit_id))
    return or_(false(), *found)


def _in_reach(within: Reach) -> ColumnElement[bool]:
    """Grants whose scope a permission reaches."""
    if within.everywhere:
        return true()
    organisations = [_below(ScopeKind.ORGANISATION, Target(one)) for one in sorted(within.organisation_ids)]
    units = [_below(ScopeKind.UNIT, Target(None, one)) for one in sorted(within.unit_ids)]
    instruments = [_is(ScopeKind.INSTRUMENT, one) for one in sorted(within.instrument_ids)]
    return or_(false(), *organisations, *units, *instruments)


def _logged_at(kind: ScopeKind, target: Target) -> ColumnElement[bool]:
    """Rows of the log about a grant at the scope or within it."""
    if kind == ScopeKind.PLATFORM:
        scopes: list[tuple[ScopeKind, Any]] = [(kind, None)]
    else:
        scopes = _scopes_below(kind, target)
    return or_(*(_logs(side, one, ids) for one, ids in scopes for side in (AuditEntry.before, AuditEntry.after)))


def _logs(side: Any, kind: ScopeKind, ids: Any) -> ColumnElement[bool]:
    """Whether one side of the log's row describes a grant at one of these scopes."""
    same = side["scope_kind"].as_string() == kind.value
    return same if ids is None else and_(same, side["scope_id"].as_integer().in_(ids))
