"""Reading uses: what is over and waits to be confirmed, and what came of a reservation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, may, reach
from booking.charges.own import own_reservations
from booking.charges.queries import charge_of
from booking.core.actors import Actor, Reach
from booking.core.pages import Page, decode_cursor, page_of
from booking.reservations.queries import Sight, in_full, in_reach, moment_key, number_key, target_of
from models.catalogue import Instrument
from models.charges import Charge
from models.pricing import ReservationQuote
from models.reservations import Reservation, ReservationUse, UseReminder
from models.vocabulary.reservations import ReservationState

OLDER = 0
"""The level of what ended before uses were confirmed here: nobody is told of it."""

CONFIRMED_ALREADY = frozenset({ReservationState.COMPLETED, ReservationState.NO_SHOW})
TOLD_OF = CONFIRMED_ALREADY | {ReservationState.CANCELLED}
"""What a steward may have said something of; what could not be used is cancelled."""


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a reservation and what it is charged, as far as whoever looks may know."""

    use: ReservationUse | None
    charge: Charge | None


def uses_to_confirm(
    session: Session,
    actor: Actor,
    *,
    instrument_id: int | None = None,
    older: bool = False,
    limit: int,
    cursor: str = "",
    now: datetime,
) -> Page[Reservation]:
    """Reservations that are over and unconfirmed, of instruments whose bookings the actor decides; the oldest first.

    Not what the actor pays: others confirm that. `older` ones ended before uses were confirmed here.
    """
    within = in_reach(reach(actor, Permission.DECIDE_BOOKINGS))
    wanted = in_full().where(within, _waits(now, older=older), ~_paid_by(actor.id))
    if instrument_id is not None:
        wanted = wanted.where(Reservation.instrument_id == instrument_id)
    if cursor:
        ends_at, last_id = decode_cursor(cursor, moment_key, number_key)
        same = and_(Reservation.ends_at == ends_at, Reservation.id > last_id)
        wanted = wanted.where(or_(Reservation.ends_at > ends_at, same))
    rows = session.scalars(wanted.order_by(Reservation.ends_at, Reservation.id).limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: (row.ends_at.isoformat(), row.id))


def waiting_uses(
    session: Session, within: Reach, actor: Actor, *, limit: int, now: datetime
) -> tuple[int, Sequence[Reservation]]:
    """How many uses wait within reach for the actor to confirm them, and the first of them, the oldest first."""
    here = (in_reach(within), _waits(now), ~_paid_by(actor.id))
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


def what_came(session: Session, reservation: Reservation, actor: Actor, sight: Sight) -> Came:
    """What came of a reservation, for its holder and who sees who booked; the charge for who looks after that money.

    What was used under another owner stays between them and who booked.
    """
    is_told = reservation.state in TOLD_OF and (sight.is_holder or sight.sees_names)
    use = use_of(session, reservation.id) if is_told else None
    if not (sight.is_holder or may(actor, Permission.SEE_CHARGES, target_of(reservation.instrument))):
        return Came(use, None)
    charge = charge_of(session, reservation.id)
    is_ours = charge is not None and charge.organisation_id == reservation.instrument.organisation_id
    return Came(use, charge if sight.is_holder or is_ours else None)


def instruments_waiting(session: Session, actor: Actor, *, older: bool = False, now: datetime) -> Sequence[Instrument]:
    """The instruments with uses that the actor is to confirm, by name."""
    within = in_reach(reach(actor, Permission.DECIDE_BOOKINGS))
    waiting = select(Reservation.instrument_id).where(_waits(now, older=older), ~_paid_by(actor.id))
    rows = select(Instrument).where(within, Instrument.id.in_(waiting))
    return session.scalars(rows.order_by(Instrument.name_zh, Instrument.id)).all()


def is_older(session: Session, reservation_id: int) -> bool:
    """Whether a reservation ended before uses were confirmed here."""
    return bool(session.scalar(select(exists().where(UseReminder.reservation_id == reservation_id, _MARKED))))


_MARKED = UseReminder.level == OLDER


def from_before() -> ColumnElement[bool]:
    """Reservations that ended before uses were confirmed here."""
    return exists().where(UseReminder.reservation_id == Reservation.id, _MARKED)


def waits_from_before(now: datetime) -> ColumnElement[bool]:
    """Reservations that ended before uses were confirmed here, and that nobody confirmed or let off."""
    return _waits(now, older=True)


def _paid_by(user_id: int) -> ColumnElement[bool]:
    """Reservations that cost something and that somebody booked or pays: others say what came of them."""
    quoted = exists().where(
        ReservationQuote.reservation_id == Reservation.id,
        ReservationQuote.starts_at == Reservation.starts_at,
        ReservationQuote.ends_at == Reservation.ends_at,
    )
    return and_(own_reservations(user_id), quoted)


def _waits(now: datetime, *, older: bool = False) -> ColumnElement[bool]:
    """Over, and not confirmed."""
    is_over = and_(Reservation.state == ReservationState.CONFIRMED, Reservation.ends_at <= now)
    return and_(is_over, from_before() if older else ~from_before())
