"""A use of a programme that counts on the invoice, billed in December, and invoices of any day of it."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges.windows import Windows
from booking.invoices.forms import InvoiceForm, ReversalForm
from booking.invoices.service import record_invoice, reverse_invoice, withdraw_invoice
from booking.ledger.queries import balance_of
from models.charges import Charge
from models.invoices import Invoice
from models.statements import Statement
from models.vouchers import VoucherCap
from tests.redemptions.claims import Claims
from tests.reservations.acting import at

DECEMBER = datetime(2026, 12, 28, 1, 30, tzinfo=UTC)
OF_USE, LATER = 37, 46
"""30 December, and 8 January."""
FEE, SHARE = 20_000, 6_000
OWN = FEE - SHARE
OUTSIDE, INSIDE = "2027-01-08", "2026-12-31"


class Invoiced(Claims):
    """One use of 200 yuan on 30 December that a voucher covers, accepted and billed; then 8 January."""

    def __init__(self, session: Session, **terms: Any) -> None:
        super().__init__(session, DECEMBER, budget_fen=100_000, **{"counts_on": "invoice", **terms})
        self.charge = self.used(9, day=OF_USE)
        self.later = self.office.later = at(12, day=LATER).start
        (self.slip,) = self.office.bill()

    def invoiced(self, on: str, number: str = "1", slip: Statement | None = None, **said: Any) -> Invoice:
        """An invoice over the whole of a statement, or of so much of it."""
        found = slip or self.slip
        items = [{"statement_id": found.id, "amount_fen": said.pop("fen", found.total_fen)}]
        named = {"number": number, "issued_on": on, "title": self.firm.name_zh, "items": items}
        form = InvoiceForm.model_validate({**named, **said})
        made: Invoice = self.by_finance(record_invoice, found.debtor_id, form)
        return made

    def reversed(self, invoice: Invoice, number: str = "R1", on: str = OUTSIDE) -> Invoice:
        form = ReversalForm.model_validate({"number": number, "issued_on": on, "reason": "抬头有误"})
        made: Invoice = self.by_finance(reverse_invoice, invoice.id, form)
        return made

    def withdrawn(self, invoice: Invoice) -> None:
        self.by_finance(withdraw_invoice, invoice.id, "日期有误")

    def by_finance(self, work: Any, *given: Any) -> Any:
        finance = self.actor(self.office.finance)
        return self.do(work, *given, windows=Windows(), by=finance, at_=self.later)

    def now_is(self) -> Charge:
        self.session.expire_all()
        return self.session.get_one(Charge, self.charge.id)

    def caps(self) -> dict[int, int]:
        """What was used of the cap of each year; everything adds up."""
        self.session.expire_all()
        assert self.faults() == []
        caps = self.session.scalars(select(VoucherCap).order_by(VoucherCap.year))
        return {one.year: one.cap_fen - balance_of(self.session, one.left_id) for one in caps}
