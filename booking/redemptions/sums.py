"""What a claimant's vouchers come to in all: captured, waiting, paid, lapsed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, select
from sqlalchemy.orm import Session, contains_eager

from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.redemptions.claimable import is_claimant
from models.charges import Charge
from models.programmes import ProgrammeVersion
from models.redemptions import Redemption
from models.vocabulary.programmes import RedeemedBy
from models.vocabulary.redemptions import WAITING, RedemptionState
from models.vocabulary.vouchers import CaptureKind
from models.vouchers import Voucher, VoucherCapture


@dataclass(frozen=True, slots=True)
class Sums:
    """What a claimant's vouchers come to: captured and not refused, waiting in redemptions, paid and not clawed back.

    What lapsed was captured once, and is not any more.
    """

    captured_fen: int = 0
    waiting_fen: int = 0
    paid_fen: int = 0
    lapsed_fen: int = 0

    @property
    def open_fen(self) -> int:
        """What can still be claimed, now or later."""
        return self.captured_fen - self.waiting_fen - self.paid_fen


def sums_of(session: Session, claimant_ids: Collection[int]) -> dict[int, Sums]:
    """What vouchers come to for each of some claimants; two statements."""
    claimant = case(
        (ProgrammeVersion.redeemed_by == RedeemedBy.ENTERPRISE, Voucher.organisation_id), else_=Charge.organisation_id
    )
    lapsed = _summed(VoucherCapture.kind == CaptureKind.LAPSED, -VoucherCapture.amount_fen)
    captured = {
        claimant_id: (int(fen), int(gone))
        for claimant_id, fen, gone in session.execute(
            select(claimant, func.sum(VoucherCapture.amount_fen), lapsed)
            .join(VoucherCapture.voucher)
            .join(VoucherCapture.charge)
            .join(ProgrammeVersion, ProgrammeVersion.id == VoucherCapture.programme_version_id)
            .where(is_claimant(claimant_ids))
            .group_by(claimant)
        )
    }
    claimed = session.execute(
        select(
            Redemption.claimant_id,
            cast(_summed(Redemption.state.in_(WAITING), Redemption.claimed_fen), BigInteger),
            cast(
                _summed(Redemption.state == RedemptionState.PAID, Redemption.approved_fen - Redemption.clawed_fen),
                BigInteger,
            ),
        )
        .where(Redemption.claimant_id.in_(claimant_ids))
        .group_by(Redemption.claimant_id)
    )
    found = {claimant_id: (waiting, paid) for claimant_id, waiting, paid in claimed}
    sums = {one: (captured.get(one, (0, 0)), found.get(one, (0, 0))) for one in claimant_ids}
    return {one: Sums(taken, *claims, gone) for one, ((taken, gone), claims) in sums.items()}


def _summed(condition: ColumnElement[bool], amount: Any) -> Any:
    """A sum of the amounts for which a condition holds."""
    return func.coalesce(func.sum(case((condition, amount), else_=0)), 0)


def captures_of(
    session: Session, claimant_id: int, *, is_lapsed: bool, limit: int, cursor: str = ""
) -> Page[VoucherCapture]:
    """What a claimant's sums are made of, the newest first; all of it, or only what has lapsed."""
    rows = (
        select(VoucherCapture)
        .join(VoucherCapture.voucher)
        .join(VoucherCapture.charge)
        .join(ProgrammeVersion, ProgrammeVersion.id == VoucherCapture.programme_version_id)
        .options(
            contains_eager(VoucherCapture.voucher).joinedload(Voucher.organisation, innerjoin=True),
            contains_eager(VoucherCapture.charge).joinedload(Charge.organisation, innerjoin=True),
        )
        .where(is_claimant([claimant_id]))
    )
    if is_lapsed:
        rows = rows.where(VoucherCapture.kind == CaptureKind.LAPSED)
    if cursor:
        rows = rows.where(VoucherCapture.id < decode_cursor(cursor, row_id)[0])
    found = session.scalars(rows.order_by(VoucherCapture.id.desc()).limit(limit + 1)).all()
    return page_of(found, limit, lambda row: (row.id,))
