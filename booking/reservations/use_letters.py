"""Which mails remind of uses that nobody confirmed."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.catalogue.stewards import named_stewards
from booking.core.clock import local_date
from booking.directory.queries import stewards_of_unit
from booking.notifications.letters import Letter, News
from booking.reservations.deciders import deciders_of
from models.accounts import Grant, User
from models.catalogue import Instrument
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.custody import StewardRank
from models.vocabulary.reservations import ReservationState

MOST_LISTED = 50


def on_uses_unconfirmed(news: News) -> list[Letter]:
    """One letter to each person who is next, with every use that still waits for them."""
    told: dict[int, tuple[User, list[dict[str, Any]]]] = {}
    for part in news.payload["levels"]:
        level: int = part["level"]
        known: dict[int, Sequence[User]] = {}
        for use in _waiting(news.session, part["reservation_ids"]):
            if use.instrument_id not in known:
                known[use.instrument_id] = people_at(news.session, use.instrument, level, news)
            for person in known[use.instrument_id]:
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


def people_at(session: Session, instrument: Instrument, level: int, news: News) -> Sequence[User]:
    """Whom a level tells: the primary steward; the deputy and the unit's stewards; the administrators.

    Where a level has nobody, those who decide about bookings there.
    """
    today = local_date(news.now)
    named = named_stewards(session, instrument, today=today)
    if level == 1:
        found = [named[StewardRank.PRIMARY]] if StewardRank.PRIMARY in named else []
    elif level == 2:
        deputy = [named[StewardRank.DEPUTY]] if StewardRank.DEPUTY in named else []
        of_unit = stewards_of_unit(session, instrument.unit_id, today) if instrument.unit_id is not None else []
        found = list({one.id: one for one in (*deputy, *of_unit)}.values()) or _admins(session, instrument, today)
    else:
        found = _admins(session, instrument, today)
    return found or deciders_of(session, instrument, now=news.now).people


def _admins(session: Session, instrument: Instrument, today: date) -> list[User]:
    """The administrators of the institution, in order of id."""
    held = and_(
        Grant.role == Role.INSTITUTION_ADMIN,
        Grant.scope_kind == ScopeKind.ORGANISATION,
        Grant.scope_id == instrument.organisation_id,
        Grant.starts_on <= today,
        or_(Grant.ends_on.is_(None), Grant.ends_on >= today),
    )
    rows = select(User).where(User.id.in_(select(Grant.user_id).where(held)), User.deactivated_at.is_(None))
    return list(session.scalars(rows.order_by(User.id)))


def _waiting(session: Session, reservation_ids: Sequence[int]) -> Sequence[Reservation]:
    """Which of these still wait, the oldest first."""
    rows = select(Reservation).where(
        Reservation.id.in_(reservation_ids), Reservation.state == ReservationState.CONFIRMED
    )
    ordered = rows.order_by(Reservation.ends_at, Reservation.id)
    return session.scalars(ordered.options(joinedload(Reservation.booked_by), joinedload(Reservation.instrument))).all()
