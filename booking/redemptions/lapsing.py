"""What nobody asked to be paid for in time: the day after its last day it goes back to the programme, once."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import BigInteger, ColumnElement, Select, cast, func, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts import audit
from booking.core.clock import local_date
from booking.notifications.service import announce
from booking.redemptions.again import has_term
from booking.redemptions.moving import lapse_captures, locked_vouchers
from booking.vouchers.claims import claimed_sum
from models.charges import Charge
from models.ledger import LedgerAccount
from models.programmes import ProgrammeVersion
from models.vocabulary.programmes import RedeemedBy
from models.vocabulary.vouchers import VoucherState
from models.vouchers import Voucher, VoucherCapture

Lapsed = tuple[VoucherCapture, int]
"""The last capture of a voucher and a charge, and how much of the two lapses."""


def due_to_lapse(session: Session, *, now: datetime) -> Sequence[int]:
    """The ids of vouchers of which something was captured that nobody can claim any more, the oldest first."""
    today = local_date(now)
    over = select(Voucher.id).join(LedgerAccount, LedgerAccount.id == Voucher.captured_id)
    over = over.where(*_is_over(today), LedgerAccount.balance_fen > 0)
    open_ = _open(today).where(VoucherCapture.voucher_id.in_(over)).subquery()
    return session.scalars(select(open_.c.voucher_id).distinct().order_by(open_.c.voucher_id)).all()


def lapse_voucher(session: Session, voucher_id: int, /, *, now: datetime) -> bool:
    """Let all lapse that a voucher has captured and that nobody can claim any more; whether there was any.

    Whoever could have claimed it is told. What waits in a redemption, or may be claimed anew, stays.
    """
    today = local_date(now)
    found = locked_vouchers(session, [voucher_id]).get(voucher_id)
    if found is None or found.redeem_by >= today or found.state == VoucherState.FROZEN:
        return False
    lapsed = _lapsed(session, voucher_id, today)
    if not lapsed:
        return False
    lapse_captures(session, found, lapsed, now=now)
    total = sum(fen for _one, fen in lapsed)
    after = {"lapsed_fen": total, "redeem_by": found.redeem_by.isoformat()}
    audit.note(session, "vouchers.lapse", ("voucher", voucher_id), actor=None, now=now, after=after)
    for claimant_id, amounts in _by_claimant(session, found, lapsed).items():
        told = [{"charge_id": one.charge_id, "fen": fen} for one, fen in amounts]
        payload = {"voucher_id": voucher_id, "claimant_id": claimant_id, "amounts": told}
        announce(session, "redemptions.lapsed", payload, now=now)
    return True


def _is_over(today: date) -> tuple[ColumnElement[bool], ...]:
    """Vouchers whose last day to redeem is over; one that is frozen waits until it is decided on."""
    return Voucher.redeem_by < today, Voucher.state != VoucherState.FROZEN


def _open(today: date) -> Select[*tuple[int, int, int]]:
    """Captured pairs of which something stands in no redemption and cannot be claimed anew: last capture, amount."""
    both = VoucherCapture.voucher_id, VoucherCapture.charge_id
    left = cast(func.sum(VoucherCapture.amount_fen), BigInteger) - claimed_sum(*both)
    rows = select(VoucherCapture.voucher_id, func.max(VoucherCapture.id).label("last_id"), left.label("fen"))
    return rows.where(~has_term(today)).group_by(*both).having(left > 0)


def _lapsed(session: Session, voucher_id: int, today: date) -> list[Lapsed]:
    """What lapses of a locked voucher, in the order in which it was captured."""
    rows = session.execute(_open(today).where(VoucherCapture.voucher_id == voucher_id)).all()
    amounts = {last_id: int(fen) for _voucher_id, last_id, fen in rows}
    captures = session.scalars(
        select(VoucherCapture)
        .where(VoucherCapture.id.in_(amounts))
        .options(joinedload(VoucherCapture.charge, innerjoin=True).load_only(Charge.organisation_id))
        .order_by(VoucherCapture.id)
    )
    return [(one, amounts[one.id]) for one in captures]


def _by_claimant(session: Session, voucher: Voucher, lapsed: Iterable[Lapsed]) -> dict[int, list[Lapsed]]:
    """The same by who could have claimed it: the provider that deducted it, or the firm that paid in full first."""
    rows = list(lapsed)
    ids = {one.programme_version_id for one, _fen in rows}
    of_version = select(ProgrammeVersion.id, ProgrammeVersion.redeemed_by).where(ProgrammeVersion.id.in_(ids))
    by = {row[0]: row[1] for row in session.execute(of_version)}
    found: dict[int, list[Lapsed]] = {}
    for one, fen in rows:
        is_firms = by[one.programme_version_id] == RedeemedBy.ENTERPRISE
        found.setdefault(voucher.organisation_id if is_firms else one.charge.organisation_id, []).append((one, fen))
    return found
