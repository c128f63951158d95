"""Reading what contracts cover, and what the uses that rest on one cost together."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVarTuple

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from booking.contracts.grounds import GIVEN_UP, NOT_DONE, Use, is_last, parties_of_user, text_id_now
from booking.contracts.needs import Agreement, Cover
from booking.core.period import Period
from models.accounts import User
from models.charges import Charge
from models.contracts import Contract, UseAgreement
from models.reservations import Reservation
from models.samples import SampleOrder
from models.vocabulary.charges import ChargeProblem, ChargeState
from models.vocabulary.contracts import ContractScope, ContractState
from models.vocabulary.reservations import ReservationState
from models.vocabulary.samples import SampleOrderState

Columns = TypeVarTuple("Columns")


def agreement_for(
    session: Session,
    use: Use,
    threshold_fen: int,
    cost: Callable[[Period], int | None],
    accepted_id: int | None,
    *,
    today: date,
    may_wait: bool = False,
) -> Agreement:
    """What the institution asks of an outside use, with the contracts that may cover it."""
    return Agreement(
        cost=cost,
        threshold_fen=threshold_fen,
        text_id=text_id_now(session, use.organisation_id),
        covers=tuple(covers_for(session, use, today=today)),
        accepted_id=accepted_id,
        may_wait=may_wait,
    )


def covers_for(session: Session, use: Use, *, today: date) -> list[Cover]:
    """The contracts in force of the user's side with what their amounts leave, the narrowest and the oldest first."""
    parties = {use.party_id} if use.party_id is not None else parties_of_user(session, use.user_id, today)
    if not parties:
        return []
    narrow = [Contract.scope == ContractScope.FRAMEWORK]
    narrow.append(and_(Contract.scope == ContractScope.INSTRUMENT, Contract.instrument_id == use.instrument_id))
    if use.sample_order_id is not None:
        narrow.append(
            and_(Contract.scope == ContractScope.SAMPLE_ORDER, Contract.sample_order_id == use.sample_order_id)
        )
    rows = select(Contract).where(
        Contract.organisation_id == use.organisation_id,
        Contract.party_id.in_(parties),
        Contract.state == ContractState.SIGNED,
        or_(*narrow),
    )
    ordered = rows.order_by(Contract.scope.desc(), Contract.id)
    return _covers(session, session.scalars(ordered).all(), use)


def cover_of(session: Session, contract: Contract, use: Use) -> Cover:
    """A contract as it may cover a use, whose own amount does not count twice."""
    return _covers(session, [contract], use)[0]


def _covers(session: Session, contracts: Sequence[Contract], use: Use) -> list[Cover]:
    """The same of several; one statement however many, none where no amount is limited."""
    used = _used(session, [one.id for one in contracts if one.amount_fen is not None], use)
    return [
        Cover(
            one.id,
            one.number,
            one.starts_on,
            one.ends_on,
            None if one.amount_fen is None else one.amount_fen - used.get(one.id, 0),
        )
        for one in contracts
    ]


def used_fen(session: Session, contract_id: int) -> int:
    """What uses that rest on a contract cost together, without those that were given up."""
    return _used(session, [contract_id]).get(contract_id, 0)


def _used(session: Session, contract_ids: Collection[int], use: Use | None = None) -> dict[int, int]:
    """The same of several contracts, without the use at hand; those on which nothing rests are not named."""
    if not contract_ids:
        return {}
    total = _under(select(UseAgreement.contract_id, func.coalesce(func.sum(_COST), 0)), contract_ids)
    if use is not None and use.reservation_id is not None:
        total = total.where(func.coalesce(UseAgreement.reservation_id, 0) != use.reservation_id)
    if use is not None and use.sample_order_id is not None:
        total = total.where(func.coalesce(UseAgreement.sample_order_id, 0) != use.sample_order_id)
    rows = session.execute(total.group_by(UseAgreement.contract_id))
    return {contract_id: int(fen) for contract_id, fen in rows if contract_id is not None}


ENDED_UNCHARGED = (ReservationState.COMPLETED, ReservationState.NO_SHOW)
_IS_EXPECTED = or_(Charge.problem == ChargeProblem.NOT_PRICED, Charge.sample_order_id.is_not(None))
_AWAITS_PRICE = and_(_IS_EXPECTED, Charge.state == ChargeState.ESTIMATED)
_ORDER_IS_OVER = and_(SampleOrder.state == SampleOrderState.DONE, SampleOrder.accepted_by_id.is_not(None))
_COST = case(
    (and_(Charge.id.is_(None), or_(Reservation.state.in_(ENDED_UNCHARGED), _ORDER_IS_OVER)), 0),
    (or_(Charge.id.is_(None), _AWAITS_PRICE), UseAgreement.amount_fen),
    else_=Charge.gross_fen,
)
"""What a use costs: what was charged, also when it was cancelled too late; what was quoted as long as that is expected.

What is over without a charge cost nothing, but for orders from before they were charged; what waits for its price, or
for what was done of an order, is still expected.
"""


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
