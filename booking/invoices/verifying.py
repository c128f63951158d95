"""Adding invoices up again: each from what it covers, none above what a statement asks for, red ones from theirs."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.invoices.queries import covers, stands
from models.invoices import Invoice, InvoiceItem, InvoiceTopUp, InvoiceWithdrawal
from models.ledger import LedgerTransfer
from models.payers import PayerAccount, PayerMovement
from models.statements import Debtor, Statement


def faults(session: Session) -> Iterator[str]:
    """One line for each thing that is off; none when all is well."""
    yield from _wrong_sums(session)
    yield from _covered_twice(session)
    yield from _wrong_reversals(session)
    yield from _reversed_beyond(session)
    yield from _paid_in_twice(session)
    yield from _of_others(session)
    yield from _numbers_twice(session)


def _sum(column: Any) -> Any:
    """A sum of amounts, whole."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def _wrong_sums(session: Session) -> Iterator[str]:
    """An invoice that is not what it covers."""
    of_statements = select(_sum(InvoiceItem.amount_fen)).where(InvoiceItem.invoice_id == Invoice.id)
    of_receipts = select(_sum(InvoiceTopUp.amount_fen)).where(InvoiceTopUp.invoice_id == Invoice.id)
    covered = of_statements.scalar_subquery() + of_receipts.scalar_subquery()
    off = select(Invoice.id, Invoice.amount_fen, covered).where(Invoice.amount_fen != covered)
    for invoice_id, told, found in session.execute(off.order_by(Invoice.id)):
        yield f"invoice {invoice_id} says {told} fen and covers {found}"


def _covered_twice(session: Session) -> Iterator[str]:
    """A statement of which invoices cover more than it asks for, or less than nothing."""
    of_it = InvoiceItem.statement_id == Statement.id, covers()
    covered = select(_sum(InvoiceItem.amount_fen)).where(*of_it).correlate(Statement).scalar_subquery()
    most = or_(covered < 0, covered > func.coalesce(Statement.total_fen, 0))
    off = select(Statement.id, Statement.total_fen, covered).where(covered != 0, most)
    for statement_id, told, found in session.execute(off.order_by(Statement.id)):
        yield f"statement {statement_id} asks for {told} fen, invoices cover {found}"


def _wrong_reversals(session: Session) -> Iterator[str]:
    """A red-letter invoice of another debtor than the one that it names, or of one that is red itself or withdrawn."""
    first = aliased(Invoice)
    is_gone = exists().where(InvoiceWithdrawal.invoice_id == first.id)
    wrong = or_(first.reverses_id.is_not(None), Invoice.debtor_id != first.debtor_id, and_(is_gone, stands()))
    off = select(Invoice.id).join(first, first.id == Invoice.reverses_id).where(wrong)
    for invoice_id in session.scalars(off.order_by(Invoice.id)):
        yield f"invoice {invoice_id} does not reverse the one that it names"


def _reversed_beyond(session: Session) -> Iterator[str]:
    """An invoice of which red-letter ones took back more of a statement than it covers."""
    kinds = ((InvoiceItem, InvoiceItem.statement_id, "statement"), (InvoiceTopUp, InvoiceTopUp.movement_id, "movement"))
    of = func.coalesce(Invoice.reverses_id, Invoice.id)
    for item, part, called in kinds:
        rows = select(of, part).join(item, item.invoice_id == Invoice.id).where(stands()).group_by(of, part)
        for invoice_id, number in session.execute(rows.having(_sum(item.amount_fen) < 0).order_by(of, part)):
            yield f"invoice {invoice_id} is reversed beyond what it covers of {called} {number}"


def _paid_in_twice(session: Session) -> Iterator[str]:
    """Money that was paid in of which invoices cover more than came, or less than nothing, or for another account."""
    came = select(_sum(LedgerTransfer.amount_fen)).where(
        LedgerTransfer.entry_id == PayerMovement.entry_id, LedgerTransfer.to_account_id == PayerAccount.left_id
    )
    kept = ~exists().where(InvoiceWithdrawal.invoice_id == InvoiceTopUp.invoice_id)
    covered = select(_sum(InvoiceTopUp.amount_fen)).where(InvoiceTopUp.movement_id == PayerMovement.id, kept)
    told = came.correlate(PayerMovement, PayerAccount).scalar_subquery()
    found = covered.correlate(PayerMovement).scalar_subquery()
    rows = select(PayerMovement.id, told, found).join(PayerAccount, PayerAccount.id == PayerMovement.payer_account_id)
    named = PayerMovement.id.in_(select(InvoiceTopUp.movement_id))
    for movement_id, fen, invoiced in session.execute(rows.where(named).order_by(PayerMovement.id)):
        if not 0 <= invoiced <= fen:
            yield f"movement {movement_id} brought {fen} fen, invoices cover {invoiced}"
    others = (
        select(InvoiceTopUp.invoice_id)
        .join(Invoice, Invoice.id == InvoiceTopUp.invoice_id)
        .join(Debtor, Debtor.id == Invoice.debtor_id)
        .join(PayerMovement, PayerMovement.id == InvoiceTopUp.movement_id)
        .where(func.coalesce(Debtor.payer_account_id, 0) != PayerMovement.payer_account_id)
    )
    for invoice_id in session.scalars(others.distinct().order_by(InvoiceTopUp.invoice_id)):
        yield f"invoice {invoice_id} is for another account than what was paid in"


def _of_others(session: Session) -> Iterator[str]:
    """An invoice that covers a statement of another debtor, or is of another institution than its debtor."""
    other = or_(Statement.debtor_id != Invoice.debtor_id, Debtor.organisation_id != Invoice.organisation_id)
    off = (
        select(Invoice.id)
        .join(InvoiceItem, InvoiceItem.invoice_id == Invoice.id)
        .join(Statement, Statement.id == InvoiceItem.statement_id)
        .join(Debtor, Debtor.id == Invoice.debtor_id)
        .where(other)
        .distinct()
    )
    for invoice_id in session.scalars(off.order_by(Invoice.id)):
        yield f"invoice {invoice_id} is for another debtor than what it covers"


def _numbers_twice(session: Session) -> Iterator[str]:
    """A number that stands for two invoices of an institution."""
    same = select(Invoice.organisation_id, Invoice.number).where(stands())
    twice = same.group_by(Invoice.organisation_id, Invoice.number).having(func.count(Invoice.id) > 1)
    for organisation_id, number in session.execute(twice.order_by(Invoice.organisation_id, Invoice.number)):
        yield f"organisation {organisation_id} has two invoices of the number {number}"
