"""What statements have said of a charge: who owes it is held first, and what comes back to it is billed as before."""

from typing import NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from models.charges import Charge
from models.ledger import LedgerAccount
from models.statements import Debtor, Statement, StatementItem
from models.vocabulary.charges import AGREED, ChargeState


class Cause(NamedTuple):
    """What a charge is for: a reservation or a sample order."""

    reservation_id: int | None
    sample_order_id: int | None


def hold_debtor(session: Session, charge_id: int) -> Cause | None:
    """What a charge is for, none for none; whoever may have been billed for it is under lock from then on.

    What is open of their statements changes only so, and that lock stands before those of reservations and charges.
    """
    alone = and_(Charge.payer_account_id.is_(None), Debtor.user_id == Charge.user_id)
    same = or_(Debtor.payer_account_id == Charge.payer_account_id, alone)
    theirs = and_(Debtor.organisation_id == Charge.organisation_id, same)
    found = (
        select(Charge.reservation_id, Charge.sample_order_id, Debtor.id)
        .outerjoin(Debtor, theirs)
        .where(Charge.id == charge_id)
    )
    row = session.execute(found).one_or_none()
    if row is None:
        return None
    reservation_id, order_id, debtor_id = row
    if debtor_id is not None:
        session.execute(select(Debtor.id).where(Debtor.id == debtor_id).with_for_update(key_share=True))
    return Cause(reservation_id, order_id)


def state_agreed(session: Session, charge: Charge) -> ChargeState:
    """Where an agreed charge stands: accepted, or billed or paid where its statements say just what it comes to."""
    is_same = charge.gross_fen == charge.billed_fen and charge.billed_taken_fen in {None, charge.captured_fen}
    if charge.state not in AGREED or charge.problem is not None or not is_same:
        return charge.state
    open_ones = (
        select(LedgerAccount.balance_fen)
        .select_from(StatementItem)
        .join(Statement, Statement.id == StatementItem.statement_id)
        .outerjoin(LedgerAccount, LedgerAccount.id == Statement.open_id)
        .where(StatementItem.charge_id == charge.id)
    )
    balances = session.scalars(open_ones).all()
    if not balances:
        return charge.state
    return ChargeState.BILLED if any(balances) else ChargeState.PAID
