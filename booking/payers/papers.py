"""What one paper brought an institution: into payer accounts, and for statements; a voucher may be shared."""

from sqlalchemy import BigInteger, cast, exists, func, select
from sqlalchemy.orm import Session, aliased

from booking.ledger.queries import entry_by_key, moves_of
from booking.payers.amounts import receipt_key
from booking.payers.rules import paper_of
from models.statements import Debtor, Receipt
from models.vocabulary.payers import MovementKind
from models.vocabulary.statements import ReceiptKind


def topped_up_by(session: Session, organisation_id: int, number: str) -> int:
    """How much a paper brought into a payer account of an institution."""
    entry = entry_by_key(session, receipt_key(session, organisation_id, MovementKind.TOPPED_UP, number))
    return sum(move.amount_fen for move in moves_of(session, entry.id)) if entry is not None else 0


def received_by(session: Session, organisation_id: int, number: str, *, but_id: int | None = None) -> int:
    """How much a paper brought for statements of an institution, but for those of one debtor."""
    wrong = aliased(Receipt)
    total = select(cast(func.coalesce(func.sum(Receipt.amount_fen), 0), BigInteger))
    theirs = total.join(Debtor, Debtor.id == Receipt.debtor_id).where(
        Debtor.organisation_id == organisation_id,
        Receipt.kind == ReceiptKind.RECEIVED,
        Receipt.paper == paper_of(number),
        ~exists().where(wrong.corrects_id == Receipt.id),
    )
    if but_id is not None:
        theirs = theirs.where(Debtor.id != but_id)
    return session.scalar(theirs) or 0
