"""Deciding about requests and pending changes: confirmed, rejected, or lapsed when nobody decides."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.queries import actor_of
from booking.core.actors import Actor
from booking.core.errors import Forbidden
from booking.core.period import Period
from booking.pricing.quoting import quote_again
from booking.reservations.agreeing import agree_again
from booking.reservations.cancelling import end_reservation
from booking.reservations.changes import Change, asked_period, period_of, record, times, touch
from booking.reservations.held import Held, hold, locked
from booking.reservations.holding import settle
from booking.reservations.keeping import keep_on_closed_days
from booking.reservations.moving import end_pending, keep_only
from booking.reservations.reasons import CHECKED_AGAIN, Code, overridable
from booking.reservations.refusals import NothingToDecide, ReasonNeeded, ReservationRefused
from booking.reservations.rules import Standing, Wanted, refusals
from booking.reservations.situations import find_place, note_override, standing_of
from booking.reservations.terms import Place
from models.reservations import Reservation
from models.vocabulary.catalogue import ShareMode
from models.vocabulary.reservations import ChangeKind, ReservationState

MOST_AT_ONCE = 200


def confirm_reservation(
    session: Session,
    reservation_id: int,
    *,
    version: int | None = None,
    override_reason: str = "",
    actor: Actor,
    now: datetime,
) -> Reservation:
    """Say yes to a request or to a pending change; the lasting rules are asked once more."""
    reservation = _hold_undecided(session, reservation_id, version=version, actor=actor, now=now).reservation
    asked, earlier = asked_period(reservation), period_of(reservation)
    _check_again(session, reservation, asked or earlier, override_reason, actor=actor, now=now)
    if asked:
        quote_again(session, reservation, asked, now=now)
        settle(session, reservation, asked, now=now)
        freed = keep_only(session, reservation, asked, actor=actor, now=now)
        agree_again(session, reservation, actor=actor, now=now)
        before, after = times(earlier), times(asked)
        change = Change(ChangeKind.MOVED, before=before, after=after, reason=override_reason, freed=freed)
    else:
        reservation.state, reservation.decide_by = ReservationState.CONFIRMED, None
        touch(reservation, now=now)
        change = Change(ChangeKind.CONFIRMED, after=times(earlier), reason=override_reason)
    record(session, reservation, change, actor=actor, now=now)
    return reservation


def reject_reservation(
    session: Session, reservation_id: int, *, reason: str, version: int | None = None, actor: Actor, now: datetime
) -> Reservation:
    """Say no, with a reason: a request ends, a pending change leaves the reservation at its old time."""
    reservation = _hold_undecided(session, reservation_id, version=version, actor=actor, now=now).reservation
    if not reason:
        raise ReasonNeeded
    if asked_period(reservation):
        return end_pending(session, reservation, ChangeKind.MOVE_REJECTED, reason=reason, actor=actor, now=now)
    end_reservation(session, reservation, ReservationState.REJECTED, reason=reason, actor=actor, now=now)
    return reservation


def due_to_lapse(session: Session, *, now: datetime) -> Sequence[int]:
    """The ids of what nobody decided in time, the longest due first."""
    due = select(Reservation.id).where(Reservation.decide_by.is_not(None), Reservation.decide_by <= now)
    return session.scalars(due.order_by(Reservation.decide_by, Reservation.id).limit(MOST_AT_ONCE)).all()


def lapse_reservation(session: Session, reservation_id: int, *, now: datetime) -> bool:
    """Let one request or pending change lapse, if it is still undecided and due."""
    reservation = locked(session, reservation_id)
    if reservation.decide_by is None or reservation.decide_by > now:
        return False
    if asked_period(reservation):
        end_pending(session, reservation, ChangeKind.MOVE_LAPSED, reason="", actor=None, now=now)
    else:
        end_reservation(session, reservation, ReservationState.LAPSED, reason="", actor=None, now=now)
    return True


def lapse_due(session: Session, *, now: datetime) -> int:
    """Let everything lapse that is due; how many. Jobs rather lapse one per transaction."""
    return sum(lapse_reservation(session, reservation_id, now=now) for reservation_id in due_to_lapse(session, now=now))


def _hold_undecided(session: Session, reservation_id: int, *, version: int | None, actor: Actor, now: datetime) -> Held:
    """The locked reservation when there is still something to decide about it, for who decides."""
    held = hold(session, reservation_id, actor=actor, version=version)
    if not held.sight.decides:
        raise Forbidden
    waits = held.reservation.decide_by
    if waits is None or waits <= now:
        raise NothingToDecide
    return held


def _check_again(
    session: Session, reservation: Reservation, period: Period, override_reason: str, *, actor: Actor, now: datetime
) -> None:
    """Whether it may still be used, the holder not suspended, the instrument in service and open; else refused."""
    place = find_place(
        session,
        reservation.instrument_id,
        period,
        actor=actor,
        user_id=reservation.booked_by_id,
        internal=True,
        now=now,
    )
    standing = _holders_standing(session, place, reservation, now=now)
    wanted = Wanted(period, reservation.mode)
    found = [r for r in refusals(wanted, place.terms, standing, now=now) if r.code in CHECKED_AGAIN]
    if found and not (override_reason and overridable(found)):
        raise ReservationRefused(found)
    if found:
        note_override(session, reservation.id, found, override_reason, actor=actor, now=now)
    if any(refusal.code == Code.CLOSED for refusal in found):
        keep_on_closed_days(session, reservation.id, reason=override_reason, actor=actor, now=now)


def _holders_standing(session: Session, place: Place, reservation: Reservation, *, now: datetime) -> Standing:
    """How the holder stands now; their roles are read only where they decide."""
    if place.is_member or place.terms.share_mode != ShareMode.INTERNAL:
        return Standing(suspended_until=place.suspended_until, suspended_for=place.suspended_for)
    return standing_of(place, actor_of(session, reservation.booked_by.email, now=now))
