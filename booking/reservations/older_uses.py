"""What ended before uses were confirmed here: let off in bulk, so that nothing stays held for it."""

from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from booking.accounts import audit
from booking.accounts.permissions import Permission, reach
from booking.charges.paying import release
from booking.core.actors import Actor
from booking.payers.holds import for_reservation, standing_of
from booking.reservations.changes import Change, asked_period, period_of, record, times, touch
from booking.reservations.moving import end_pending
from booking.reservations.queries import in_reach
from booking.reservations.refusals import NotOlder
from booking.reservations.uses import is_older, waits_from_before
from booking.reservations.using import hold_over
from models.payers import PayerHold
from models.reservations import Reservation, ReservationUse
from models.vocabulary.reservations import ChangeKind, ReservationState, UseOutcome


def let_off_use(session: Session, reservation_id: int, *, actor: Actor, now: datetime) -> Reservation:
    """Take a use from before as it was booked and charge nothing for it; what is held for it goes back.

    For who may confirm it, and only for what ended before uses were confirmed here. Raises NotOlder, and what
    confirming raises.
    """
    reservation = hold_over(session, reservation_id, None, actor=actor, now=now).reservation
    if not is_older(session, reservation_id):
        raise NotOlder
    if asked_period(reservation):
        end_pending(session, reservation, ChangeKind.MOVE_LAPSED, reason="", actor=None, now=now)
    holding, booked = standing_of(session, for_reservation(reservation_id)), period_of(reservation)
    session.add(
        ReservationUse(
            reservation_id=reservation_id,
            outcome=UseOutcome.USED,
            starts_at=booked.start,
            ends_at=booked.end,
            sample_count=reservation.sample_count,
            pieces={},
            note="",
            confirmed_by_id=actor.id,
            created_at=now,
        )
    )
    reservation.state, reservation.decide_by = ReservationState.COMPLETED, None
    touch(reservation, now=now)
    release(session, reservation, now=now)
    after = {"released_fen": holding.amount_fen if holding else 0}
    audit.note(session, "reservations.use_let_off", ("reservation", reservation_id), actor=actor, now=now, after=after)
    record(session, reservation, Change(ChangeKind.COMPLETED, after=times(booked)), actor=actor, now=now)
    return reservation


def held_for_older(session: Session, actor: Actor, *, now: datetime) -> int:
    """How much payer accounts still hold for uses from before, on instruments whose bookings the actor decides."""
    later = aliased(PayerHold)
    is_last = ~exists().where(later.reservation_id == PayerHold.reservation_id, later.id > PayerHold.id)
    held = (
        select(func.coalesce(func.sum(PayerHold.amount_fen), 0))
        .join(Reservation, Reservation.id == PayerHold.reservation_id)
        .join(Reservation.instrument)
        .where(in_reach(reach(actor, Permission.DECIDE_BOOKINGS)), waits_from_before(now), is_last)
    )
    return int(session.scalar(held) or 0)
