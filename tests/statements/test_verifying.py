"""Adding statements up again finds what belongs to somebody else, and entries that moved something else."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.invoices.verifying import faults as invoice_faults
from booking.statements.strays import faults
from models.invoices import Invoice, InvoiceItem
from models.statements import Receipt, Settlement, Statement, StatementItem, StatementSeries
from models.vocabulary.invoices import InvoiceKind
from tests.statements.office import Office


def copied(row: StatementItem | Receipt | Settlement | Statement, **other: object) -> dict[str, object]:
    """The values of a row but for its id, some of them others."""
    return {one.key: getattr(row, one.key) for one in row.__table__.columns if one.key != "id"} | other


def test_what_is_somebody_elses_and_what_moved_otherwise_is_named(session: Session, now: datetime) -> None:
    office = Office(session, now)
    mine, own = office.used(9), office.used(13, by=office.other)
    slip, bill = office.bill()
    paid = office.receive(slip, 4_000, "B1")
    assert list(faults(session)) == []
    (item,) = session.scalars(sa.select(StatementItem).where(StatementItem.charge_id == mine.id))
    settled = session.scalars(sa.select(Settlement)).one()
    entry_id = slip.entry_id

    session.add(StatementItem(**copied(item, statement_id=bill.id, turn=1)))
    session.add(Receipt(**copied(paid, statement_id=bill.id, entry_id=entry_id)))
    session.add(Settlement(**copied(settled, entry_id=entry_id, amount_fen=1)))
    session.execute(sa.delete(StatementSeries))
    session.flush()

    wrong = session.scalars(sa.select(StatementItem.id).where(StatementItem.turn == 1)).one()
    receipt, settlement = (session.scalar(sa.select(sa.func.max(one.id))) for one in (Receipt, Settlement))
    assert own.id != mine.id
    assert list(faults(session)) == [
        f"statement item {wrong} bills charge {mine.id} to somebody else",
        f"receipt {receipt} is for a statement of another debtor",
        f"receipt {receipt} says 4000 fen, its entry moved 0",
        f"settlement {settlement} says 1 fen, its entry moved -10000",
        f"organisation {office.place.id} has statements of 2026 and no numbers of it",
    ]
    session.rollback()


def test_an_invoice_over_a_statement_of_somebody_else_is_named(session: Session, now: datetime) -> None:
    office = Office(session, now)
    office.used(9)
    office.used(13, by=office.other)
    slip, bill = office.bill()
    invoice = Invoice(
        organisation_id=office.place.id,
        debtor_id=slip.debtor_id,
        kind=InvoiceKind.ORDINARY,
        number="1",
        issued_on=slip.issued_on,
        title="抬头",
        rate=0,
        amount_fen=1,
        recorded_by_id=office.finance.id,
        created_at=now,
    )
    session.add(invoice)
    session.flush()
    session.add(InvoiceItem(invoice_id=invoice.id, statement_id=bill.id, amount_fen=1))
    session.flush()

    assert list(invoice_faults(session)) == [f"invoice {invoice.id} is for another debtor than what it covers"]
    session.rollback()


def test_the_database_refuses_what_is_due_on_no_day(session: Session, now: datetime) -> None:
    office = Office(session, now)
    office.used(9)
    (slip,) = office.bill()
    session.add(Statement(**copied(slip, number=2, due_fen=0, total_fen=0, open_id=None, entry_id=None)))

    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()
