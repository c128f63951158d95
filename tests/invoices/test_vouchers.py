"""An invoice is compared with the enterprise whose voucher pays a part of what it covers."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from booking.invoices import queries, service
from booking.invoices.forms import InvoiceForm
from booking.invoices.rules import Difference, Party, voucher_differences
from tests.statements.test_vouchers import Billing

FIRM = Party(frozenset({"北碚精工"}), "91500000MA5U0G1X3X")
OTHER = Party(frozenset({"西南大学"}))
OF_VOUCHERS = {one for one in Difference if one.value.endswith("_voucher")}


@pytest.mark.parametrize(
    ("title", "tax_number", "payer", "contracted", "expected"),
    [
        pytest.param("北碚精工", FIRM.tax_number, FIRM, [FIRM], set(), id="everything is the enterprise"),
        pytest.param("北碚精工", "", Party(frozenset()), [], set(), id="somebody pays in person for it"),
        pytest.param("西南大学", "", FIRM, [], {Difference.TITLE_NOT_VOUCHER}, id="another title"),
        pytest.param("北碚精工", "1", FIRM, [], {Difference.TAX_NUMBER_NOT_VOUCHER}, id="another tax number"),
        pytest.param("北碚精工", "", OTHER, [], {Difference.PAYER_NOT_VOUCHER}, id="another payer"),
        pytest.param("北碚精工", "", FIRM, [OTHER], {Difference.CONTRACT_NOT_VOUCHER}, id="another party contracted"),
    ],
)
def test_what_differs_from_the_enterprise_of_a_voucher(
    title: str, tax_number: str, payer: Party, contracted: list[Party], expected: set[Difference]
) -> None:
    assert set(voucher_differences(title, tax_number, payer, contracted, [FIRM])) == expected


def test_an_invoice_to_a_grant_for_what_a_firms_voucher_pays_a_part_of_is_pointed_out(
    session: Session, now: datetime
) -> None:
    billing, found = Billing(session, now), []
    office = billing.office
    billing.used(9, 1)
    (slip,) = office.bill()
    for number, title in (("1", office.place.name_zh), ("2", billing.firm.firm.name_zh)):
        said = {"kind": "ordinary", "number": number, "issued_on": office.later.date().isoformat(), "rate": 600}
        items = [{"statement_id": slip.id, "amount_fen": 100}]
        form = InvoiceForm.model_validate({"title": title, "tax_number": "", "items": items, **said})
        made = office.do(service.record_invoice, slip.debtor_id, form, by=office.finance, at_=office.later)
        finance, today = office.actor(office.finance), office.later.date()
        warnings = queries.invoice_for(session, made.id, finance, today=today).warnings
        found.append(OF_VOUCHERS & set(warnings))

    assert found == [{Difference.TITLE_NOT_VOUCHER, Difference.PAYER_NOT_VOUCHER}, {Difference.PAYER_NOT_VOUCHER}]
