"""Ending a reservation and giving its time back in the same transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.charges.making import charge_late_cancellation, late_fee
from booking.core.actors import Actor
from booking.pricing.quoting import quote_of
from booking.reservations import claims
from booking.reservations.changes import Change, period_of, record, times, touch
from booking.reservations.claims import Holder
from booking.reservations.filling import refill, settle_conflicts
from booking.reservations.held import hold_changeable
from booking.reservations.paying import set_cost
from booking.reservations.refusals import AlreadyStarted, FeeChanged
from models.reservations import Reservation
from models.vocabulary.reservations import ChangeKind, ReservationState


def cancel_reservation(
    session: Session,
    reservation_id: int,
    *,
    reason: str = "",
    version: int | None = None,
    fee_seen: int | None = None,
    actor: Actor,
    now: datetime,
) -> Reservation:
    """Cancel it: the holder before the start, a steward with a reason until the end, but not their own priced use.

    Raises FeeChanged where cancelling costs something else than the holder has seen.
    """
    held = hold_changeable(session, reservation_id, reason=reason, actor=actor, version=version, now=now)
    reservation, sight = held.reservation, held.sight
    is_begun = held.period.start <= now and sight.is_holder
    if is_begun and (not sight.decides or quote_of(session, reservation) is not None):
        raise AlreadyStarted
    cancel_held(session, reservation, reason=reason, fee_seen=fee_seen, actor=actor, now=now)
    return reservation


def cancel_held(
    session: Session,
    reservation: Reservation,
    *,
    reason: str,
    fee_seen: int | None = None,
    actor: Actor,
    now: datetime,
    by_institution: bool = False,
) -> None:
    """Cancel a locked reservation; a holder who does so too late is charged the share that its price says.

    So much stays held until its time is over. What a steward cancels, or an institution because somebody leaves, costs
    nothing.
    """
    fee = fee_of_cancelling(session, reservation, actor, now=now)
    if fee_seen is not None and fee != fee_seen:
        raise FeeChanged
    state = ReservationState.CANCELLED
    end_reservation(
        session,
        reservation,
        state,
        reason=reason,
        kept_fen=fee,
        actor=actor,
        now=now,
        by_institution=by_institution,
    )
    if fee:
        charge_late_cancellation(session, reservation, actor=actor, now=now)


def fee_of_cancelling(session: Session, reservation: Reservation, actor: Actor, *, now: datetime) -> int:
    """What it would cost the actor's reservation if they cancelled it now."""
    return late_fee(session, reservation, now=now) if reservation.booked_by_id == actor.id else 0


KINDS = {
    ReservationState.CANCELLED: ChangeKind.CANCELLED,
    ReservationState.REJECTED: ChangeKind.REJECTED,
    ReservationState.LAPSED: ChangeKind.LAPSED,
}


def end_reservation(
    session: Session,
    reservation: Reservation,
    state: ReservationState,
    *,
    reason: str,
    kept_fen: int = 0,
    actor: Actor | None,
    now: datetime,
    by_institution: bool = False,
) -> None:
    """Put a locked reservation into a state that holds neither time nor money; blocks take over its time.

    What it is charged afterwards, `kept_fen`, stays held.
    """
    freed = claims.give_up(session, claims.held_by(session, Holder(reservation.id)))
    refill(session, freed)
    reservation.state = state
    reservation.asked_starts_at = reservation.asked_ends_at = reservation.decide_by = None
    touch(reservation, now=now)
    settle_conflicts(session, reservation.id, actor_id=actor.id if actor else None, now=now)
    set_cost(session, reservation, kept_fen, now=now)
    lanes = [gap.lane_id for gap in freed]
    before = times(period_of(reservation))
    change = Change(KINDS[state], before=before, reason=reason, freed=lanes, by_institution=by_institution)
    record(session, reservation, change, actor=actor, now=now)
