"""Bookings whose vouchers cannot be used any more: who booked left the firm, or the instrument has another owner."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, case, exists, or_, select
from sqlalchemy.orm import Session, aliased

from booking.core.clock import local_date
from booking.payers.holds import for_reservation
from booking.reservations.changes import Change, asked_period, period_of, record, touch
from booking.reservations.covered import due_of
from booking.reservations.firms import acts_for
from booking.reservations.held import locked
from booking.reservations.holding import settle_due
from booking.vouchers.holding import held_of
from models.custody import OwnerChange
from models.reservations import Reservation
from models.vocabulary.custody import OwnerChangeState
from models.vocabulary.reservations import STANDING, ChangeKind
from models.vouchers import VoucherHold, VoucherWish

MOST_AT_ONCE = 200


def due_to_let_go(session: Session, *, now: datetime) -> Sequence[int]:
    """The bookings to come that vouchers hold something for, and whose holder or owner is another than then.

    Those whose holder left first: of them all is let go, while those with another owner may go on as they are, and are
    found again. The soonest first.
    """
    said, later, newer = VoucherWish, aliased(VoucherWish), aliased(VoucherHold)
    is_last = ~exists().where(later.reservation_id == said.reservation_id, later.id > said.id)
    counts = ~exists().where(
        newer.reservation_id == VoucherHold.reservation_id,
        newer.voucher_id == VoucherHold.voucher_id,
        newer.id > VoucherHold.id,
    )
    changed = (
        OwnerChange.instrument_id == Reservation.instrument_id,
        OwnerChange.state == OwnerChangeState.APPLIED,
        OwnerChange.applied_at > VoucherHold.created_at,
    )
    has_moved = exists().where(*changed).correlate(Reservation, VoucherHold)
    holding = exists().where(VoucherHold.reservation_id == Reservation.id, VoucherHold.amount_fen > 0, counts)
    moved = exists().where(VoucherHold.reservation_id == Reservation.id, VoucherHold.amount_fen > 0, counts, has_moved)
    left = ~acts_for(Reservation.booked_by_id, said.organisation_id, local_date(now))
    due = (
        select(Reservation.id)
        .join(said, and_(said.reservation_id == Reservation.id, is_last))
        .where(Reservation.uses_vouchers, Reservation.state.in_(STANDING), Reservation.starts_at > now)
        .where(holding, or_(left, moved))
    )
    in_order = due.order_by(case((left, 0), else_=1), Reservation.starts_at, Reservation.id)
    return session.scalars(in_order.limit(MOST_AT_ONCE)).all()


def let_go_of_lost(session: Session, reservation_id: int, /, *, now: datetime) -> bool:
    """Let vouchers hold what they still cover of a booking; whether that changed. Who booked is told."""
    reservation = locked(session, reservation_id)
    if reservation.state not in STANDING or reservation.starts_at <= now:
        return False
    before = held_of(session, for_reservation(reservation_id))
    times = [period_of(reservation), *filter(None, [asked_period(reservation)])]
    settle_due(session, reservation, due_of(session, reservation, times, now=now), now=now)
    if held_of(session, for_reservation(reservation_id)) == before:
        return False
    touch(reservation, now=now)
    record(session, reservation, Change(ChangeKind.EDITED, after={"voucher_let_go": True}), actor=None, now=now)
    return True
