"""Which invoices cover charges: those of the statements that ask for them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import BigInteger, ColumnElement, cast, exists, func, select
from sqlalchemy.orm import Session, aliased

from booking.invoices.queries import covers, stands
from models.invoices import Invoice, InvoiceItem, InvoiceWithdrawal
from models.statements import Statement, StatementItem


def invoiced_on(session: Session, charge_ids: Collection[int]) -> dict[int, date]:
    """When charges were invoiced, by id: the last date of what covers their statements; absent while any is not whole.

    Statements that credit something need no invoice. Two statements however many charges there are.
    """
    asked = session.execute(
        select(StatementItem.charge_id, StatementItem.statement_id)
        .join(Statement, Statement.id == StatementItem.statement_id)
        .where(StatementItem.charge_id.in_(charge_ids), Statement.total_fen > 0)
        .distinct()
    ).all()
    days = _covered_on(session, {row.statement_id for row in asked})
    statements: defaultdict[int, list[int]] = defaultdict(list)
    for charge_id, statement_id in asked:
        statements[charge_id].append(statement_id)
    return {
        charge_id: max(days[one] for one in ids)
        for charge_id, ids in statements.items()
        if all(one in days for one in ids)
    }


def invoices_of_charges(session: Session, charge_ids: Collection[int]) -> dict[int, list[Invoice]]:
    """The invoices that cover charges' statements, by charge, the oldest first; none of which nothing is left."""
    rows = session.execute(
        select(StatementItem.charge_id, Invoice)
        .join(InvoiceItem, InvoiceItem.statement_id == StatementItem.statement_id)
        .join(Invoice, Invoice.id == InvoiceItem.invoice_id)
        .where(StatementItem.charge_id.in_(charge_ids), Invoice.amount_fen > 0, stands(), _covers_still())
        .distinct()
        .order_by(Invoice.issued_on, Invoice.id)
    )
    found: defaultdict[int, list[Invoice]] = defaultdict(list)
    for charge_id, invoice in rows:
        if invoice not in found[charge_id]:
            found[charge_id].append(invoice)
    return dict(found)


def _covered_on(session: Session, statement_ids: Collection[int]) -> dict[int, date]:
    """The last date of the invoices of each statement that they cover whole."""
    total = select(cast(func.coalesce(func.sum(InvoiceItem.amount_fen), 0), BigInteger))
    covered = total.where(InvoiceItem.statement_id == Statement.id, covers()).correlate(Statement).scalar_subquery()
    last = (
        select(func.max(Invoice.issued_on))
        .join(InvoiceItem, InvoiceItem.invoice_id == Invoice.id)
        .where(InvoiceItem.statement_id == Statement.id, Invoice.amount_fen > 0, stands(), _covers_still())
        .correlate(Statement)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Statement.id, last).where(Statement.id.in_(statement_ids), covered >= Statement.total_fen)
    )
    return {statement_id: day for statement_id, day in rows if day is not None}


def _covers_still() -> ColumnElement[bool]:
    """Whether red-letter invoices that were not withdrawn left something of what an invoice covers of its statement."""
    red, item = aliased(Invoice), aliased(InvoiceItem)
    withdrawn = exists().where(InvoiceWithdrawal.invoice_id == red.id)
    taken = (
        select(cast(func.coalesce(func.sum(item.amount_fen), 0), BigInteger))
        .join(red, red.id == item.invoice_id)
        .where(red.reverses_id == Invoice.id, item.statement_id == InvoiceItem.statement_id, ~withdrawn)
        .correlate(Invoice, InvoiceItem)
        .scalar_subquery()
    )
    return InvoiceItem.amount_fen + taken > 0
