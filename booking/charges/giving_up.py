"""What of a booking may no longer be given up for nothing: its time and samples, once cancelling it costs something."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.charges.making import is_late, price_of
from booking.charges.own import is_own
from booking.charges.rules import Owed
from booking.core.actors import Actor
from booking.pricing.quoting import Quoted
from models.reservations import Reservation
from models.vocabulary.pricing import BilledOn


def owed_as_booked(session: Session, reservation: Reservation, actor: Actor, *, now: datetime) -> Owed | None:
    """Whether whoever pays a booking may make less of it no more, for they would pay less than cancelling costs.

    None as long as cancelling is free, for what costs the same however little is booked, and for everybody else:
    what a steward takes from another's booking costs nothing.
    """
    price = price_of(session, reservation)
    if price is None or price.quote is None or not price.quote.total_fen:
        return None
    if not is_late(session, reservation, price, now=now) or not is_own(session, reservation, actor):
        return None
    if now < reservation.starts_at:
        return Owed(price.late_fen) if price.late_fen else None
    return Owed(None) if _counts_as_booked(price) else None


def _counts_as_booked(price: Quoted) -> bool:
    """Whether a use that runs would cost less were less of it booked."""
    return bool(price.policy.no_show_share) or price.terms.billed_on != BilledOn.ACTUAL
