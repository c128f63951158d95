"""Who learns that an instrument moves: everybody with a booking from that day on."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import at_local
from booking.notifications.letters import Letter
from booking.settings import Settings
from models.accounts import User
from models.catalogue import Instrument
from models.reservations import Reservation
from models.vocabulary.reservations import ReservationState

STANDING = (ReservationState.REQUESTED, ReservationState.CONFIRMED)


def on_instrument_moves(
    session: Session, payload: Mapping[str, Any], *, now: datetime, settings: Settings
) -> list[Letter]:
    """To each holder once, with the day and the new place; not to who moves it."""
    instrument = session.get(Instrument, payload["instrument_id"])
    if instrument is None:
        return []
    day = date.fromisoformat(payload["starts_on"])
    booked = select(Reservation.booked_by_id).where(
        Reservation.instrument_id == instrument.id,
        Reservation.state.in_(STANDING),
        Reservation.ends_at > max(at_local(day), now),
    )
    holders = select(User).where(User.id.in_(booked), User.id != payload["actor_id"], User.deactivated_at.is_(None))
    values = {
        "instrument_zh": instrument.name_zh,
        "instrument_en": instrument.name_en,
        "day": day,
        "street": payload["street"],
        "is_off": payload["is_off"],
        "link": f"{settings.address}/reservations",
    }
    return [
        Letter(user.email, user.language, "reservations/instrument_moves", values)
        for user in session.scalars(holders.order_by(User.id))
    ]
