"""Who decides about an instrument's bookings: the nearest in force, so that nothing waits for somebody who left."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, aliased

from booking.catalogue.stewards import named_stewards
from booking.core.clock import local_date
from models.accounts import Grant, User
from models.catalogue import Instrument
from models.vocabulary.accounts import Role, ScopeKind

HEIGHTS = (
    (Role.STEWARD, ScopeKind.INSTRUMENT),
    (Role.STEWARD, ScopeKind.UNIT),
    (Role.STEWARD, ScopeKind.ORGANISATION),
    (Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION),
    (Role.PLATFORM_ADMIN, ScopeKind.PLATFORM),
)
"""From near to far; who stands in for a steward counts as one."""


@dataclass(frozen=True, slots=True)
class Deciders:
    """The people, and how far from the instrument they were found; beyond the last height when there is nobody."""

    height: int
    people: Sequence[User]


def deciders_of(session: Session, instrument: Instrument, *, now: datetime) -> Deciders:
    """The named primary steward and deputy, and who stands in for them; where nobody is named, all who are nearest.

    That is the instrument's own stewards, else its unit's, its institution's, its admins, the platform's.
    """
    today = local_date(now)
    if named := named_stewards(session, instrument, today=today):
        return Deciders(0, _with_stand_ins(session, instrument, list(named.values()), today))
    rows = session.execute(
        select(User, Grant.role, Grant.scope_kind)
        .join(Grant, Grant.user_id == User.id)
        .where(_reaches(instrument, HEIGHTS), _in_force(today), User.deactivated_at.is_(None))
        .order_by(User.id)
    ).all()
    for height, wanted in enumerate(HEIGHTS):
        nearest = {user.id: user for user, role, kind in rows if (role, kind) == wanted}
        if nearest:
            return Deciders(height, list(nearest.values()))
    return Deciders(len(HEIGHTS), [])


def decides_here(session: Session, user_id: int, instrument: Instrument, *, now: datetime) -> bool:
    """Whether somebody has a role today that lets them decide about the instrument's bookings."""
    held = (Grant.user_id == user_id, _reaches(instrument, HEIGHTS), _in_force(local_date(now)))
    return session.scalar(select(Grant.id).where(*held).limit(1)) is not None


def _with_stand_ins(session: Session, instrument: Instrument, named: list[User], today: date) -> list[User]:
    """The named ones, then whoever stands in for one of them today."""
    source = aliased(Grant)
    ids = [user.id for user in named]
    found = session.scalars(
        select(User)
        .join(Grant, Grant.user_id == User.id)
        .join(source, source.id == Grant.delegated_from_id)
        .where(
            source.user_id.in_(ids),
            _reaches(instrument, HEIGHTS[:3]),
            _in_force(today),
            User.deactivated_at.is_(None),
            User.id.not_in(ids),
        )
        .order_by(User.id)
    )
    return [*named, *found.unique()]


def _reaches(instrument: Instrument, heights: Iterable[tuple[Role, ScopeKind]]) -> ColumnElement[bool]:
    """Grants of these roles at scopes that reach the instrument."""
    ids = {
        ScopeKind.INSTRUMENT: instrument.id,
        ScopeKind.UNIT: instrument.unit_id,
        ScopeKind.ORGANISATION: instrument.organisation_id,
    }
    return or_(
        *(
            and_(Grant.role == role, Grant.scope_kind == kind, Grant.scope_id == ids.get(kind))
            for role, kind in heights
            if kind == ScopeKind.PLATFORM or ids[kind] is not None
        )
    )


def _in_force(today: date) -> ColumnElement[bool]:
    """Grants that hold on a day."""
    return and_(Grant.starts_on <= today, or_(Grant.ends_on.is_(None), Grant.ends_on >= today))
