"""Reading affiliations: one's own, an organisation's people, and who belongs where on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, and_, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.accounts import User
from models.affiliations import Affiliation, UserGroup
from models.catalogue import Instrument
from models.directory import Organisation, Unit
from models.reservations import Reservation
from models.vocabulary.accounts import ScopeKind
from models.vocabulary.affiliations import AffiliationState
from models.vocabulary.reservations import HOLDING_TIME

OPEN = (AffiliationState.PENDING, AffiliationState.CONFIRMED)
_AS_INDEXED: ColumnElement[bool] = literal_column("affiliations.state IN ('pending', 'confirmed')")
"""In the words of the index of open affiliations, by which SQLite finds a person's instead of reading a whole house."""
_past, _still = (Affiliation.__table__.alias(name).c for name in ("past", "still"))
"""The table under two more names, made once: to make one takes longer than many a statement that it is in."""


@dataclass(frozen=True, slots=True)
class Row:
    """An affiliation with whose it is and where."""

    affiliation: Affiliation
    person: User
    organisation: Organisation
    unit: Unit | None
    group: UserGroup | None


def row(session: Session, affiliation_id: int) -> Row:
    """One affiliation; raises NotFound."""
    found = session.execute(_rows().where(Affiliation.id == affiliation_id)).one_or_none()
    if found is None:
        raise NotFound
    return _named(found)


def of_person(session: Session, user_id: int) -> list[Row]:
    """All affiliations of a person, the newest first."""
    statement = _rows().where(Affiliation.user_id == user_id).order_by(Affiliation.id.desc())
    return [_named(found) for found in session.execute(statement)]


def people(
    session: Session,
    organisation_id: int,
    state: AffiliationState | None = None,
    *,
    text: str = "",
    limit: int,
    cursor: str = "",
) -> Page[Row]:
    """An organisation's people in one state or all, found by name, address or staff number; the newest first."""
    statement = _rows().where(Affiliation.organisation_id == organisation_id)
    if state is not None:
        statement = statement.where(Affiliation.state == state)
    if text:
        statement = statement.where(_says(text))
    if cursor:
        statement = statement.where(Affiliation.id < decode_cursor(cursor, row_id)[0])
    found = session.execute(statement.order_by(Affiliation.id.desc()).limit(limit + 1)).all()
    return page_of([_named(one) for one in found], limit, lambda one: (one.affiliation.id,))


def waiting_among(session: Session, organisation_id: int, ids: Sequence[int]) -> list[Row]:
    """Those of some affiliations that wait at an organisation, the newest first."""
    waiting = (Affiliation.organisation_id == organisation_id, Affiliation.state == AffiliationState.PENDING)
    statement = _rows().where(*waiting, Affiliation.id.in_(ids)).order_by(Affiliation.id.desc())
    return [_named(found) for found in session.execute(statement)]


def counts(session: Session, organisation_id: int) -> dict[AffiliationState, int]:
    """How many affiliations of an organisation stand in each state."""
    counted = (
        select(Affiliation.state, func.count().label("how_many"))
        .where(Affiliation.organisation_id == organisation_id)
        .group_by(Affiliation.state)
    )
    return {found.state: found.how_many for found in session.execute(counted)}


def waiting_ids(session: Session, organisation_ids: Sequence[int]) -> dict[int, int]:
    """How many people wait for a decision, for each of these organisations."""
    counted = (
        select(Affiliation.organisation_id, func.count().label("how_many"))
        .where(Affiliation.organisation_id.in_(organisation_ids), Affiliation.state == AffiliationState.PENDING)
        .group_by(Affiliation.organisation_id)
    )
    return {found.organisation_id: found.how_many for found in session.execute(counted)}


def open_affiliation(session: Session, user_id: int, organisation_id: int) -> Affiliation | None:
    """The one affiliation of a person with an organisation that waits or is confirmed."""
    return session.scalar(
        select(Affiliation).where(
            Affiliation.user_id == user_id,
            Affiliation.organisation_id == organisation_id,
            Affiliation.state.in_(OPEN),
        )
    )


def in_force(today: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Whether an affiliation holds on a day; its last day counts."""
    return and_(
        Affiliation.state == AffiliationState.CONFIRMED,
        Affiliation.starts_on <= today,
        or_(Affiliation.ends_on.is_(None), Affiliation.ends_on >= today),
    )


def is_member(user_id: Any, organisation_id: Any, today: date | ColumnElement[date]) -> Exists:
    """Whether the person is confirmed at the organisation on a day, as a part of another statement."""
    own = (Affiliation.user_id == user_id, Affiliation.organisation_id == organisation_id)
    return exists().where(*own, _AS_INDEXED, in_force(today))


def belongs(session: Session, user_id: int, organisation_id: int, today: date) -> bool:
    """Whether the person is confirmed at the organisation today."""
    return bool(session.scalar(select(is_member(user_id, organisation_id, today))))


def is_of(session: Session, actor: Actor, organisation_id: int, today: date) -> bool:
    """Whether somebody belongs to an organisation or has a role there, in a unit or at an instrument of it too."""
    scopes = {kind: {one.scope_id for one in actor.grants if one.scope_kind == kind} for kind in ScopeKind}
    if organisation_id in scopes[ScopeKind.ORGANISATION] or belongs(session, actor.id, organisation_id, today):
        return True
    units, instruments = scopes[ScopeKind.UNIT], scopes[ScopeKind.INSTRUMENT]
    if not (units or instruments):
        return False
    of_unit = exists().where(Unit.id.in_(units), Unit.organisation_id == organisation_id)
    of_instrument = exists().where(Instrument.id.in_(instruments), Instrument.organisation_id == organisation_id)
    return bool(session.scalar(select(or_(of_unit, of_instrument))))


def address_by_number(session: Session, organisation_id: int, staff_number: str, today: date) -> str | None:
    """The address of the active person to whom a staff number belongs today."""
    named = (Affiliation.organisation_id == organisation_id, Affiliation.staff_number == staff_number)
    joined = select(User.email).join(Affiliation, Affiliation.user_id == User.id)
    return session.scalar(joined.where(*named, in_force(today), User.deactivated_at.is_(None)).limit(1))


def has_left(user_id: Any, organisation_id: Any, today: date) -> ColumnElement[bool]:
    """Whether somebody has left an organisation: an affiliation's last day there is over, and none is confirmed.

    What was only asked for and taken back was none.
    """
    has_ended = and_(_past.state == AffiliationState.CONFIRMED, _past.ends_on < today)
    is_over = or_(_past.state == AffiliationState.ENDED, has_ended)
    confirmed = _past.confirmed_by.is_not(None)
    over = exists().where(_past.user_id == user_id, _past.organisation_id == organisation_id, confirmed, is_over)
    there = exists().where(
        _still.user_id == user_id,
        _still.organisation_id == organisation_id,
        _still.state == AffiliationState.CONFIRMED,
        or_(_still.ends_on.is_(None), _still.ends_on >= today),
    )
    return and_(over, ~there)


def _rows() -> Select[Affiliation, User, Organisation, Unit, UserGroup]:
    """Affiliations with everything their rows name."""
    return (
        select(Affiliation, User, Organisation, Unit, UserGroup)
        .join(User, User.id == Affiliation.user_id)
        .join(Organisation, Organisation.id == Affiliation.organisation_id)
        .outerjoin(Unit, Unit.id == Affiliation.unit_id)
        .outerjoin(UserGroup, UserGroup.id == Affiliation.user_group_id)
    )


def _named(found: Any) -> Row:
    """One result of `_rows`."""
    return Row(*found)


def _says(text: str) -> ColumnElement[bool]:
    """Whether name, address or staff number contains the text."""
    words = f"%{escaped(text.strip().lower())}%"
    columns = (User.name, User.email, Affiliation.staff_number)
    return or_(*(func.lower(column).like(words, escape="\\") for column in columns))


def escaped(text: str) -> str:
    """The text with what LIKE would take for a wildcard made plain."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def future_bookings(session: Session, user_id: int, organisation_id: int, *, now: datetime) -> int:
    """How many bookings of the person's still lie ahead on the organisation's instruments."""
    counted = (
        select(func.count())
        .select_from(Reservation)
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .where(
            Reservation.booked_by_id == user_id,
            Instrument.organisation_id == organisation_id,
            Reservation.ends_at > now,
            Reservation.state.in_(HOLDING_TIME),
        )
    )
    return session.scalar(counted) or 0
