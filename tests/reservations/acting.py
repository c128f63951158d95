"""Acting in tests: services run in their own transactions, and looking sees what they committed."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import at_local
from booking.core.period import Period
from booking.reservations import queries, service
from booking.reservations.refusals import (
    ReservationRefused,
)
from booking.reservations.wishes import Wish
from booking.web.extensions import transaction
from models.catalogue import Instrument
from models.reservations import Claim, FeedRevision, Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.reservations import ChangeKind
from tests.factories.people import actor_for, give, make_user

P = ParamSpec("P")
T = TypeVar("T")

TODAY = date(2026, 11, 23)


def at(hour: float, minutes: float = 60, day: int = 1) -> Period:
    start = at_local(TODAY + timedelta(days=day)) + timedelta(hours=hour)
    return Period(start, start + timedelta(minutes=minutes))


def steward_of(session: Session, instrument: Instrument, now: datetime) -> Actor:
    user = make_user(session, f"steward{instrument.id}")
    give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    return actor_for(session, user, now=now)


def act(session: Session, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a service as a view would; what the test looks at afterwards is newer than it."""
    session.commit()
    return transaction(work, *args, **kwargs)


def book(
    session: Session, instrument: Instrument, period: Period, actor: Actor, now: datetime, **more: Any
) -> Reservation:
    return act(session, service.request_reservation, Wish(instrument.id, period, **more), actor=actor, now=now)


def count(session: Session, table: type[Any]) -> int:
    session.commit()
    return session.scalars(select(func.count()).select_from(table)).one()


def claims_of(session: Session, reservation: Reservation) -> list[Period]:
    session.commit()
    rows = session.execute(
        select(Claim.starts_at, Claim.ends_at)
        .where(Claim.reservation_id == reservation.id)
        .order_by(Claim.starts_at, Claim.lane_id)
    )
    return [Period(start, end) for start, end in rows]


def kinds(session: Session, reservation: Reservation) -> list[ChangeKind]:
    session.commit()
    return [change.kind for change in queries.history_of(session, reservation.id)]


def fresh(session: Session, reservation: Reservation) -> Reservation:
    session.commit()
    return session.get_one(Reservation, reservation.id, populate_existing=True)


def revision(session: Session, scope: str) -> int:
    session.commit()
    return session.scalar(select(FeedRevision.revision).where(FeedRevision.scope == scope)) or 0


def codes(refused: ReservationRefused) -> list[str]:
    return [str(refusal.code) for refusal in refused.refusals]
