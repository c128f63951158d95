"""Thousands of rows at once, written set by set."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from booking.catalogue import listing
from models.accounts import User
from models.catalogue import BookingPolicy, Instrument, Lane, LaneGroup
from models.reservations import Claim, Reservation
from models.vocabulary.catalogue import BookingMode, PublishingState
from models.vocabulary.reservations import ClaimKind, ReservationMode, ReservationState
from tests.factories.instruments import LONG_AGO, make_organisation

_numbers = count(1)


def list_instruments(session: Session, number: int, *, now: datetime) -> None:
    """So many published instruments of one institution, each in the listing; committed."""
    values: dict[str, Any] = {
        "organisation_id": make_organisation(session).id,
        "name_zh": "场发射扫描电子显微镜",
        "class_code": "010102",
        "booking_mode": BookingMode.HERE,
        "publishing_state": PublishingState.PUBLISHED,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
    }
    session.execute(insert(Instrument), [{**values, "model": f"JSM-{next(_numbers)}"} for _ in range(number)])
    made = session.scalars(select(Instrument.id).where(Instrument.organisation_id == values["organisation_id"])).all()
    session.execute(insert(BookingPolicy), [{"instrument_id": one} for one in made])
    listing.refresh(session, made)
    session.commit()


def add_reservations(
    session: Session, instrument: Instrument, user: User, starts: Sequence[datetime], length: timedelta
) -> None:
    """A confirmed reservation with its claim at each of these moments; committed."""
    values: dict[str, Any] = {
        "instrument_id": instrument.id,
        "booked_by_id": user.id,
        "state": ReservationState.CONFIRMED,
        "mode": ReservationMode.SELF,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
    }
    rows = [
        {**values, "uid": f"many-{next(_numbers)}@example.org", "starts_at": start, "ends_at": start + length}
        for start in starts
    ]
    session.execute(insert(Reservation), rows)
    _claim(session, instrument, starts, length)
    session.commit()


def _claim(session: Session, instrument: Instrument, starts: Iterable[datetime], length: timedelta) -> None:
    lane = session.scalars(select(Lane.id).join(LaneGroup).where(LaneGroup.own_instrument_id == instrument.id)).one()
    wanted = set(starts)
    made = session.execute(select(Reservation.id, Reservation.starts_at)).all()
    rows = [
        {
            "lane_id": lane,
            "starts_at": start,
            "ends_at": start + length,
            "kind": ClaimKind.RESERVATION,
            "reservation_id": number,
        }
        for number, start in made
        if start in wanted
    ]
    session.execute(insert(Claim), rows)
