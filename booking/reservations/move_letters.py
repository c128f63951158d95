"""Who learns that an instrument moves or goes to another institution: everybody with a booking from that day on."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from booking.catalogue import owner_letters
from booking.core.clock import at_local, local_date
from booking.notifications.letters import Letter, News
from booking.payers.choosing import keepings
from booking.payers.rules import ELSEWHERE, fault_of
from models.accounts import User
from models.catalogue import Instrument
from models.custody import OwnerChange
from models.reservations import Reservation
from models.vocabulary.reservations import ReservationState

STANDING = (ReservationState.REQUESTED, ReservationState.CONFIRMED)


def on_instrument_moves(news: News) -> list[Letter]:
    """To each holder once, with the day and the new place; not to who moves it."""
    instrument = news.session.get(Instrument, news.payload["instrument_id"])
    if instrument is None:
        return []
    day = date.fromisoformat(news.payload["starts_on"])
    since = max(at_local(day), news.now)
    values = {
        "instrument_zh": instrument.name_zh,
        "instrument_en": instrument.name_en,
        "day": day,
        "street": news.payload["street"],
        "is_off": news.payload["is_off"],
        "link": news.link("reservations"),
    }
    people = _holders(news, instrument.id, since)
    return [Letter(user.email, user.language, "reservations/instrument_moves", values) for user in people]


def on_owner_changed(news: News) -> list[Letter]:
    """To both institutions, each holder of a coming booking, and whose enquiry went along: whom to ask from now on."""
    change = owner_letters.change_of(news)
    if change is None or change.applied_at is None:
        return []
    people, unpaid = _holders(news, change.instrument_id, news.now), _unpaid(news, change)
    values = {**owner_letters.described(change), "link": news.link(f"instruments/{change.instrument_id}")}
    told = [
        Letter(user.email, user.language, "reservations/owner_changed", {**values, "unpaid": unpaid.get(user.id, [])})
        for user in people
    ]
    return owner_letters.to_both_sides(news, change) + told + owner_letters.to_askers(news, change)


def _unpaid(news: News, change: OwnerChange) -> dict[int, list[dict[str, Any]]]:
    """Coming bookings, by who holds them, whose payer accounts do not pay to the new owner: others are to be chosen."""
    coming = news.session.execute(
        select(Reservation.id, Reservation.booked_by_id, Reservation.payer_account_id)
        .add_columns(Reservation.starts_at, Reservation.ends_at)
        .where(
            Reservation.instrument_id == change.instrument_id,
            Reservation.state.in_(STANDING),
            Reservation.starts_at > news.now,
            Reservation.payer_account_id.is_not(None),
        )
        .order_by(Reservation.starts_at, Reservation.id)
    ).all()
    known = keepings(news.session, {row.payer_account_id for row in coming})
    found: dict[int, list[dict[str, Any]]] = {}
    for row in coming:
        keeping, day = known[row.payer_account_id], local_date(row.starts_at)
        if fault_of(keeping, change.to_organisation_id, change.receiver.adcode, day) in ELSEWHERE:
            link = news.link(f"reservations/{row.id}/payer")
            told = {"starts_at": row.starts_at, "ends_at": row.ends_at, "link": link}
            found.setdefault(row.booked_by_id, []).append(told)
    return found


def _holders(news: News, instrument_id: int, since: datetime) -> Sequence[User]:
    """Who has booked time that ends after a moment, without whoever caused the event."""
    booked = select(Reservation.booked_by_id).where(
        Reservation.instrument_id == instrument_id,
        Reservation.state.in_(STANDING),
        Reservation.ends_at > since,
    )
    active = User.id.in_(booked), User.deactivated_at.is_(None)
    others = [User.id != news.payload["actor_id"]] if news.payload["actor_id"] else []
    return news.session.scalars(select(User).where(*active, *others).order_by(User.id)).all()
