"""Who learns that an instrument moves: everybody with a booking from that day on."""

from datetime import date

from sqlalchemy import select

from booking.core.clock import at_local
from booking.notifications.letters import Letter, News
from models.accounts import User
from models.catalogue import Instrument
from models.reservations import Reservation
from models.vocabulary.reservations import ReservationState

STANDING = (ReservationState.REQUESTED, ReservationState.CONFIRMED)


def on_instrument_moves(news: News) -> list[Letter]:
    """To each holder once, with the day and the new place; not to who moves it."""
    instrument = news.session.get(Instrument, news.payload["instrument_id"])
    if instrument is None:
        return []
    day = date.fromisoformat(news.payload["starts_on"])
    booked = select(Reservation.booked_by_id).where(
        Reservation.instrument_id == instrument.id,
        Reservation.state.in_(STANDING),
        Reservation.ends_at > max(at_local(day), news.now),
    )
    holders = select(User).where(
        User.id.in_(booked), User.id != news.payload["actor_id"], User.deactivated_at.is_(None)
    )
    values = {
        "instrument_zh": instrument.name_zh,
        "instrument_en": instrument.name_en,
        "day": day,
        "street": news.payload["street"],
        "is_off": news.payload["is_off"],
        "link": news.link("reservations"),
    }
    return [
        Letter(user.email, user.language, "reservations/instrument_moves", values)
        for user in news.session.scalars(holders.order_by(User.id))
    ]
