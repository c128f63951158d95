"""What redemptions have asked for of what vouchers covered, as a part of other statements."""

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute

from models.redemptions import Redemption, RedemptionItem
from models.vocabulary.redemptions import WAITING, RedemptionState

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


def claimed_sum(voucher_id: Column, charge_id: Column) -> ColumnElement[int]:
    """All of it for a voucher and a charge of the statement around it."""
    of_both = RedemptionItem.voucher_id == voucher_id, RedemptionItem.charge_id == charge_id
    total = select(cast(func.coalesce(func.sum(standing_fen()), 0), BigInteger)).join(
        Redemption, Redemption.id == RedemptionItem.redemption_id
    )
    return total.where(*of_both).correlate_except(RedemptionItem, Redemption).scalar_subquery()
