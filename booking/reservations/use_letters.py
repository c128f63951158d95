"""Which mails remind of uses that nobody confirmed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.database.bulk import among
from booking.notifications.letters import Letter, News
from booking.reservations.use_people import UsePeople, payers_of
from models.accounts import User
from models.base import Base
from models.reservations import Reservation
from models.vocabulary.reservations import ReservationState

MOST_LISTED = 50
_reservations = Base.metadata.tables["reservations"]


def on_uses_unconfirmed(news: News) -> list[Letter]:
    """One letter to each person who is next, with every use that still waits for them."""
    told: dict[int, tuple[User, list[dict[str, Any]]]] = {}
    people = UsePeople(news.session, news.now)
    for part in news.payload["levels"]:
        level: int = part["level"]
        waiting = _waiting(news.session, part["reservation_ids"])
        payers = payers_of(news.session, [use.id for use in waiting])
        for use in waiting:
            for person in people.next_for(use.instrument, level, payers.get(use.id, frozenset())):
                told.setdefault(person.id, (person, []))[1].append(_said(use, level))
    return [_letter(news, person, waiting) for person, waiting in told.values()]


def _letter(news: News, person: User, waiting: list[dict[str, Any]]) -> Letter:
    """The letter to one person: the first of the uses, and how many there are."""
    values = {
        "is_escalated": any(one["level"] > 1 for one in waiting),
        "count": len(waiting),
        "waiting": waiting[:MOST_LISTED],
        "link": news.link("uses"),
    }
    return Letter(person.email, person.language, "reservations/uses_unconfirmed", values)


def _said(use: Reservation, level: int) -> dict[str, Any]:
    """One use in a letter."""
    return {
        "level": level,
        "holder": use.booked_by.name,
        "instrument_zh": use.instrument.name_zh,
        "instrument_en": use.instrument.name_en,
        "starts_at": use.starts_at,
        "ends_at": use.ends_at,
    }


def _waiting(session: Session, reservation_ids: Sequence[int]) -> Sequence[Reservation]:
    """Which of these still wait, the oldest first."""
    is_asked = among(session, _reservations.c.id, reservation_ids)
    rows = select(Reservation).where(is_asked, Reservation.state == ReservationState.CONFIRMED)
    ordered = rows.order_by(Reservation.ends_at, Reservation.id)
    return session.scalars(ordered.options(joinedload(Reservation.booked_by), joinedload(Reservation.instrument))).all()
