"""What vouchers pay of charges, added up again: lines and captures agree, and each capture had its hold."""

from collections.abc import Iterator

from sqlalchemy import BigInteger, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from models.charges import Charge, ChargeLine
from models.programmes import ProgrammeVersion
from models.vocabulary.charges import ChargeKind, ChargeState
from models.vocabulary.pricing import LineKind
from models.vocabulary.programmes import RedeemedBy
from models.vocabulary.vouchers import CaptureKind
from models.vouchers import Voucher, VoucherCapture, VoucherHold

SAME_USE = or_(
    VoucherHold.reservation_id == Charge.reservation_id, VoucherHold.sample_order_id == Charge.sample_order_id
)
FEES = (ChargeKind.LATE_CANCELLATION, ChargeKind.NO_SHOW)


def faults(session: Session) -> Iterator[str]:
    """One line for each thing that is off; none when all is well."""
    yield from _wrong_lines(session)
    yield from _wrong_captures(session)
    yield from _without_hold(session)
    yield from _of_fees(session)
    yield from _still_held(session)


def _wrong_lines(session: Session) -> Iterator[str]:
    """A charge from which vouchers took something else than its lines say."""
    total = cast(func.sum(ChargeLine.amount_fen), BigInteger).label("total")
    of_vouchers = select(ChargeLine.charge_id, total).where(ChargeLine.kind == LineKind.VOUCHER)
    sums = of_vouchers.group_by(ChargeLine.charge_id).subquery()
    off = -func.coalesce(sums.c.total, 0)
    rows = select(Charge.id, Charge.voucher_fen, off).outerjoin(sums, sums.c.charge_id == Charge.id)
    for charge_id, told, found in session.execute(rows.where(Charge.voucher_fen != off).order_by(Charge.id)):
        yield f"charge {charge_id} says that vouchers took off {told} fen, its lines {found}"


def _wrong_captures(session: Session) -> Iterator[str]:
    """A charge from which vouchers that its provider redeems took something else than they have captured."""
    total = cast(func.sum(VoucherCapture.amount_fen), BigInteger).label("total")
    captured = (
        select(VoucherCapture.charge_id, total)
        .join(Voucher, Voucher.id == VoucherCapture.voucher_id)
        .join(ProgrammeVersion, ProgrammeVersion.id == Voucher.programme_version_id)
        .where(ProgrammeVersion.redeemed_by == RedeemedBy.PROVIDER, VoucherCapture.kind == CaptureKind.USE)
    )
    sums = captured.group_by(VoucherCapture.charge_id).subquery()
    paid = func.coalesce(sums.c.total, 0)
    rows = select(Charge.id, Charge.voucher_fen, paid).outerjoin(sums, sums.c.charge_id == Charge.id)
    for charge_id, told, found in session.execute(rows.where(Charge.voucher_fen != paid).order_by(Charge.id)):
        yield f"charge {charge_id} says that vouchers took off {told} fen, they captured {found}"


def _without_hold(session: Session) -> Iterator[str]:
    """A capture of a voucher that never held anything for the use, or of a charge that says vouchers have no part."""
    held = exists().where(VoucherHold.voucher_id == VoucherCapture.voucher_id, SAME_USE)
    rows = (
        select(VoucherCapture.id, Charge.id)
        .join(Charge, Charge.id == VoucherCapture.charge_id)
        .where(or_(~held.correlate(VoucherCapture, Charge), ~Charge.uses_vouchers))
    )
    for capture_id, charge_id in session.execute(rows.order_by(VoucherCapture.id)):
        yield f"voucher capture {capture_id} of charge {charge_id} has no hold"


def _of_fees(session: Session) -> Iterator[str]:
    """A voucher that pays something of a fee for coming late or not at all."""
    rows = (
        select(VoucherCapture.id, Charge.id)
        .join(Charge, Charge.id == VoucherCapture.charge_id)
        .where(Charge.kind.in_(FEES))
    )
    for capture_id, charge_id in session.execute(rows.order_by(VoucherCapture.id)):
        yield f"voucher capture {capture_id} pays a fee, charge {charge_id}"


def _still_held(session: Session) -> Iterator[str]:
    """Something that a voucher holds for a use whose charge is made."""
    later = select(func.max(VoucherHold.id)).where(SAME_USE).correlate(Charge).group_by(VoucherHold.voucher_id)
    rows = select(Charge.id).where(
        Charge.uses_vouchers,
        Charge.state != ChargeState.ESTIMATED,
        exists().where(and_(VoucherHold.id.in_(later), VoucherHold.amount_fen > 0)),
    )
    for charge_id in session.scalars(rows.order_by(Charge.id)):
        yield f"charge {charge_id} is made and vouchers still hold something for it"
