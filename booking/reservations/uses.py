"""Reading uses: what is over and waits to be confirmed, and what came of a reservation."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor, Reach
from booking.core.pages import Page, decode_cursor, page_of
from booking.reservations.queries import in_full, in_reach, moment_key, number_key
from models.catalogue import Instrument
from models.reservations import Reservation, ReservationUse
from models.vocabulary.reservations import ReservationState


def uses_to_confirm(
    session: Session,
    actor: Actor,
    *,
    instrument_id: int | None = None,
    limit: int,
    cursor: str = "",
    now: datetime,
) -> Page[Reservation]:
    """Reservations that are over and unconfirmed, of instruments whose bookings the actor decides; the oldest first."""
    wanted = in_full().where(in_reach(reach(actor, Permission.DECIDE_BOOKINGS)), _waits(now))
    if instrument_id is not None:
        wanted = wanted.where(Reservation.instrument_id == instrument_id)
    if cursor:
        ends_at, last_id = decode_cursor(cursor, moment_key, number_key)
        same = and_(Reservation.ends_at == ends_at, Reservation.id > last_id)
        wanted = wanted.where(or_(Reservation.ends_at > ends_at, same))
    rows = session.scalars(wanted.order_by(Reservation.ends_at, Reservation.id).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: (row.ends_at.isoformat(), row.id))


def waiting_uses(session: Session, within: Reach, *, limit: int, now: datetime) -> tuple[int, Sequence[Reservation]]:
    """How many uses wait to be confirmed within reach, and the first of them, the oldest first."""
    here = (in_reach(within), _waits(now))
    count = select(func.count(Reservation.id)).join(Reservation.instrument).where(*here)
    found = session.scalar(count)
    if not found:
        return 0, ()
    rows = in_full().where(*here).order_by(Reservation.ends_at, Reservation.id).limit(limit)
    return found, session.scalars(rows).all()


def use_of(session: Session, reservation_id: int) -> ReservationUse | None:
    """What came of a reservation, with who said so."""
    found = select(ReservationUse).where(ReservationUse.reservation_id == reservation_id)
    return session.scalar(found.options(joinedload(ReservationUse.confirmed_by)))


def instruments_waiting(session: Session, actor: Actor, *, now: datetime) -> Sequence[Instrument]:
    """The instruments with uses that the actor is to confirm, by name."""
    within = in_reach(reach(actor, Permission.DECIDE_BOOKINGS))
    waiting = select(Reservation.instrument_id).where(_waits(now))
    rows = select(Instrument).where(within, Instrument.id.in_(waiting))
    return session.scalars(rows.order_by(Instrument.name_zh, Instrument.id)).all()


def _waits(now: datetime) -> ColumnElement[bool]:
    """Over, and not confirmed."""
    return and_(Reservation.state == ReservationState.CONFIRMED, Reservation.ends_at <= now)
