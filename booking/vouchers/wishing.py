"""Keeping which vouchers shall pay for a reservation or an order, and what is declared about it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.payers.holds import Purpose, for_order, for_reservation
from booking.vouchers.plans import Wish
from models.base import Base
from models.vouchers import VoucherWish

SAID = ("organisation_id", "service_type", "voucher_id", "is_used", "is_statutory", "is_related", "is_funded")
_STORE = insert(Base.metadata.tables["voucher_wishes"])


def wish_of(session: Session, purpose: Purpose) -> Wish | None:
    """What was last said for a reservation or an order, one statement; None when nothing ever was."""
    return wishes_of(session, [purpose]).get(purpose)


def wishes_of(session: Session, purposes: Collection[Purpose]) -> dict[Purpose, Wish]:
    """The same for many by one statement, without those of which nothing was said."""
    reservations = [one.reservation_id for one in purposes if one.reservation_id is not None]
    orders = [one.sample_order_id for one in purposes if one.sample_order_id is not None]
    about = or_(VoucherWish.reservation_id.in_(reservations), VoucherWish.sample_order_id.in_(orders))
    newest = select(func.max(VoucherWish.id)).where(about)
    newest = newest.group_by(VoucherWish.reservation_id, VoucherWish.sample_order_id)
    rows = session.scalars(select(VoucherWish).where(VoucherWish.id.in_(newest)))
    return {_purpose(row): Wish(**{name: getattr(row, name) for name in SAID}) for row in rows}


def store_wish(
    session: Session, purpose: Purpose, wish: Wish, *, actor: Actor, now: datetime, is_new: bool = False
) -> None:
    """Say it; nothing where the same was said last, of which an `is_new` use has none.

    Who may is asked by whoever calls this.
    """
    if not is_new and wish_of(session, purpose) == wish:
        return
    said = {name: getattr(wish, name) for name in SAID}
    about = {"reservation_id": purpose.reservation_id, "sample_order_id": purpose.sample_order_id}
    session.connection().execute(_STORE, {**about, **said, "declared_by_id": actor.id, "created_at": now})


def _purpose(row: VoucherWish) -> Purpose:
    """What a row is about."""
    if row.reservation_id is not None:
        return for_reservation(row.reservation_id)
    return for_order(row.sample_order_id or 0)
