"""Ending a reservation and giving its time back in the same transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.charges.making import charge_late_cancellation, is_late_and_unpriced, late_fee, may_cost
from booking.charges.own import lets_off_own
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.reservations import claims
from booking.reservations.changes import Change, period_of, record, times, touch
from booking.reservations.claims import Holder
from booking.reservations.filling import refill, settle_conflicts
from booking.reservations.held import hold_changeable
from booking.reservations.holding import keep_fee
from booking.reservations.queries import Sight
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
    """Cancel it: the holder before the start, a steward with a reason until the end, but not a use that they pay.

    Raises FeeChanged where cancelling costs something else than the holder has seen.
    """
    held = hold_changeable(session, reservation_id, reason=reason, actor=actor, version=version, now=now)
    reservation = held.reservation
    if not may_still_cancel(session, reservation, held.sight, actor, now=now):
        raise AlreadyStarted
    cancel_held(session, reservation, reason=reason, fee_seen=fee_seen, actor=actor, now=now)
    return reservation


def may_still_cancel(session: Session, reservation: Reservation, sight: Sight, actor: Actor, *, now: datetime) -> bool:
    """Whether it has not begun, or a steward takes it back: never a use that costs something and that they pay."""
    if reservation.starts_at > now:
        return True
    return sight.decides and not (_is_theirs(session, reservation, actor, now) and may_cost(session, reservation))


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

    So much stays held until its time is over. Who answers for the account that pays is charged as the holder is, and so
    is an institution that does. What another steward cancels, or another institution because somebody leaves, costs
    nothing.
    """
    fee = fee_of_cancelling(session, reservation, actor, now=now)
    is_unpriced = not fee and costs_unknown(session, reservation, actor, now=now)
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
    if fee or is_unpriced:
        charge_late_cancellation(session, reservation, actor=actor, now=now)


def fee_of_cancelling(session: Session, reservation: Reservation, actor: Actor, *, now: datetime) -> int:
    """What it would cost if the actor cancelled it now, who booked it or answers for what pays it."""
    return late_fee(session, reservation, now=now) if _is_theirs(session, reservation, actor, now) else 0


def costs_unknown(session: Session, reservation: Reservation, actor: Actor, *, now: datetime) -> bool:
    """Whether that would cost something which no price names: whoever looks after the charges says how much."""
    return _is_theirs(session, reservation, actor, now) and is_late_and_unpriced(session, reservation, now=now)


def _is_theirs(session: Session, reservation: Reservation, actor: Actor, now: datetime) -> bool:
    """Whether what it costs is the actor's own affair."""
    return lets_off_own(session, reservation, actor, today=local_date(now))


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
    cause: str = "",
    kept_fen: int = 0,
    actor: Actor | None,
    now: datetime,
    by_institution: bool = False,
) -> None:
    """Put a locked reservation into a state that holds neither time nor money; blocks take over its time.

    What it is charged afterwards, `kept_fen`, stays held in its account, as far as that held it; vouchers hold nothing
    for a fee. A `cause` is what history and letters word themselves.
    """
    freed = claims.give_up(session, claims.held_by(session, Holder(reservation.id)))
    refill(session, freed)
    reservation.state = state
    reservation.asked_starts_at = reservation.asked_ends_at = reservation.decide_by = None
    touch(reservation, now=now)
    settle_conflicts(session, reservation.id, actor_id=actor.id if actor else None, now=now)
    keep_fee(session, reservation, kept_fen, now=now)
    lanes = [gap.lane_id for gap in freed]
    before = times(period_of(reservation))
    after = {"cause": cause} if cause else None
    change = Change(KINDS[state], before=before, after=after, reason=reason, freed=lanes, by_institution=by_institution)
    record(session, reservation, change, actor=actor, now=now)
