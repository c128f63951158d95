"""What an invoice says is compared with the contracts that the uses rest on."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.windows import Windows
from booking.invoices import queries, service
from booking.invoices.contracted import contracted_for
from booking.invoices.forms import InvoiceForm
from booking.invoices.rules import Difference, Party
from booking.reservations.forms import UseForm
from booking.reservations.using import confirm_use
from booking.statements import service as statements
from booking.statements.forms import DraftsForm
from models.accounts import User
from models.charges import Charge
from models.statements import Statement
from tests.counting import counting
from tests.factories.contracts import USCC
from tests.factories.people import sign_in
from tests.factories.requiring import Place, make_place

OTHER = "12500000450386231L"
DAYS = timedelta(days=9)


@pytest.fixture
def place(session: Session, now: datetime) -> Place:
    return make_place(session, now)


def billed(place: Place, day: int, billed_to: int | None = None) -> Statement:
    """A statement of the outsider's five hours under their firm's contract, in its name unless said otherwise."""
    session = place.session
    made = place.booked(5, day=day)
    session.commit()
    who: dict[str, Any] = {"actor": place.steward, "now": made.ends_at}
    confirm_use(session, made.id, UseForm(), windows=Windows(), **who)
    charge = session.scalars(sa.select(Charge).where(Charge.reservation_id == made.id)).one()
    charges.accept_charge(session, charge.id, actor=place.outsider, now=made.ends_at)
    finance: dict[str, Any] = {"actor": place.deals.keeper, "now": place.now + DAYS}
    form = DraftsForm(until_on=finance["now"].date())
    (draft,) = statements.make_drafts(session, place.deals.place.id, form, **finance)
    issued = statements.issue_statement(session, draft.id, billed_to=billed_to, **finance)
    session.commit()
    return issued


def recorded(place: Place, statement: Statement, number: str, **said: Any) -> list[Difference]:
    """What is to be looked at of an invoice over it."""
    values = {"kind": "special", "number": number, "issued_on": "2026-11-25", "rate": 600, "tax_number": USCC, **said}
    items = [{"statement_id": statement.id, "amount_fen": 1_000}]
    form = InvoiceForm.model_validate({"title": "示例公司", "items": items, **values})
    finance, later = place.deals.keeper, place.now + DAYS
    made = service.record_invoice(place.session, statement.debtor_id, form, actor=finance, now=later)
    place.session.commit()
    return list(queries.invoice_for(place.session, made.id, finance, today=later.date()).warnings)


def test_what_differs_from_the_contract_is_said(place: Place) -> None:
    place.deals.signed()
    bill = billed(place, 2)

    assert recorded(place, bill, "1") == []
    assert recorded(place, bill, "2", title="Example Ltd") == []
    of_other = recorded(place, bill, "3", title="西南大学", tax_number=OTHER)

    assert of_other == [
        Difference.TITLE_NOT_PAYER,
        Difference.TAX_NUMBER_NOT_PAYER,
        Difference.TITLE_NOT_HOLDER,
        Difference.TITLE_NOT_CONTRACT,
        Difference.TAX_NUMBER_NOT_CONTRACT,
    ]


def test_who_is_billed_alone_for_what_their_firm_contracted_is_said_on_form_page_and_api(
    client: FlaskClient, place: Place
) -> None:
    place.deals.signed()
    bill = billed(place, 2, billed_to=0)
    sign_in(client, place.session.get_one(User, place.deals.keeper.id))

    form = client.get(f"/debtors/{bill.debtor_id}/invoices/new").get_data(as_text=True)
    found = recorded(place, bill, "1", title="Outsider", tax_number="", kind="ordinary")
    page = client.get("/invoices/1").get_data(as_text=True)
    answer = client.get("/api/v1/invoices/1").get_json()

    assert ("合同对方：示例公司" in form, "付款人与合同的对方不是同一单位：JS2026-00001" in form) == (True, True)
    assert found == [Difference.TITLE_NOT_CONTRACT, Difference.PAYER_NOT_CONTRACT]
    assert ("抬头与这些使用所依据合同的对方名称不同" in page, answer["warnings"]) == (True, [str(one) for one in found])


def test_a_form_for_the_contracts_own_party_warns_of_nothing(client: FlaskClient, place: Place) -> None:
    place.deals.signed()
    bill = billed(place, 2)
    sign_in(client, place.session.get_one(User, place.deals.keeper.id))

    form = client.get(f"/debtors/{bill.debtor_id}/invoices/new").get_data(as_text=True)

    assert ("合同对方：示例公司" in form, "不是同一单位" in form) == (True, False)


def test_whom_many_statements_were_contracted_with_is_read_by_one_statement(place: Place) -> None:
    place.deals.signed()
    ids = [billed(place, day).id for day in range(2, 7)]
    counts = []
    for some in (ids[:2], ids):
        with counting() as sent:
            found = contracted_for(place.session, some)
        counts.append((len(found), len(sent)))

    assert counts == [(2, 1), (5, 1)]


def test_one_party_is_known_by_its_number_before_its_name() -> None:
    named, renamed = Party(frozenset({"甲"}), USCC), Party(frozenset({"乙"}), USCC)
    other, abroad = Party(frozenset({"甲"}), OTHER), Party(frozenset({"甲"}))

    assert [named.is_same(one) for one in (named, renamed, other, abroad)] == [True, True, False, True]
    assert not named.is_same(Party(frozenset()))
