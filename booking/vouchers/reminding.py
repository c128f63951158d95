"""Deadlines that come near: of each, whoever can still do something is told some days before, and again later."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from booking.core.clock import local_date
from booking.notifications.service import announce
from booking.vouchers.claims import waiting_sum
from models.charges import Charge
from models.ledger import LedgerAccount
from models.programmes import ProgrammeVersion
from models.vocabulary.charges import ChargeState
from models.vocabulary.programmes import CountsOn
from models.vocabulary.vouchers import VoucherDeadline, VoucherState
from models.vouchers import Voucher, VoucherCapture, VoucherReminder

DAYS = (30, 7)
"""Days before a deadline on which is told of it, where nothing else is set."""
OVER = (ChargeState.WAIVED, ChargeState.CANCELLED)
MOST_AT_ONCE = 2_000


def due_to_remind(session: Session, *, now: datetime, days: Collection[int] = DAYS) -> Sequence[int]:
    """The ids of vouchers of whose deadline nobody was told yet, the oldest first."""
    return session.scalars(_due(local_date(now), days).order_by(Voucher.id).limit(MOST_AT_ONCE)).all()


def remind(session: Session, voucher_id: int, /, *, now: datetime, days: Collection[int] = DAYS) -> bool:
    """Tell of each deadline of a voucher that comes near, once for each number of days; whether anything was told."""
    session.execute(select(Voucher.id).where(Voucher.id == voucher_id).with_for_update(key_share=True))
    today, told = local_date(now), False
    for deadline in VoucherDeadline:
        for left in sorted(days):
            if session.scalar(select(Voucher.id).where(Voucher.id == voucher_id, _is_due(deadline, left, today))):
                session.add(VoucherReminder(voucher_id=voucher_id, deadline=deadline, days=left, sent_on=today))
                session.flush()
                payload = {"voucher_id": voucher_id, "deadline": deadline.value}
                announce(session, "vouchers.ending", payload, now=now)
                told = True
                break
    return told


def _due(today: date, days: Collection[int]) -> Select[int]:
    """Vouchers with any deadline that is to be told."""
    return select(Voucher.id).where(
        or_(*(_is_due(deadline, left, today) for deadline in VoucherDeadline for left in days))
    )


def _is_due(deadline: VoucherDeadline, days: int, today: date) -> ColumnElement[bool]:
    """So many days or fewer are left, something can still be done, and it was not told for so few days before.

    With few days left nobody is told of many.
    """
    last = Voucher.use_by if deadline == VoucherDeadline.USE_BY else Voucher.redeem_by
    is_near = and_(last >= today, last <= today + timedelta(days=days))
    was_told = exists().where(
        VoucherReminder.voucher_id == Voucher.id, VoucherReminder.deadline == deadline, VoucherReminder.days <= days
    )
    return and_(is_near, _is_open(deadline), ~was_told)


def _is_open(deadline: VoucherDeadline) -> ColumnElement[bool]:
    """To be used: credit is left of an issued one, or an invoice that counts is lacking; to be redeemed: unclaimed."""
    account = aliased(LedgerAccount)
    captured = exists().where(account.id == Voucher.captured_id, account.balance_fen > 0)
    if deadline == VoucherDeadline.USE_BY:
        left = exists().where(account.id == Voucher.credit_id, account.balance_fen > 0)
        return or_(and_(Voucher.state == VoucherState.ISSUED, left), and_(captured, _lacks_invoice()))
    return exists().where(account.id == Voucher.captured_id, account.balance_fen > waiting_sum(Voucher.id))


def _lacks_invoice() -> ColumnElement[bool]:
    """Whether something that it covers is not invoiced yet, where the invoice's day counts."""
    version = aliased(ProgrammeVersion)
    by_invoice = exists().where(version.id == Voucher.programme_version_id, version.counts_on == CountsOn.INVOICE)
    uninvoiced = (
        exists()
        .where(VoucherCapture.voucher_id == Voucher.id, VoucherCapture.charge_id == Charge.id)
        .where(Charge.invoiced_on.is_(None), Charge.gross_fen > 0, Charge.state.not_in(OVER))
    )
    return and_(by_invoice, uninvoiced)
