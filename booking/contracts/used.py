"""What contracts are used for: which uses rest on them, and what those cost."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from models.accounts import User
from models.charges import Charge
from models.contracts import UseAgreement
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.charges import ChargeProblem, ChargeState
from models.vocabulary.reservations import ReservationState
from models.vocabulary.samples import SampleOrderState

Columns = TypeVarTuple("Columns")
GIVEN_UP = (ReservationState.REJECTED, ReservationState.CANCELLED, ReservationState.LAPSED)
NOT_DONE = (SampleOrderState.CANCELLED, SampleOrderState.REFUSED)
ENDED_UNCHARGED = (ReservationState.COMPLETED, ReservationState.NO_SHOW)
_IS_EXPECTED = or_(Charge.problem == ChargeProblem.NOT_PRICED, Charge.sample_order_id.is_not(None))
_AWAITS_PRICE = and_(_IS_EXPECTED, Charge.state == ChargeState.ESTIMATED)
_ORDER_IS_OVER = and_(SampleOrder.state == SampleOrderState.DONE, SampleOrder.accepted_by_id.is_not(None))
_PRICED = or_(
    Charge.problem.is_(None), Charge.problem != ChargeProblem.NOT_PRICED, Charge.state != ChargeState.ESTIMATED
)
"""Charges that say how much: one that awaits its price may be anything."""
_COST = case(
    (and_(Charge.id.is_(None), or_(Reservation.state.in_(ENDED_UNCHARGED), _ORDER_IS_OVER)), 0),
    (or_(Charge.id.is_(None), _AWAITS_PRICE), UseAgreement.amount_fen),
    else_=Charge.gross_fen + Charge.voucher_fen,
)
"""What a use costs before vouchers: what was charged, also when it was cancelled too late; what was quoted as long as
that is expected.

What is over without a charge cost nothing, but for orders from before they were charged; what waits for its price, or
for what was done of an order, is still expected.
"""


def used_fen(session: Session, contract_id: int) -> int:
    """What uses that rest on a contract cost together, without those that were given up."""
    return used_of(session, [contract_id]).get(contract_id, 0)


def used_of(
    session: Session,
    contract_ids: Collection[int],
    *,
    but_reservation_id: int | None = None,
    but_order_id: int | None = None,
) -> dict[int, int]:
    """The same of several contracts, and without a use at hand; absent for nothing."""
    if not contract_ids:
        return {}
    columns = select(UseAgreement.contract_id, func.coalesce(func.sum(_COST), 0))
    total = _under(columns, contract_ids).group_by(UseAgreement.contract_id)
    if but_reservation_id is not None:
        total = total.where(func.coalesce(UseAgreement.reservation_id, 0) != but_reservation_id)
    if but_order_id is not None:
        total = total.where(func.coalesce(UseAgreement.sample_order_id, 0) != but_order_id)
    return {contract_id: int(fen) for contract_id, fen in session.execute(total) if contract_id is not None}


def charged_fen(session: Session, reservation_ids: Collection[int]) -> dict[int, int]:
    """What these reservations were charged; absent where nothing, or no price, says how much."""
    rows = select(Charge.reservation_id, Charge.gross_fen + Charge.voucher_fen).where(
        Charge.reservation_id.in_(reservation_ids), _PRICED
    )
    return {reservation_id: fen for reservation_id, fen in session.execute(rows) if reservation_id is not None}


def _under(rows: Select[*Columns], contract_ids: Collection[int]) -> Select[*Columns]:
    """Of the uses that rest on contracts, without those that were given up and cost nothing."""
    return (
        rows.select_from(UseAgreement)
        .outerjoin(Reservation, Reservation.id == UseAgreement.reservation_id)
        .outerjoin(SampleOrder, SampleOrder.id == UseAgreement.sample_order_id)
        .outerjoin(Charge, or_(Charge.reservation_id == Reservation.id, Charge.sample_order_id == SampleOrder.id))
        .where(
            UseAgreement.contract_id.in_(contract_ids),
            is_last(),
            or_(Reservation.id.is_(None), Reservation.state.not_in(GIVEN_UP), Charge.id.is_not(None)),
            or_(SampleOrder.id.is_(None), SampleOrder.state.not_in(NOT_DONE), Charge.id.is_not(None)),
        )
    )


@dataclass(frozen=True, slots=True)
class CoveredUse:
    """A use that rests on a contract: whose, and what it costs; None without a price."""

    reservation_id: int | None
    sample_order_id: int | None
    user: str
    cost_fen: int | None


def uses_under(session: Session, contract_id: int, *, limit: int) -> list[CoveredUse]:
    """The last uses that rest on a contract, the newest first."""
    columns = select(UseAgreement.reservation_id, UseAgreement.sample_order_id, User.name, _COST)
    rows = _under(columns, [contract_id]).join(User, User.id == UseAgreement.user_id)
    return [CoveredUse(*row) for row in session.execute(rows.order_by(UseAgreement.id.desc()).limit(limit))]


def is_last() -> ColumnElement[bool]:
    """No newer row of the same use."""
    newer = aliased(UseAgreement)
    same = or_(
        newer.reservation_id == UseAgreement.reservation_id, newer.sample_order_id == UseAgreement.sample_order_id
    )
    return ~exists().where(same, newer.id > UseAgreement.id)
