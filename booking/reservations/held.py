"""A reservation about to change: its lane groups and its row locked in order, read again, and looked at by right."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.errors import Forbidden, NotFound, StaleVersion
from booking.core.period import Period
from booking.reservations import claims
from booking.reservations.changes import period_of
from booking.reservations.queries import Sight, in_full, may_see, sight_of
from booking.reservations.refusals import AlreadyOver, NotChangeable, ReasonNeeded
from models.reservations import Reservation
from models.vocabulary.reservations import STANDING


@dataclass(frozen=True, slots=True)
class Held:
    """A locked reservation and what the actor is to it."""

    reservation: Reservation
    sight: Sight

    @property
    def period(self) -> Period:
        """The time it has."""
        return period_of(self.reservation)

    @property
    def by_steward(self) -> bool:
        """Whether the actor changes somebody else's reservation."""
        return self.sight.decides and not self.sight.is_holder


def hold(session: Session, reservation_id: int, *, actor: Actor, version: int | None = None) -> Held:
    """The reservation under lock; raises NotFound, Forbidden to those who may only look, or StaleVersion."""
    reservation = locked(session, reservation_id)
    sight = sight_of(reservation, actor)
    if not may_see(sight):
        raise NotFound
    if not (sight.is_holder or sight.decides):
        raise Forbidden
    if version is not None and version != reservation.version:
        raise StaleVersion
    return Held(reservation, sight)


def hold_changeable(
    session: Session, reservation_id: int, *, reason: str, actor: Actor, version: int | None = None, now: datetime
) -> Held:
    """The same for a reservation that still has time to come; a steward needs a reason for somebody else's."""
    held = hold(session, reservation_id, actor=actor, version=version)
    if held.reservation.state not in STANDING:
        raise NotChangeable
    if held.period.end <= now:
        raise AlreadyOver
    if held.by_steward and not reason:
        raise ReasonNeeded
    return held


def locked(session: Session, reservation_id: int) -> Reservation:
    """Lock the groups it needs or holds, then its row, and read it again; raises NotFound."""
    instrument_id = session.scalar(select(Reservation.instrument_id).where(Reservation.id == reservation_id))
    if instrument_id is None:
        raise NotFound
    claims.lock_groups(session, instrument_id, reservation_id)
    found = session.scalar(
        in_full()
        .where(Reservation.id == reservation_id)
        .with_for_update(key_share=True, of=Reservation)
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def read_again(session: Session, reservation_id: int) -> Reservation:
    """The reservation as the database has it now, with everything that is shown."""
    session.flush()
    wanted = in_full().where(Reservation.id == reservation_id).execution_options(populate_existing=True)
    return session.scalars(wanted).one()
