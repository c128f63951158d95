"""Reading reservations: one's own, one in full, its history."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from booking.accounts.permissions import Permission, may, reach
from booking.core.actors import Actor, Reach, Target
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of
from models.accounts import User
from models.catalogue import Instrument
from models.reservations import Reservation, ReservationChange, ReservationPerson
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.reservations import HOLDING_TIME, ReservationState


class When(StrEnum):
    """Which part of time a list shows."""

    UPCOMING = "upcoming"
    PAST = "past"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of reservations is narrowed to; nothing given means everything."""

    when: When = When.ALL
    states: frozenset[ReservationState] = frozenset()
    instrument_id: int | None = None
    starts_before: datetime | None = None
    ends_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What an actor is to a reservation, deciding what they may see and do."""

    is_holder: bool
    is_linked: bool
    sees_names: bool
    decides: bool


def my_reservations(
    session: Session, actor: Actor, wanted: Filter, *, limit: int, cursor: str | None = None, now: datetime
) -> Page[Reservation]:
    """Reservations that the actor booked or is linked to, with instrument and people.

    Upcoming ones come soonest first, all others latest first.
    """
    return page_within(session, _is_mine(actor), wanted, limit=limit, cursor=cursor, now=now)


def next_reservations(
    session: Session, actor: Actor, states: frozenset[ReservationState], *, limit: int, now: datetime
) -> Sequence[Reservation]:
    """The first of one's own to come in some states, without the people who come along."""
    wanted = in_short().where(_is_mine(actor), *_narrowed(Filter(When.UPCOMING, states), now))
    return session.scalars(wanted.order_by(Reservation.starts_at, Reservation.id).limit(limit)).all()


def is_coming(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Whether one has reservations to come."""
    return exists(Reservation.id).where(_is_mine(actor), *_narrowed(Filter(When.UPCOMING), now))


def visible_reservations(
    session: Session, actor: Actor, wanted: Filter, *, limit: int, cursor: str | None = None, now: datetime
) -> Page[Reservation]:
    """One's own reservations, and all of the instruments whose bookings the actor may see."""
    within = or_(_is_mine(actor), in_reach(reach(actor, Permission.SEE_BOOKINGS)))
    return page_within(session, within, wanted, limit=limit, cursor=cursor, now=now)


def reservation_for(session: Session, reservation_id: int, actor: Actor) -> Reservation:
    """One reservation with instrument, holder and people, for who may see it; raises NotFound."""
    found = session.scalar(in_full().where(Reservation.id == reservation_id))
    if found is None or not may_see(sight_of(found, actor)):
        raise NotFound
    return found


def sight_of(reservation: Reservation, actor: Actor) -> Sight:
    """What the actor is to it; instrument and people must be loaded."""
    target = target_of(reservation.instrument)
    return Sight(
        is_holder=reservation.booked_by_id == actor.id,
        is_linked=any(person.user_id == actor.id for person in reservation.people),
        sees_names=may(actor, Permission.SEE_BOOKINGS, target),
        decides=may(actor, Permission.DECIDE_BOOKINGS, target),
    )


def target_of(instrument: Instrument) -> Target:
    """Where an instrument stands, for permissions."""
    return Target(instrument.organisation_id, instrument.unit_id, instrument.id)


def seen_instrument(session: Session, instrument_id: int, actor: Actor | None) -> Instrument:
    """The instrument, when it is published or the actor may see its record; raises NotFound."""
    found = session.get(Instrument, instrument_id)
    if found is None:
        raise NotFound
    if found.publishing_state != PublishingState.PUBLISHED and not may(actor, Permission.SEE_RECORD, target_of(found)):
        raise NotFound
    return found


def history_of(session: Session, reservation_id: int) -> Sequence[ReservationChange]:
    """Every change, the first one first, with who made it."""
    changes = select(ReservationChange).where(ReservationChange.reservation_id == reservation_id)
    return session.scalars(changes.order_by(ReservationChange.id).options(joinedload(ReservationChange.actor))).all()


def holders_in(session: Session, changes: Iterable[ReservationChange]) -> dict[int, str]:
    """How those are called now who held the reservation before or after one of the changes; by their id."""
    kept = [side for change in changes for side in (change.before, change.after) if side]
    ids = {side["booked_by_id"] for side in kept if "booked_by_id" in side}
    named = session.execute(select(User.id, User.name).where(User.id.in_(ids))) if ids else ()
    return {person.id: person.name for person in named}


def in_reach(within: Reach) -> ColumnElement[bool]:
    """Instruments that a permission reaches; the statement must have joined them."""
    if within.everywhere:
        return true()
    if not within:
        return false()
    return or_(
        Instrument.organisation_id.in_(within.organisation_ids),
        Instrument.unit_id.in_(within.unit_ids),
        Instrument.id.in_(within.instrument_ids),
    )


def may_see(sight: Sight) -> bool:
    """The holder, linked people, and who sees the instrument's bookings."""
    return sight.is_holder or sight.is_linked or sight.sees_names


def in_full() -> Select[Reservation]:
    """Reservations with what pages and answers show."""
    return in_short().options(selectinload(Reservation.people))


def in_short() -> Select[Reservation]:
    """Reservations with their instrument and who booked, for lists that name nobody else."""
    return (
        select(Reservation)
        .join(Reservation.instrument)
        .options(
            joinedload(Reservation.instrument).joinedload(Instrument.organisation), joinedload(Reservation.booked_by)
        )
    )


def _is_mine(actor: Actor) -> ColumnElement[bool]:
    """Booked by the actor, or naming them."""
    linked = select(ReservationPerson.reservation_id).where(ReservationPerson.user_id == actor.id)
    return or_(Reservation.booked_by_id == actor.id, Reservation.id.in_(linked))


def page_within(
    session: Session, within: ColumnElement[bool], wanted: Filter, *, limit: int, cursor: str | None, now: datetime
) -> Page[Reservation]:
    """One page of what fulfils a condition and the filter, in the order of `my_reservations`."""
    forwards = wanted.when == When.UPCOMING
    statement = in_full().where(within, *_narrowed(wanted, now))
    if cursor:
        statement = statement.where(_beyond(*decode_cursor(cursor, moment_key, number_key), forwards=forwards))
    order = (Reservation.starts_at, Reservation.id)
    statement = statement.order_by(*(order if forwards else (column.desc() for column in order))).limit(limit + 1)
    rows = session.scalars(statement).all()
    return page_of(rows, limit, lambda row: (row.starts_at.isoformat(), row.id))


def _narrowed(wanted: Filter, now: datetime) -> list[ColumnElement[bool]]:
    """The filter as conditions; what no longer holds time counts as past."""
    found: list[ColumnElement[bool]] = []
    upcoming = and_(Reservation.ends_at > now, Reservation.state.in_(HOLDING_TIME))
    if wanted.when != When.ALL:
        found.append(upcoming if wanted.when == When.UPCOMING else ~upcoming)
    if wanted.states:
        found.append(Reservation.state.in_(wanted.states))
    if wanted.instrument_id is not None:
        found.append(Reservation.instrument_id == wanted.instrument_id)
    if wanted.starts_before:
        found.append(Reservation.starts_at < wanted.starts_before)
    if wanted.ends_after:
        found.append(Reservation.ends_at > wanted.ends_after)
    return found


def _beyond(starts_at: datetime, last_id: int, *, forwards: bool) -> ColumnElement[bool]:
    """What comes after the last row of the page before, in the order of the list."""
    same = Reservation.starts_at == starts_at
    if forwards:
        return or_(Reservation.starts_at > starts_at, and_(same, Reservation.id > last_id))
    return or_(Reservation.starts_at < starts_at, and_(same, Reservation.id < last_id))


def moment_key(text: str) -> datetime:
    """A moment of a cursor; ValueError when it is no moment of ours."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("naive")
    return moment.astimezone(UTC)


def number_key(value: int) -> int:
    """An id of a cursor; ValueError when no row could have it."""
    if not 0 <= value < 2**63:
        raise ValueError("not an id")
    return value
