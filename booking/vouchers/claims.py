"""What redemptions have asked for of what vouchers covered, as a part of other statements."""

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.charges import Charge
from models.redemptions import Redemption, RedemptionItem
from models.vocabulary.redemptions import WAITING, RedemptionState
from models.vouchers import VoucherCapture

Column = InstrumentedAttribute[int]


def standing_fen() -> ColumnElement[int]:
    """How much of an item's capture stays taken: as claimed while it waits, once paid what was and did not come back.

    Nothing of what was refused or withdrawn.
    """
    return case(
        (Redemption.state.in_(WAITING), RedemptionItem.claimed_fen),
        (Redemption.state == RedemptionState.PAID, RedemptionItem.approved_fen - RedemptionItem.clawed_fen),
        else_=0,
    )


def waiting_fen() -> ColumnElement[int]:
    """How much of an item still waits for its payment."""
    return case((Redemption.state.in_(WAITING), RedemptionItem.claimed_fen), else_=0)


def waiting_sum(voucher_id: Column) -> ColumnElement[int]:
    """What of a voucher of the statement around it waits in redemptions, of all its charges."""
    total = select(cast(func.coalesce(func.sum(waiting_fen()), 0), BigInteger)).join(
        Redemption, Redemption.id == RedemptionItem.redemption_id
    )
    mine = total.where(RedemptionItem.voucher_id == voucher_id)
    return mine.correlate_except(RedemptionItem, Redemption).scalar_subquery()


def unclaimed_by_provider(session: Session, voucher_id: int) -> dict[int, int]:
    """What a voucher has covered and stands in no redemption, by provider; one statement."""
    both = VoucherCapture.voucher_id, VoucherCapture.charge_id
    left = cast(func.sum(VoucherCapture.amount_fen), BigInteger) - claimed_sum(*both)
    pairs = (
        select(Charge.organisation_id.label("provider_id"), left.label("fen"))
        .join(Charge, Charge.id == VoucherCapture.charge_id)
        .where(VoucherCapture.voucher_id == voucher_id)
        .group_by(*both, Charge.organisation_id)
        .subquery()
    )
    total = cast(func.sum(pairs.c.fen), BigInteger)
    rows = session.execute(select(pairs.c.provider_id, total).where(pairs.c.fen > 0).group_by(pairs.c.provider_id))
    return {row[0]: int(row[1]) for row in rows}


def claimed_sum(voucher_id: Column, charge_id: Column) -> ColumnElement[int]:
    """All of it for a voucher and a charge of the statement around it."""
    of_both = RedemptionItem.voucher_id == voucher_id, RedemptionItem.charge_id == charge_id
    total = select(cast(func.coalesce(func.sum(standing_fen()), 0), BigInteger)).join(
        Redemption, Redemption.id == RedemptionItem.redemption_id
    )
    return total.where(*of_both).correlate_except(RedemptionItem, Redemption).scalar_subquery()
