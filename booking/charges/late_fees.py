"""What cancelling costs now, for many reservations at once."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges.own import own_among
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.pricing.quoting import quotes_told
from models.reservations import BlockConflict, Reservation
from models.vocabulary.reservations import ConflictState, ReservationState


def fees_of_cancelling(
    session: Session, reservations: Collection[Reservation], actor: Actor, *, now: datetime
) -> dict[int, int]:
    """What each of them costs if the actor cancels it now, by its id, as far as it costs something that was quoted.

    Their instruments must be loaded; a constant number of statements.
    """
    firm = [one for one in reservations if one.state == ReservationState.CONFIRMED and one.starts_at > now]
    owed = own_among(session, firm, actor, today=local_date(now))
    quotes = quotes_told(session, [one for one in firm if one.id in owed])
    fees = {key: found.late_fen for key, found in quotes.items() if found.late_fen and now > found.free_until}
    if not fees:
        return {}
    closed = select(BlockConflict.reservation_id).where(BlockConflict.state == ConflictState.OPEN)
    let_off = set(session.scalars(closed.where(BlockConflict.reservation_id.in_(fees))))
    return {key: fen for key, fen in fees.items() if key not in let_off}
