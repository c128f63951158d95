"""Invoices of money that was paid in: within what receipts brought, undone as others, and doubted where twice."""

import io
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.invoices import queries, service, top_ups
from booking.invoices.forms import InvoiceForm, ReversalForm, TopUpInvoiceForm
from booking.invoices.rules import Difference, invoiced_twice
from booking.invoices.verifying import faults
from booking.payers import amounts
from booking.payers.forms import PayerReceiptForm
from models.invoices import Invoice, InvoiceTopUp
from models.payers import PayerAccount, PayerMovement
from models.statements import Debtor, Statement
from models.vocabulary.payers import PayerKind
from tests.factories.affiliations import affiliate
from tests.factories.looking import count
from tests.factories.people import sign_in
from tests.statements.office import Office

USCC = "12500000450386231L"


class Desk(Office):
    """An institution whose lead paid 1,000 yuan in by the receipt T1."""

    def __init__(self, session: Session, now: datetime) -> None:
        super().__init__(session, now, PayerKind.PREPAID, 100_000)
        self.place.name_zh, self.place.uscc = "西南大学", USCC
        session.commit()
        self.movement = session.scalars(sa.select(PayerMovement)).one()

    def said(self, number: str, items: list[dict[str, int]]) -> dict[str, Any]:
        values = {"kind": "special", "number": number, "issued_on": "2026-11-25", "title": "西南大学", "rate": 600}
        return {**values, "tax_number": USCC, "items": items}

    def record(self, number: str, fen: int, by: Any = None) -> Invoice:
        form = TopUpInvoiceForm.model_validate(
            self.said(number, [{"movement_id": self.movement.id, "amount_fen": fen}])
        )
        who = by or self.finance
        made: Invoice = self.do(service.record_top_up_invoice, self.payer.id, form, by=who, at_=self.later)
        return made

    def record_statement(self, number: str, statement: Statement, fen: int) -> Invoice:
        form = InvoiceForm.model_validate(self.said(number, [{"statement_id": statement.id, "amount_fen": fen}]))
        made: Invoice = self.do(service.record_invoice, statement.debtor_id, form, by=self.finance, at_=self.later)
        return made

    def reverse(self, invoice: Invoice, number: str, **parts: Any) -> Invoice:
        form = ReversalForm.model_validate({"number": number, "issued_on": "2026-11-26", "reason": "开错", **parts})
        made: Invoice = self.do(service.reverse_invoice, invoice.id, form, by=self.finance, at_=self.later)
        return made

    def left_to_invoice(self) -> int:
        """What of the money may be invoiced still; the books are right."""
        self.session.expire_all()
        assert [*faults(self.session), *self.faults()] == []
        account = self.session.get_one(PayerAccount, self.payer.id)
        return top_ups.paid_in(self.session, account)[0].left_fen

    def warnings(self, invoice: Invoice) -> list[Difference]:
        self.session.expire_all()
        seen = queries.invoice_for(self.session, invoice.id, self.actor(self.finance), today=self.later.date())
        return list(seen.warnings)


@pytest.fixture
def desk(session: Session, now: datetime) -> Desk:
    return Desk(session, now)


@pytest.mark.parametrize(
    ("paid", "invoiced", "taken", "expected"),
    [
        (1_000, 1_000, 0, []),
        (1_000, 1_001, 0, [Difference.MORE_THAN_PAID_IN]),
        (1_000, 600, 400, []),
        (1_000, 600, 401, [Difference.INVOICED_TWICE]),
    ],
)
def test_money_is_invoiced_twice_where_both_are_more_than_was_paid_in(
    paid: int, invoiced: int, taken: int, expected: list[Difference]
) -> None:
    assert invoiced_twice(paid, invoiced, taken) == expected


def test_money_paid_in_is_invoiced_in_parts_never_beyond_its_receipt_and_undone_as_others(desk: Desk) -> None:
    first = desk.record("B1", 60_000)
    for number, fen, field in (("B2", 40_001, "amount_fen"), ("B1", 1, "number")):
        with pytest.raises(InvalidInput) as refused:
            desk.record(number, fen)
        desk.session.rollback()
        assert [one.field for one in refused.value.problems] == [field]
    second = desk.record("B2", 40_000)
    whole = desk.left_to_invoice()
    with pytest.raises(InvalidInput) as other:
        desk.reverse(first, "R1", items=[{"statement_id": 1, "amount_fen": 1}])
    desk.session.rollback()
    red = desk.reverse(first, "R1", paid_in=[{"movement_id": desk.movement.id, "amount_fen": 25_000}])
    part = desk.left_to_invoice()
    desk.record("B3", 25_000)
    with pytest.raises(service.InvoicedAnew):
        desk.do(service.withdraw_invoice, red.id, "录错", by=desk.finance, at_=desk.later)
    desk.session.rollback()
    desk.do(service.withdraw_invoice, second.id, "录错", by=desk.finance, at_=desk.later)
    rest = desk.reverse(first, "R2")

    assert ([one.field for one in other.value.problems], whole, part) == (["items"], 0, 25_000)
    assert (red.amount_fen, rest.amount_fen, desk.left_to_invoice()) == (-25_000, -35_000, 75_000)
    assert count(desk.session, Debtor) == 1


def test_whoever_pays_in_reads_it_and_nobody_records_their_own(desk: Desk) -> None:
    for person, wrong in ((desk.lead, Forbidden), (desk.stranger, NotFound)):
        with pytest.raises(wrong):
            desk.record("B1", 1, by=person)
        desk.session.rollback()
    assert count(desk.session, Debtor) == 0
    made = desk.record("B1", 1)

    shown = queries.invoice_for(desk.session, made.id, desk.actor(desk.lead), today=desk.later.date())

    assert [(one.movement.receipt_number, one.amount_fen) for one in shown.paid_in] == [("T1", 1)]
    with pytest.raises(NotFound):
        queries.invoice_for(desk.session, made.id, desk.actor(desk.other), today=desk.later.date())


def test_what_was_taken_of_money_that_is_invoiced_is_pointed_out_when_it_is_invoiced_again(desk: Desk) -> None:
    desk.used(9, 3)
    affiliate(desk.session, desk.lead, desk.place)
    (taken,) = desk.bill()
    paid = desk.record("B1", 60_000)
    again = desk.record_statement("B2", taken, 30_000)
    fits = desk.warnings(paid), desk.warnings(again)

    more = desk.record("B3", 40_000)

    assert (taken.taken_fen, fits) == (30_000, ([], []))
    assert [desk.warnings(one) for one in (paid, again, more)] == [[Difference.INVOICED_TWICE]] * 3
    desk.reverse(again, "R2")
    assert desk.warnings(paid) == []
    back = PayerReceiptForm(amount_fen=20_000, receipt_number="Z1", receipt_on=desk.now.date())
    desk.do(amounts.refund, desk.payer.id, back, by=desk.finance)
    assert desk.warnings(paid) == [Difference.MORE_THAN_PAID_IN]


def test_verify_names_money_that_invoices_cover_beyond_what_came(desk: Desk) -> None:
    made = desk.record("B1", 100_000)
    same = ("organisation_id", "debtor_id", "kind", "title", "rate", "issued_on", "recorded_by_id", "created_at")
    wrong = Invoice(**{name: getattr(made, name) for name in same}, number="B2", amount_fen=5)
    desk.session.add(wrong)
    desk.session.flush()
    desk.session.add(InvoiceTopUp(invoice_id=wrong.id, movement_id=desk.movement.id, amount_fen=5))
    desk.session.commit()

    assert list(faults(desk.session)) == [f"movement {desk.movement.id} brought 100000 fen, invoices cover 100005"]


def test_finance_records_it_on_the_page_with_its_file_and_by_api(client: FlaskClient, desk: Desk) -> None:
    sign_in(client, desk.finance)
    at = f"/payer-accounts/{desk.payer.id}"
    assert f'href="{at}/invoices"' in client.get(at).get_data(as_text=True)
    form = {"kind": "ordinary", "number": "B 1", "issued_on": "2026-11-20", "title": "西南大学", "rate": "6"}
    form[f"paid-{desk.movement.id}"] = "1000.01"
    wrong = client.post(f"{at}/invoices/new", data=form)
    form[f"paid-{desk.movement.id}"] = "400.00"
    file = {"files": (io.BytesIO(b"%PDF-1.7\n%%EOF"), "发票.pdf")}
    sent = client.post(f"{at}/invoices/new", data=form | file, content_type="multipart/form-data")
    page = client.get(sent.location).get_data(as_text=True)
    item = [{"movement_id": desk.movement.id, "amount_fen": 60_000}]
    by_api = client.post(f"/api/v1{at}/invoices", json=desk.said("B2", item) | {"issued_on": "2026-11-20"})
    listed = client.get(f"{at}/invoices").get_data(as_text=True)
    red = {"number": "R1", "issued_on": "2026-11-21", "reason": "开错", f"paid-{desk.movement.id}": "100.00"}
    client.post(f"{sent.location}/reverse", data=red)

    shown = client.get(f"/api/v1{sent.location}").get_json()
    paid = client.get(f"/api/v1{at}/paid-in").get_json()["items"]
    assert (wrong.status_code, "还可以开票 1000.00 元" in wrong.get_data(as_text=True)) == (422, True)
    assert (sent.status_code, "T1" in page, "¥400.00" in page, by_api.status_code) == (303, True, True, 201)
    assert (shown["paid_in"][0]["left_fen"], shown["items"], len(shown["attachments"])) == (30_000, [], 1)
    assert [(one["receipt_number"], one["amount_fen"], one["left_fen"]) for one in paid] == [("T1", 100_000, 10_000)]
    assert "已开票 ¥1,000.00" in listed
    assert len(client.get(f"/api/v1/invoices?payer_account={desk.payer.id}").get_json()["items"]) == 3
    sign_in(client, desk.stranger)
    assert client.get(f"{at}/invoices").status_code == 404
