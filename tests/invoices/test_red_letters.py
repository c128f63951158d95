"""Red-letter invoices of a part: up to the whole, never beyond, and what they take back is invoiced anew."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.errors import InvalidInput
from booking.invoices import queries, service
from booking.invoices.forms import InvoiceForm, ReversalForm
from booking.invoices.rules import tax_in, unfit_reversals
from booking.invoices.verifying import faults
from models.invoices import Invoice, InvoiceItem
from models.statements import Statement
from tests.factories.affiliations import affiliate
from tests.factories.people import sign_in
from tests.statements.office import Office

USCC = "12500000450386231L"
Part = dict[Statement, int]


class Finance(Office):
    """Records invoices and red-letter ones in one line each."""

    def __init__(self, session: Session, now: datetime, **price: Any) -> None:
        super().__init__(session, now, **price)
        self.place.name_zh, self.place.uscc = "西南大学", USCC
        session.commit()

    def record(self, number: str, covers: Part) -> Invoice:
        items = [{"statement_id": one.id, "amount_fen": fen} for one, fen in covers.items()]
        values = {"kind": "special", "number": number, "issued_on": "2026-11-25", "title": "西南大学", "rate": 600}
        form = InvoiceForm.model_validate({**values, "tax_number": USCC, "items": items})
        owes = next(iter(covers)).debtor_id
        made: Invoice = self.do(service.record_invoice, owes, form, by=self.finance, at_=self.later)
        return made

    def reverse(self, invoice: Invoice, number: str, part: Part | None = None) -> Invoice:
        items = [{"statement_id": one.id, "amount_fen": fen} for one, fen in (part or {}).items()]
        said = {"number": number, "issued_on": "2026-11-26", "reason": "减免", "items": items}
        form = ReversalForm.model_validate(said)
        made: Invoice = self.do(service.reverse_invoice, invoice.id, form, by=self.finance, at_=self.later)
        return made

    def withdraw(self, invoice: Invoice) -> None:
        self.do(service.withdraw_invoice, invoice.id, "录错", by=self.finance, at_=self.later)

    def refused(self, work: Callable[..., Any], *given: Any) -> list[str]:
        """At which fields it is refused."""
        with pytest.raises(InvalidInput) as found:
            work(*given)
        self.session.rollback()
        return [one.field for one in found.value.problems]

    def uncovered(self, *statements: Statement) -> list[int]:
        """What of each may be invoiced still; the books are right."""
        self.session.expire_all()
        assert list(faults(self.session)) == []
        ids = [one.id for one in statements]
        billed = queries.billed_of(self.session, statements[0].debtor_id, ids)
        return [billed[one].left_fen for one in ids]


@pytest.fixture
def office(session: Session, now: datetime) -> Finance:
    return Finance(session, now)


def test_what_is_against_reversing_is_said_at_each_statement() -> None:
    left, numbers = {1: 500, 2: 0}, {1: "A", 2: "B"}
    found = unfit_reversals({1: 500, 2: 1, 3: 1}, left, numbers)
    assert [(one.field, dict(one.values)) for one in found] == [
        ("amount_fen", {"number": "B", "left": "0.00"}),
        ("items", {}),
    ]


def test_parts_are_reversed_up_to_the_whole_never_beyond_and_invoiced_anew(office: Finance) -> None:
    office.used(9, 3)
    (one,) = office.bill()
    office.used(14, 1)
    (two,) = office.bill()
    both = office.record("B1", {one: 30_000, two: 10_000})

    office.reverse(both, "R1", {one: 5_000})
    after_first = office.uncovered(one, two)
    office.record("B2", {one: 5_000})
    beyond = office.refused(office.reverse, both, "R2", {one: 25_001})
    office.reverse(both, "R2", {one: 10_000, two: 4_000})
    rest = office.reverse(both, "R3")

    amounts = office.session.scalars(sa.select(Invoice.amount_fen).order_by(Invoice.id)).all()
    items = sa.select(InvoiceItem.amount_fen).where(InvoiceItem.invoice_id == rest.id).order_by(InvoiceItem.id)
    assert (after_first, beyond) == ([5_000, 0], ["amount_fen"])
    assert list(amounts) == [40_000, -5_000, 5_000, -14_000, -21_000]
    assert sorted(office.session.scalars(items)) == [-15_000, -6_000]
    assert office.uncovered(one, two) == [25_000, 10_000]
    with pytest.raises(service.AlreadyReversed):
        office.reverse(both, "R4", {one: 1})


def test_a_red_letter_of_another_statement_or_of_a_red_letter_is_refused(office: Finance) -> None:
    office.used(9)
    (one,) = office.bill()
    office.used(14)
    (two,) = office.bill()
    first = office.record("B1", {one: 10_000})
    red = office.reverse(first, "R1", {one: 1})

    assert office.refused(office.reverse, first, "R2", {two: 1}) == ["items"]
    with pytest.raises(service.AlreadyReversed):
        office.reverse(red, "R2")


def test_a_red_letter_is_not_withdrawn_once_what_it_took_back_was_invoiced_anew(office: Finance) -> None:
    office.used(9)
    (slip,) = office.bill()
    first = office.record("B1", {slip: 10_000})
    red = office.reverse(first, "R1", {slip: 4_000})
    anew = office.record("B2", {slip: 3_000})

    with pytest.raises(service.InvoicedAnew):
        office.withdraw(red)
    office.session.rollback()
    office.withdraw(anew)
    office.withdraw(red)

    assert office.uncovered(slip) == [0]
    office.reverse(first, "R1", {slip: 10_000})
    assert office.uncovered(slip) == [10_000]


def test_a_bill_paid_in_part_and_lowered_gets_a_red_letter_of_a_part_by_hand(office: Finance) -> None:
    """300 yuan billed and invoiced, 120 paid, 50 let off: a red letter over 50 and no invoice anew; 130 are left."""
    charge = office.used(9, 3)
    affiliate(office.session, office.lead, office.place)
    (slip,) = office.bill()
    first = office.record("B300", {slip: 30_000})
    office.receive(slip, 12_000, "paid 120 of 300")
    office.changed(charge, -5_000)
    office.bill()
    lowered = office.owed(slip)

    red = office.reverse(first, "R50", {slip: 5_000})
    office.receive(slip, 13_000, "paid the rest of 250")

    shown = queries.invoice_for(office.session, first.id, office.actor(office.finance), today=office.later.date())
    assert (lowered, red.amount_fen, tax_in(30_000, 600), tax_in(-5_000, 600)) == (
        (13_000, 13_000, 0),
        -5_000,
        1_698,
        -283,
    )
    assert (shown.left, shown.is_reversed, list(shown.warnings)) == ({slip.id: 25_000}, False, [])
    assert (office.owed(slip), office.state(charge), list(faults(office.session))) == ((0, 0, 0), "paid", [])


def test_verify_names_an_invoice_that_is_reversed_beyond_what_it_covers(office: Finance) -> None:
    office.used(9)
    (slip,) = office.bill()
    office.record("B0", {slip: 5_000})
    first = office.record("B1", {slip: 5_000})
    office.reverse(first, "R1", {slip: 4_000})
    same = ("organisation_id", "debtor_id", "kind", "title", "rate", "issued_on", "recorded_by_id", "created_at")
    kept = {name: getattr(first, name) for name in same}
    wrong = Invoice(**kept, number="R2", turn=9, amount_fen=-2_000, reverses_id=first.id)
    office.session.add(wrong)
    office.session.flush()
    office.session.add(InvoiceItem(invoice_id=wrong.id, statement_id=slip.id, amount_fen=-2_000))
    office.session.commit()

    assert list(faults(office.session)) == [
        f"invoice {first.id} is reversed beyond what it covers of statement {slip.id}"
    ]


def test_finance_reverses_a_part_on_the_page_and_the_rest_by_api(client: FlaskClient, office: Finance) -> None:
    office.used(9)
    (slip,) = office.bill()
    first = office.record("B1", {slip: 10_000})
    sign_in(client, office.finance)
    at, api = f"/invoices/{first.id}", f"/api/v1/invoices/{first.id}"
    said = {"number": "R1", "issued_on": "2026-11-26", "reason": "减免"}
    beyond = client.post(f"{at}/reverse", data=said | {f"covers-{slip.id}": "100.01"})

    done = client.post(f"{at}/reverse", data=said | {f"covers-{slip.id}": "40.00"})

    page, shown = client.get(at).get_data(as_text=True), client.get(api).get_json()
    assert (beyond.status_code, done.status_code) == (422, 303)
    assert "还可以红冲 100.00 元" in beyond.get_data(as_text=True)
    assert "部分红冲" in page
    assert "红冲后还有 ¥60.00" in page
    assert (shown["is_reversed"], shown["items"][0]["left_fen"], len(shown["reversed_by_ids"])) == (False, 6_000, 1)
    rest = {"number": "R2", "issued_on": "2026-11-26", "reason": "减免"}
    sent = client.post(f"{api}/reverse", json=rest)
    assert (sent.status_code, sent.get_json()["amount_fen"]) == (201, -6_000)
    assert client.get(api).get_json()["is_reversed"]
    assert 'id="reverse"' not in client.get(at).get_data(as_text=True)
