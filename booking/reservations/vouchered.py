"""What vouchers hold for a reservation, and which were chosen, as far as whoever looks may know of it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from booking.payers.holds import Purpose, for_reservation
from booking.reservations.queries import Sight
from booking.vouchers.plans import Wish
from booking.vouchers.wishing import wish_of
from models.reservations import Reservation
from models.vocabulary.programmes import CountsOn, Limit, RedeemedBy, ServiceType
from models.vouchers import Voucher, VoucherCap, VoucherHold, VoucherWish


@dataclass(frozen=True, slots=True)
class HeldPart:
    """What one voucher holds, by which limits, and whether the firm claims it back later.

    `invoice_by` is the last day of which the invoice may be, where that is what counts (None: the service does).
    `share` is the highest of the fee for the type of service, in basis points; `credit_fen` and `cap_fen` are what is
    left now of the voucher and of the firm's cap of the year.
    """

    voucher_id: int
    number: str
    amount_fen: int
    limits: tuple[Limit, ...]
    redeems_later: bool
    invoice_by: date | None = None
    use_by: date | None = None
    service_type: ServiceType = ServiceType.INSTRUMENT_SHARING
    share: int = 0
    credit_fen: int = 0
    cap_fen: int = 0


@dataclass(frozen=True, slots=True)
class Vouchered:
    """What all of them hold; each of them, and the choice, is told to who booked it."""

    held_fen: int
    expected_fen: int
    wish: Wish | None = None
    parts: tuple[HeldPart, ...] = ()


def vouchered(session: Session, reservation: Reservation, sight: Sight) -> Vouchered | None:
    """What vouchers hold, for its holder and who sees who booked; None for others and where none ever did."""
    if not reservation.uses_vouchers or not (sight.is_holder or sight.sees_names):
        return None
    parts = held_parts(session, for_reservation(reservation.id))
    held_fen = sum(one.amount_fen for one in parts)
    expected_fen = sum(one.amount_fen for one in parts if one.redeems_later)
    if not sight.is_holder:
        return Vouchered(held_fen, expected_fen)
    return Vouchered(held_fen, expected_fen, wish_of(session, for_reservation(reservation.id)), parts)


def held_parts(session: Session, purpose: Purpose) -> tuple[HeldPart, ...]:
    """What each voucher holds for a reservation or an order, above zero, the one that ends first first."""
    of_it, wished = _of(VoucherHold, purpose), select(VoucherWish.service_type).where(_of(VoucherWish, purpose))
    newest = select(func.max(VoucherHold.id)).where(of_it).group_by(VoucherHold.voucher_id)
    voucher = contains_eager(VoucherHold.voucher)
    rows = (
        select(VoucherHold, wished.order_by(VoucherWish.id.desc()).limit(1).scalar_subquery())
        .join(VoucherHold.voucher)
        .where(VoucherHold.id.in_(newest), VoucherHold.amount_fen > 0)
        .order_by(Voucher.use_by, Voucher.id)
        .options(
            voucher.joinedload(Voucher.programme_version, innerjoin=True),
            voucher.joinedload(Voucher.credit, innerjoin=True),
            joinedload(VoucherHold.cap, innerjoin=True).joinedload(VoucherCap.left, innerjoin=True),
        )
    )
    kind = ServiceType.INSTRUMENT_SHARING
    return tuple(_part(held, service_type or kind) for held, service_type in session.execute(rows))


def _of(table: type[VoucherHold | VoucherWish], purpose: Purpose) -> ColumnElement[bool]:
    """The rows about a reservation or an order."""
    if purpose.reservation_id is not None:
        return table.reservation_id == purpose.reservation_id
    return table.sample_order_id == purpose.sample_order_id


def _part(held: VoucherHold, service_type: ServiceType) -> HeldPart:
    """One of them."""
    voucher, version = held.voucher, held.voucher.programme_version
    return HeldPart(
        voucher_id=voucher.id,
        number=voucher.number,
        amount_fen=held.amount_fen,
        limits=tuple(Limit(one) for one in held.decided_by),
        redeems_later=version.redeemed_by == RedeemedBy.ENTERPRISE,
        invoice_by=voucher.use_by if version.counts_on == CountsOn.INVOICE else None,
        use_by=voucher.use_by,
        service_type=service_type,
        share=version.shares.get(service_type, 0),
        credit_fen=voucher.credit.balance_fen,
        cap_fen=held.cap.left.balance_fen,
    )
