"""The primary steward of an instrument and the deputy: named among those who hold the role there."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.catalogue.changes import changed, lock
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, Problem
from booking.core.texts import N_
from booking.notifications.service import announce
from models.accounts import Grant, User
from models.catalogue import Instrument
from models.custody import Stewardship
from models.directory import Unit
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.custody import StewardRank

Named = Mapping[StewardRank, User]
BATCH_LASTS = timedelta(minutes=2)
"""Longer than the parts of one request take: their letter waits so long."""


def candidates(session: Session, instrument: Instrument, *, today: date) -> Sequence[User]:
    """Everybody who is a steward of the instrument today, by name."""
    held = select(Grant.user_id).where(_is_steward(instrument, today))
    active = User.id.in_(held), User.deactivated_at.is_(None)
    return session.scalars(select(User).where(*active).order_by(User.name, User.id)).all()


def named_stewards(session: Session, instrument: Instrument, *, today: date) -> Named:
    """Primary and deputy, the primary first; who is no steward any more does not count."""
    rows = session.execute(
        select(Stewardship.rank, User)
        .join(User, User.id == Stewardship.user_id)
        .where(
            Stewardship.instrument_id == instrument.id,
            User.deactivated_at.is_(None),
            User.id.in_(select(Grant.user_id).where(_is_steward(instrument, today))),
        )
    ).all()
    found = dict(rows)
    return {rank: found[rank] for rank in StewardRank if rank in found}


def first_stewards_of_all(
    session: Session, organisation_id: int, instruments: Iterable[Instrument], *, today: date
) -> dict[int, list[User]]:
    """Primary and deputy of each instrument of an institution, else every steward; two statements for all of them."""
    ours = select(Instrument.id).where(Instrument.organisation_id == organisation_id)
    units = select(Unit.id).where(Unit.organisation_id == organisation_id)
    reaching = or_(
        and_(Grant.scope_kind == ScopeKind.INSTRUMENT, Grant.scope_id.in_(ours)),
        and_(Grant.scope_kind == ScopeKind.UNIT, Grant.scope_id.in_(units)),
        and_(Grant.scope_kind == ScopeKind.ORGANISATION, Grant.scope_id == organisation_id),
    )
    held = select(Grant.scope_kind, Grant.scope_id, User).join(User, User.id == Grant.user_id)
    in_use = Grant.role == Role.STEWARD, reaching, _in_force(today), User.deactivated_at.is_(None)
    at: dict[tuple[ScopeKind, int | None], dict[int, User]] = {}
    for kind, scope_id, user in session.execute(held.where(*in_use).order_by(User.name, User.id)):
        at.setdefault((kind, scope_id), {})[user.id] = user
    named: dict[int, set[int]] = {}
    rows = select(Stewardship.instrument_id, Stewardship.user_id).where(Stewardship.instrument_id.in_(ours))
    for instrument_id, user_id in session.execute(rows):
        named.setdefault(instrument_id, set()).add(user_id)
    return {one.id: _first(one, at, named.get(one.id, set())) for one in instruments}


def _first(
    instrument: Instrument, at: Mapping[tuple[ScopeKind, int | None], Mapping[int, User]], named: Collection[int]
) -> list[User]:
    """Those of an instrument's stewards who are named, or all of them."""
    scopes = (
        (ScopeKind.INSTRUMENT, instrument.id),
        (ScopeKind.UNIT, instrument.unit_id),
        (ScopeKind.ORGANISATION, instrument.organisation_id),
    )
    able = {user_id: user for scope in scopes for user_id, user in at.get(scope, {}).items()}
    return [user for user_id, user in able.items() if user_id in named] or list(able.values())


def name_stewards(
    session: Session,
    instrument_id: int,
    primary_id: int | None,
    deputy_id: int | None,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
    is_told: bool = True,
) -> Instrument:
    """Say who is asked first and who stands in; raises InvalidInput for who is no steward of the instrument.

    Whoever is named anew gets a letter, unless the caller tells them of many at once.
    """
    instrument = lock(session, instrument_id, Permission.GIVE_GRANTS, actor=actor, expected_version=expected_version)
    wanted = {StewardRank.PRIMARY: primary_id, StewardRank.DEPUTY: deputy_id}
    chosen = {rank: user_id for rank, user_id in wanted.items() if user_id is not None}
    able = {user.id for user in candidates(session, instrument, today=local_date(now))}
    if problems := _problems(chosen, able):
        raise InvalidInput(problems)
    rows = select(Stewardship.rank, Stewardship.user_id).where(Stewardship.instrument_id == instrument_id)
    standing = dict(session.execute(rows).all())
    if standing == chosen:
        return instrument
    session.execute(delete(Stewardship).where(Stewardship.instrument_id == instrument_id))
    session.add_all(Stewardship(instrument_id=instrument_id, rank=r, user_id=u) for r, u in chosen.items())
    before, after = ({rank.value: values.get(rank) for rank in StewardRank} for values in (standing, chosen))
    changed(session, instrument, "stewards_named", actor=actor, now=now, before=before, after=after, reason=reason)
    if is_told:
        tell_named(
            session, [(instrument_id, r, u) for r, u in (chosen.items() - standing.items())], actor=actor, now=now
        )
    return instrument


def name_some(
    session: Session,
    instrument_id: int,
    given: Mapping[StewardRank, int],
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Instrument:
    """Name the primary, the deputy or both, and tell nobody; who is not named stays, unless they change places."""
    instrument = lock(session, instrument_id, Permission.GIVE_GRANTS, actor=actor)
    standing = named_stewards(session, instrument, today=local_date(now))
    kept = {rank: user.id for rank, user in standing.items() if user.id not in given.values()}
    wanted = kept | dict(given)
    named = (wanted.get(StewardRank.PRIMARY), wanted.get(StewardRank.DEPUTY))
    return name_stewards(session, instrument_id, *named, reason=reason, actor=actor, now=now, is_told=False)


def tell_named(
    session: Session,
    named: Iterable[tuple[int, StewardRank, int]],
    *,
    actor: Actor,
    now: datetime,
    batch: str = "",
) -> None:
    """Announce to each person named which instruments they look after now, all at once; not to whoever named them.

    What is named in several transactions bears the same `batch` and is told together, when the last is over.
    """
    told: dict[int, dict[str, list[int]]] = {}
    for instrument_id, rank, user_id in named:
        if user_id != actor.id:
            told.setdefault(user_id, {}).setdefault(rank.value, []).append(instrument_id)
    for user_id, instruments in told.items():
        payload = {"user_id": user_id, "actor_id": actor.id, "instruments": instruments, "batch": batch}
        due_at = now + BATCH_LASTS if batch else now
        announce(session, "catalogue.stewards_named", payload, now=now, due_at=due_at)


def able_at_any(session: Session, instruments: Sequence[Instrument], *, today: date) -> Sequence[User]:
    """Everybody who is a steward of at least one of the instruments today, by name; one statement."""
    if not instruments:
        return []
    within = _within(
        {one.id for one in instruments},
        {one.unit_id for one in instruments},
        {one.organisation_id for one in instruments},
    )
    able = select(Grant.user_id).where(Grant.role == Role.STEWARD, within, _in_force(today))
    active = User.id.in_(able), User.deactivated_at.is_(None)
    return session.scalars(select(User).where(*active).order_by(User.name, User.id)).all()


def names_of(session: Session, user_ids: Collection[int]) -> dict[int, str]:
    """What people are called."""
    return dict(session.execute(select(User.id, User.name).where(User.id.in_(user_ids))).all())


def _is_steward(instrument: Instrument, today: date) -> ColumnElement[bool]:
    """The condition that a grant makes somebody steward of the instrument today."""
    within = _within({instrument.id}, {instrument.unit_id}, {instrument.organisation_id})
    return and_(Grant.role == Role.STEWARD, within, _in_force(today))


def _within(
    instrument_ids: Collection[int], unit_ids: Collection[int | None], organisation_ids: Collection[int]
) -> ColumnElement[bool]:
    """Grants at any of these scopes."""
    scopes = (
        (ScopeKind.INSTRUMENT, instrument_ids),
        (ScopeKind.UNIT, {one for one in unit_ids if one is not None}),
        (ScopeKind.ORGANISATION, organisation_ids),
    )
    return or_(*(and_(Grant.scope_kind == kind, Grant.scope_id.in_(ids)) for kind, ids in scopes if ids))


def _in_force(today: date) -> ColumnElement[bool]:
    """Grants that hold today."""
    return and_(Grant.starts_on <= today, or_(Grant.ends_on.is_(None), Grant.ends_on >= today))


def _problems(chosen: Mapping[StewardRank, int], able: set[int]) -> list[Problem]:
    """Why these people cannot be named."""
    found = [
        Problem(f"{rank.value}_id", N_("这个人现在不是这台仪器的管理员。"))
        for rank, user_id in chosen.items()
        if user_id not in able
    ]
    if len(set(chosen.values())) < len(chosen):
        found.append(Problem("deputy_id", N_("主管理员和副管理员须为两个人。")))
    if StewardRank.DEPUTY in chosen and StewardRank.PRIMARY not in chosen:
        found.append(Problem("primary_id", N_("请先指定主管理员。")))
    return found
