"""Which mails remind of uses that nobody confirmed."""

from collections.abc import Sequence
from datetime import date

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
    """To whoever is next, one letter with every use of the instrument that still waits."""
    instrument = news.session.get(Instrument, news.payload["instrument_id"])
    waiting = _waiting(news.session, news.payload["reservation_ids"])
    if instrument is None or not waiting:
        return []
    level: int = news.payload["level"]
    values = {
        "instrument_zh": instrument.name_zh,
        "instrument_en": instrument.name_en,
        "is_escalated": level > 1,
        "count": len(waiting),
        "waiting": [
            {"holder": one.booked_by.name, "starts_at": one.starts_at, "ends_at": one.ends_at}
            for one in waiting[:MOST_LISTED]
        ],
        "link": news.link(f"uses?instrument={instrument.id}"),
    }
    people = people_at(news.session, instrument, level, news)
    return [Letter(one.email, one.language, "reservations/uses_unconfirmed", values) for one in people]


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
    return session.scalars(ordered.options(joinedload(Reservation.booked_by))).all()
