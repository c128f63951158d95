"""Invoices: recorded once, never above what a statement asks for, reversed, and looked at where they differ."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.attachments.rules import invoice_type
from booking.core import forms
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.invoices import queries, service
from booking.invoices.forms import InvoiceForm, ReversalForm
from booking.invoices.rules import Difference, tax_in
from booking.invoices.verifying import faults
from models.invoices import Invoice, InvoiceItem
from models.statements import Statement
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_organisation
from tests.factories.people import sign_in
from tests.statements.office import Office

USCC = "12500000450386231L"


def ofd() -> bytes:
    """A package whose root says what it is."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        package.writestr(zipfile.ZipInfo("OFD.xml"), "<ofd:OFD/>")
    return written.getvalue()


@pytest.fixture
def office(session: Session, now: datetime) -> Office:
    found = Office(session, now)
    found.place.name_zh, found.place.uscc = "西南大学", USCC
    session.commit()
    return found


def said(statement: Statement, fen: int, number: str = "25502000000001", **more: Any) -> InvoiceForm:
    values = {"kind": "special", "number": number, "issued_on": "2026-11-25", "title": "西南大学", "rate": 600}
    items = [{"statement_id": statement.id, "amount_fen": fen}]
    return InvoiceForm.model_validate({**values, "tax_number": USCC, "items": items, **more})


def refused(office: Office, work: Callable[..., Any], *given: Any, by: Any = None) -> list[str]:
    """At which fields it is refused; nothing is stored."""
    before = office.session.scalar(sa.select(sa.func.count(Invoice.id)))
    with pytest.raises(InvalidInput) as found:
        office.do(work, *given, by=by or office.finance, at_=office.later)
    office.session.rollback()
    assert office.session.scalar(sa.select(sa.func.count(Invoice.id))) == before
    return [one.field for one in found.value.problems]


def test_the_tax_in_an_amount_is_rounded_to_the_fen() -> None:
    assert [tax_in(10_600, 600), tax_in(10_000, 600), tax_in(-10_000, 600), tax_in(5, 0)] == [600, 566, -566, 0]


def test_an_invoice_covers_what_is_left_of_statements_and_a_red_one_takes_it_back_whole(office: Office) -> None:
    office.used(9, 3)
    (slip,) = office.bill()
    do, owes = office.do, slip.debtor_id
    first = do(service.record_invoice, owes, said(slip, 20_000), by=office.finance, at_=office.later)
    assert refused(office, service.record_invoice, owes, said(slip, 10_001, "2")) == ["amount_fen"]
    assert refused(office, service.record_invoice, owes, said(slip, 10_000)) == ["number"]
    no_tax_number = said(slip, 10_000, "2", tax_number="")
    assert refused(office, service.record_invoice, owes, no_tax_number) == ["tax_number"]
    do(service.record_invoice, owes, said(slip, 10_000, "2"), by=office.finance, at_=office.later)
    red = ReversalForm.model_validate({"number": "3", "issued_on": "2026-11-26", "reason": "开错"})
    early = red.model_copy(update={"issued_on": slip.issued_on.replace(day=1)})
    assert refused(office, service.reverse_invoice, first.id, early) == ["issued_on"]

    made = do(service.reverse_invoice, first.id, red, by=office.finance, at_=office.later)

    items = office.session.scalars(sa.select(InvoiceItem.amount_fen).order_by(InvoiceItem.id)).all()
    assert (made.amount_fen, made.reverses_id, list(items)) == (-20_000, first.id, [20_000, 10_000, -20_000])
    for again in (first, made):
        with pytest.raises(service.AlreadyReversed):
            office.do(service.reverse_invoice, again.id, red, by=office.finance, at_=office.later)
        office.session.rollback()
    do(service.record_invoice, owes, said(slip, 20_000, "4"), by=office.finance, at_=office.later)
    assert list(faults(office.session)) == []
    for person, wrong in ((office.stranger, NotFound), (office.lead, Forbidden)):
        with pytest.raises(wrong):
            office.do(service.record_invoice, owes, said(slip, 1, "5"), by=person, at_=office.later)
        office.session.rollback()


def test_what_was_recorded_wrongly_is_withdrawn_and_its_number_recorded_anew(office: Office) -> None:
    office.used(9)
    (slip,) = office.bill()
    do, owes = office.do, slip.debtor_id
    by: dict[str, Any] = {"by": office.finance, "at_": office.later}
    wrong = do(service.record_invoice, owes, said(slip, 6_000), **by)
    red = ReversalForm.model_validate({"number": "3", "issued_on": "2026-11-26", "reason": "开错"})
    reversal = do(service.reverse_invoice, wrong.id, red, **by)
    with pytest.raises(service.WithdrawReversalFirst):
        do(service.withdraw_invoice, wrong.id, "录错", **by)
    office.session.rollback()
    do(service.withdraw_invoice, reversal.id, "录错", **by)
    do(service.reverse_invoice, wrong.id, red.model_copy(update={"number": "4"}), **by)
    right = do(service.record_invoice, owes, said(slip, 10_000, "3"), **by)

    do(service.withdraw_invoice, right.id, "金额录错", **by)

    again = do(service.record_invoice, owes, said(slip, 9_000, "3"), **by)
    assert (again.turn, queries.billed_of(office.session, owes, [slip.id])[slip.id].left_fen) == (2, 1_000)
    for again_or_red in (partial(do, service.withdraw_invoice), partial(do, service.reverse_invoice)):
        with pytest.raises(service.Withdrawn):
            again_or_red(right.id, red, **by)
        office.session.rollback()
    assert list(faults(office.session)) == []


def test_what_differs_between_invoice_payer_and_holder_is_said_and_a_wrong_tax_number_refused(office: Office) -> None:
    office.used(9)
    (slip,) = office.bill()
    other = {"title": "重庆大学", "tax_number": "91500000MA5U0G1X3X"}
    with pytest.raises(InvalidInput):
        forms.read(InvoiceForm, {**said(slip, 1).model_dump(mode="json"), **other})
    form = said(slip, 10_000, title="重庆大学")
    made = office.do(service.record_invoice, slip.debtor_id, form, by=office.finance, at_=office.later)

    found = queries.invoice_for(office.session, made.id, office.actor(office.finance), today=office.later.date())

    assert list(found.warnings) == [Difference.TITLE_NOT_PAYER, Difference.TITLE_NOT_HOLDER]


def test_invoices_beyond_what_is_left_after_a_credit_are_said(office: Office) -> None:
    charge = office.used(9)
    affiliate(office.session, office.lead, office.place)
    (slip,) = office.bill()
    made = office.do(service.record_invoice, slip.debtor_id, said(slip, 10_000), by=office.finance, at_=office.later)
    asked: dict[str, Any] = {"today": office.later.date()}
    before = queries.invoice_for(office.session, made.id, office.actor(office.finance), **asked)

    office.changed(charge, -3_000)
    office.bill()

    after = queries.invoice_for(office.session, made.id, office.actor(office.finance), **asked)
    assert (list(before.warnings), list(after.warnings)) == ([], [Difference.MORE_THAN_BILLED])


def test_a_bill_that_is_paid_in_part_and_lowered_is_turned_red_and_invoiced_anew_by_hand(office: Office) -> None:
    charge = office.used(9, 3)
    affiliate(office.session, office.lead, office.place)
    (slip,) = office.bill()
    do, owes = office.do, slip.debtor_id
    by: dict[str, Any] = {"by": office.finance, "at_": office.later}
    first = do(service.record_invoice, owes, said(slip, 30_000, "B300"), **by)
    office.receive(slip, 12_000, "paid 120 of 300")
    half = office.owed(slip)
    office.changed(charge, -5_000)
    office.bill()
    lowered = office.owed(slip)

    red = ReversalForm.model_validate({"number": "R300", "issued_on": "2026-11-26", "reason": "减免 50 元"})
    reversal = do(service.reverse_invoice, first.id, red, **by)
    anew = do(service.record_invoice, owes, said(slip, 25_000, "B250"), **by)
    office.receive(slip, 13_000, "paid the rest of 250")

    amounts = office.session.scalars(sa.select(Invoice.amount_fen).order_by(Invoice.id)).all()
    found = queries.invoice_for(office.session, anew.id, office.actor(office.finance), today=office.later.date())
    assert (half, lowered) == ((18_000, 18_000, 0), (13_000, 13_000, 0))
    assert (list(amounts), reversal.reverses_id) == ([30_000, -30_000, 25_000], first.id)
    assert tax_in(30_000, 600) + tax_in(-30_000, 600) + tax_in(25_000, 600) == 1_415
    assert (list(found.warnings), office.owed(slip), office.state(charge)) == ([], (0, 0, 0), "paid")
    assert list(faults(office.session)) == []


def test_the_title_is_compared_with_the_organisation_that_the_statement_names(office: Office) -> None:
    affiliate(office.session, office.other, make_organisation(office.session))
    office.used(9, by=office.other)
    (bill,) = office.bill()
    form = said(bill, 10_000, title="Other")
    made = office.do(service.record_invoice, bill.debtor_id, form, by=office.finance, at_=office.later)

    found = queries.invoice_for(office.session, made.id, office.actor(office.finance), today=office.later.date())

    assert list(found.warnings) == [Difference.TITLE_NOT_PAYER]


def test_finance_records_one_with_its_file_and_the_payer_reads_it(client: FlaskClient, office: Office) -> None:
    office.used(9)
    (slip,) = office.bill()
    sign_in(client, office.finance)
    at = f"/debtors/{slip.debtor_id}/invoices/new"
    assert 'value="西南大学"' in client.get(at).get_data(as_text=True)
    form = {"kind": "ordinary", "number": "2550 2000 1", "issued_on": "2026-11-25", "title": "西南大学", "rate": "6"}
    form[f"covers-{slip.id}"] = "100.00"
    wrong = client.post(at, data=form | {"files": (io.BytesIO(b"<svg/>"), "a.xml")}, content_type="multipart/form-data")
    assert wrong.status_code == 422

    sent = client.post(at, data=form | {"files": (io.BytesIO(ofd()), "发票.ofd")}, content_type="multipart/form-data")

    assert sent.status_code == 303
    sign_in(client, office.lead)
    shown = client.get(f"/api/v1{sent.location}").get_json()
    assert (shown["number"], shown["rate"], shown["amount_fen"], shown["tax_fen"]) == ("255020001", 600, 10_000, 566)
    assert (shown["warnings"], shown["attachments"][0]["file_name"]) == ([], "发票.ofd")
    file = client.get(shown["attachments"][0]["url"])
    assert (file.mimetype, file.data) == ("application/ofd", ofd())
    assert "attachment" in file.headers["Content-Disposition"]
    sign_in(client, office.stranger)
    assert client.get(sent.location).status_code == 404


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"%PDF-1.7\n%%EOF", "application/pdf", id="pdf"),
        pytest.param(ofd(), "application/ofd", id="ofd"),
        pytest.param(b'<?xml version="1.0"?>\n<EInvoice/>', "application/xml", id="xml"),
        pytest.param(b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', None, id="a page"),
        pytest.param(b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', None, id="a drawing"),
        pytest.param('<?xml version="1.0" encoding="GBK"?><a>发票</a>'.encode("gbk"), "application/xml", id="gbk"),
        pytest.param(b'<?xml version="1.0" encoding="UTF-7"?><a/>', None, id="read as something else"),
        pytest.param(b'<?xml version="1.0"?><a xmlns="http://www.w3.org/1999/xht&#109;l"/>', None, id="hidden page"),
        pytest.param(b'<?xml version="1.0"?>' + b"xmlns" * 400_000, "application/xml", id="long words"),
        pytest.param(b'<?xml version="1.0"?><?xml-stylesheet href="a"?><a/>', None, id="styled"),
        pytest.param(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", None, id="entities"),
        pytest.param(b"plain", None, id="text"),
    ],
)
def test_the_type_of_an_invoice_follows_from_its_content(content: bytes, expected: str | None) -> None:
    assert invoice_type(content) == expected
