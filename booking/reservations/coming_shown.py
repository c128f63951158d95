"""Somebody's bookings still to come as the API answers them; those at other institutions without what they are for."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from booking.charges.late_fees import fees_of_cancelling
from booking.core.actors import Actor
from booking.reservations import answers
from booking.reservations.answer_shapes import ReservationAnswer
from booking.reservations.coming import Coming
from booking.reservations.queries import sight_of
from models.reservations import Reservation

WHAT_FOR: dict[str, Any] = {
    "purpose": "",
    "direction": None,
    "project_name": "",
    "project_number": "",
    "sample_count": None,
    "operator": None,
    "participants": [],
}


class ComingBookingAnswer(ReservationAnswer):
    """A booking still to come; at another institution than the one that asks it tells who, where and when alone.

    `cancelling_fen` is what the caller would be charged for cancelling it now, as far as a quote says so.
    """

    instrument: str
    organisation_id: int
    cancelling_fen: int


def coming_shown(
    session: Session, coming: Coming, organisation_id: int | None, actor: Actor, *, now: datetime
) -> dict[str, Any]:
    """One page of bookings, how many there are in all, and where the next ones start."""
    fees = fees_of_cancelling(session, coming.bookings, actor, now=now)
    return {
        "reservations": [_booking(one, organisation_id, actor, fees.get(one.id, 0)) for one in coming.bookings],
        "reservations_count": coming.count,
        "next_cursor": coming.page.next_cursor,
    }


def _booking(row: Reservation, organisation_id: int | None, actor: Actor, fee_fen: int) -> dict[str, Any]:
    """A booking as its answer; its instrument, holder and people must be loaded."""
    place = row.instrument
    shown = answers.loaded_reservation(row, sight_of(row, actor))
    hidden = WHAT_FOR if organisation_id not in {None, place.organisation_id} else {}
    named = {"instrument": place.name_zh or place.name_en, "organisation_id": place.organisation_id}
    return {**shown, **hidden, **named, "cancelling_fen": fee_fen}
