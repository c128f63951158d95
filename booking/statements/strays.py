"""Rows of statements that belong to another debtor than they say, and entries that moved something else."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, and_, case, cast, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from models.charges import Charge
from models.ledger import LedgerTransfer
from models.statements import Debtor, Receipt, Settlement, Statement, StatementItem, StatementSeries
from models.vocabulary.statements import ReceiptKind


def faults(session: Session) -> Iterator[str]:
    """One line for each thing that is off; none when all is well."""
    yield from _items_of_others(session)
    yield from _statements_of_others(session)
    yield from _receipts_for_others(session)
    yield from _wrong_receipts(session)
    yield from _wrong_settlements(session)
    yield from _without_series(session)


def receipt_sign(wrong: Any) -> Any:
    """Whether a receipt brought money or took it away; `wrong` is the one that it corrects."""
    return case(
        (Receipt.kind == ReceiptKind.RECEIVED, 1),
        (Receipt.kind == ReceiptKind.REFUNDED, -1),
        (wrong.kind == ReceiptKind.RECEIVED, -1),
        else_=1,
    )


def _items_of_others(session: Session) -> Iterator[str]:
    """An item whose charge is another payer's, or another institution's."""
    same_payer = or_(
        Charge.payer_account_id == Debtor.payer_account_id,
        and_(Charge.payer_account_id.is_(None), Charge.user_id == Debtor.user_id),
    )
    theirs = and_(Charge.organisation_id == Debtor.organisation_id, func.coalesce(same_payer, false()))
    off = (
        select(StatementItem.id, StatementItem.charge_id)
        .join(Statement, Statement.id == StatementItem.statement_id)
        .join(Debtor, Debtor.id == Statement.debtor_id)
        .join(Charge, Charge.id == StatementItem.charge_id)
        .where(~theirs)
    )
    for item_id, charge_id in session.execute(off.order_by(StatementItem.id)):
        yield f"statement item {item_id} bills charge {charge_id} to somebody else"


def _statements_of_others(session: Session) -> Iterator[str]:
    """A statement of another institution than its debtor owes."""
    off = select(Statement.id).join(Debtor, Debtor.id == Statement.debtor_id)
    others = off.where(Statement.organisation_id != Debtor.organisation_id)
    for statement_id in session.scalars(others.order_by(Statement.id)):
        yield f"statement {statement_id} is of another institution than its debtor"


def _receipts_for_others(session: Session) -> Iterator[str]:
    """A receipt for a statement that somebody else owes."""
    off = select(Receipt.id).join(Statement, Statement.id == Receipt.statement_id)
    others = off.where(Receipt.debtor_id != Statement.debtor_id)
    for receipt_id in session.scalars(others.order_by(Receipt.id)):
        yield f"receipt {receipt_id} is for a statement of another debtor"


def _moved(entry_id: Any, account_id: Any) -> Any:
    """What an entry moved out of an account, less what it moved in."""
    transfer = aliased(LedgerTransfer)
    signed = case((transfer.from_account_id == account_id, transfer.amount_fen), else_=-transfer.amount_fen)
    total = select(cast(func.coalesce(func.sum(signed), 0), BigInteger))
    sides = or_(transfer.from_account_id == account_id, transfer.to_account_id == account_id)
    return total.where(transfer.entry_id == entry_id, sides).scalar_subquery()


def _wrong_receipts(session: Session) -> Iterator[str]:
    """A receipt whose entry moved something else out of its debtor's cash."""
    wrong = aliased(Receipt)
    moved, told = _moved(Receipt.entry_id, Debtor.cash_id), Receipt.amount_fen * receipt_sign(wrong)
    off = (
        select(Receipt.id, told, moved)
        .join(Debtor, Debtor.id == Receipt.debtor_id)
        .outerjoin(wrong, wrong.id == Receipt.corrects_id)
        .where(moved != told)
    )
    for receipt_id, said, found in session.execute(off.order_by(Receipt.id)):
        yield f"receipt {receipt_id} says {said} fen, its entry moved {found}"


def _wrong_settlements(session: Session) -> Iterator[str]:
    """A settlement whose entry moved something else out of what is open of its statement."""
    moved = _moved(Settlement.entry_id, Statement.open_id)
    off = (
        select(Settlement.id, Settlement.amount_fen, moved)
        .join(Statement, Statement.id == Settlement.statement_id)
        .where(moved != Settlement.amount_fen)
    )
    for settlement_id, said, found in session.execute(off.order_by(Settlement.id)):
        yield f"settlement {settlement_id} says {said} fen, its entry moved {found}"


def _without_series(session: Session) -> Iterator[str]:
    """Statements of a year of which no number was ever given."""
    given = exists().where(
        StatementSeries.organisation_id == Statement.organisation_id, StatementSeries.year == Statement.year
    )
    off = select(Statement.organisation_id, Statement.year).where(~given).distinct()
    for organisation_id, year in session.execute(off.order_by(Statement.organisation_id, Statement.year)):
        yield f"organisation {organisation_id} has statements of {year} and no numbers of it"
