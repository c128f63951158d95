"""Adding redemptions up again: their items, what they claim of captures, what was paid, and what came back."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, cast, func, or_, select
from sqlalchemy.orm import Session

from booking.core.clock import local_date
from booking.vouchers.claims import claimed_sum
from models.ledger import LedgerEntry, LedgerTransfer
from models.redemptions import Redemption, RedemptionItem, RedemptionPayment
from models.vocabulary.redemptions import PaymentKind, RedemptionState
from models.vocabulary.vouchers import CaptureKind
from models.vouchers import Voucher, VoucherCapture


def faults(session: Session) -> Iterator[str]:
    """One line for each thing that is off; none when all is well."""
    yield from _wrong_sums(session)
    yield from _wrong_payments(session)
    yield from _claimed_beyond(session)
    yield from _paid_without(session)
    yield from _wrong_entries(session)
    yield from _wrong_lapses(session)


def _sum(column: Any) -> Any:
    """A sum of amounts, whole."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def _wrong_sums(session: Session) -> Iterator[str]:
    """A redemption that is not what its items come to."""
    of_it = RedemptionItem.redemption_id == Redemption.id
    columns = ("claimed_fen", "approved_fen", "clawed_fen")
    sums = [select(_sum(getattr(RedemptionItem, name))).where(of_it).scalar_subquery() for name in columns]
    told = [func.coalesce(getattr(Redemption, name), 0) for name in columns]
    off = or_(*(one != other for one, other in zip(told, sums, strict=True)))
    for redemption_id in session.scalars(select(Redemption.id).where(off).order_by(Redemption.id)):
        yield f"redemption {redemption_id} is not what its items come to"


def _wrong_payments(session: Session) -> Iterator[str]:
    """A redemption of which something else was paid or came back than it says."""
    for kind, told in ((PaymentKind.PAID, Redemption.approved_fen), (PaymentKind.CLAWED_BACK, Redemption.clawed_fen)):
        of_it = RedemptionPayment.redemption_id == Redemption.id, RedemptionPayment.kind == kind
        paid = select(_sum(RedemptionPayment.amount_fen)).where(*of_it).scalar_subquery()
        due = func.coalesce(told, 0)
        is_paid = Redemption.state == RedemptionState.PAID
        off = or_((is_paid & (paid != due)), (~is_paid & (paid != 0)))
        for redemption_id in session.scalars(select(Redemption.id).where(off).order_by(Redemption.id)):
            yield f"redemption {redemption_id}: {kind.value} is not what was recorded"


def _claimed_beyond(session: Session) -> Iterator[str]:
    """A charge of which more stands in redemptions than the voucher has covered."""
    same = VoucherCapture.voucher_id, VoucherCapture.charge_id
    total = _sum(VoucherCapture.amount_fen)
    claimed = claimed_sum(*same)
    rows = select(*same, total, claimed).group_by(*same).having(claimed > total)
    for voucher_id, charge_id, covered, asked in session.execute(rows.order_by(*same)):
        yield f"voucher {voucher_id} covered {covered} fen of charge {charge_id}, redemptions have {asked}"


def _paid_without(session: Session) -> Iterator[str]:
    """A voucher of which the ledger has paid something else than its redemptions."""
    net = _sum(RedemptionItem.approved_fen - RedemptionItem.clawed_fen)
    of_it = RedemptionItem.voucher_id == Voucher.id, Redemption.state == RedemptionState.PAID
    redeemed = select(net).join(Redemption, Redemption.id == RedemptionItem.redemption_id).where(*of_it)
    went_in = select(_sum(LedgerTransfer.amount_fen)).where(LedgerTransfer.to_account_id == Voucher.paid_id)
    went_out = select(_sum(LedgerTransfer.amount_fen)).where(LedgerTransfer.from_account_id == Voucher.paid_id)
    paid = went_in.scalar_subquery() - went_out.scalar_subquery()
    told = redeemed.scalar_subquery()
    rows = select(Voucher.id, paid, told).where(paid != told).order_by(Voucher.id)
    for voucher_id, posted, asked in session.execute(rows):
        yield f"voucher {voucher_id} has paid {posted} fen, its redemptions {asked}"


def _wrong_entries(session: Session) -> Iterator[str]:
    """A payment whose entry moved something else out of, or into, what vouchers have paid."""
    of_entry = LedgerTransfer.entry_id == RedemptionPayment.entry_id
    into = select(_sum(LedgerTransfer.amount_fen)).join(Voucher, Voucher.paid_id == LedgerTransfer.to_account_id)
    out = select(_sum(LedgerTransfer.amount_fen)).join(Voucher, Voucher.paid_id == LedgerTransfer.from_account_id)
    moved = into.where(of_entry).correlate(RedemptionPayment).scalar_subquery()
    back = out.where(of_entry).correlate(RedemptionPayment).scalar_subquery()
    is_paid = RedemptionPayment.kind == PaymentKind.PAID
    off = or_(
        is_paid & ((moved != RedemptionPayment.amount_fen) | (back != 0)),
        ~is_paid & ((back != RedemptionPayment.amount_fen) | (moved != 0)),
    )
    rows = (
        select(RedemptionPayment.id, LedgerEntry.key)
        .join(LedgerEntry, LedgerEntry.id == RedemptionPayment.entry_id)
        .where(off)
    )
    for payment_id, key in session.execute(rows.order_by(RedemptionPayment.id)):
        yield f"payment {payment_id} of a redemption is not what entry {key} moved"


def _wrong_lapses(session: Session) -> Iterator[str]:
    """What lapsed while it could still be claimed, or by an entry that moved something else out of the voucher."""
    out = select(_sum(LedgerTransfer.amount_fen)).where(
        LedgerTransfer.entry_id == VoucherCapture.entry_id, LedgerTransfer.from_account_id == Voucher.captured_id
    )
    moved = out.correlate(VoucherCapture, Voucher).scalar_subquery()
    rows = (
        select(VoucherCapture.id, VoucherCapture.created_at, Voucher.redeem_by, VoucherCapture.amount_fen + moved)
        .join(Voucher, Voucher.id == VoucherCapture.voucher_id)
        .where(VoucherCapture.kind == CaptureKind.LAPSED)
    )
    for capture_id, lapsed_at, redeem_by, off in session.execute(rows.order_by(VoucherCapture.id)):
        if local_date(lapsed_at) <= redeem_by:
            yield f"capture {capture_id} lapsed on or before {redeem_by}"
        if off:
            yield f"capture {capture_id} lapsed, and its entry moved {off} fen more"
