"""What vouchers paid is not asked for: statements, their papers and tables say how much it was, and of which."""

import io
from datetime import datetime, timedelta

import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.windows import Windows
from booking.payers.holds import for_reservation
from booking.reservations.forms import UseForm
from booking.reservations.service import request_reservation
from booking.reservations.using import confirm_use
from booking.reservations.wishes import Paying, Wish
from booking.statements.queries import items_of
from booking.statements.vouchered import deducted
from booking.web.extensions import db
from models.charges import Charge
from models.statements import Statement
from models.vouchers import Voucher
from tests.charges.firms_with_vouchers import Vouchered
from tests.counting import counting
from tests.factories.people import sign_in
from tests.reservations.acting import at
from tests.statements.office import Office


class Billing:
    """An office that bills uses of which a firm's voucher pays 30 percent."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.office = Office(session, now)
        self.firm = Vouchered(session, now, self.office.place)
        self.voucher: Voucher = self.firm.voucher(500_000)

    def used(self, hour: int, hours: int) -> Charge:
        """A use with a voucher that its payer has accepted."""
        office = self.office
        wish = Wish(office.instrument.id, at(hour, hours * 60), paying=Paying(office.payer.id))
        made = office.do(request_reservation, wish, by=office.lead)
        self.firm.hold(for_reservation(made.id), hours * 10_000, made.starts_at.date())
        office.do(confirm_use, made.id, UseForm(), windows=Windows(), by=office.steward, at_=made.ends_at)
        charge = self.session.query(Charge).filter_by(reservation_id=made.id).one()
        office.do(charges.accept_charge, charge.id, by=office.lead, at_=made.ends_at)
        return charge


@pytest.fixture
def billing(session: Session, now: datetime) -> Billing:
    return Billing(session, now)


def test_the_own_part_is_billed_and_what_is_adjusted_afterwards_is_credited_with_its_share_of_the_voucher(
    billing: Billing, client: FlaskClient
) -> None:
    charge, office = billing.used(9, 2), billing.office
    office.used(12)
    (slip,) = office.bill()
    office.changed(charge, -10_000)
    office.later += timedelta(days=1)
    (credit,) = office.bill()
    sign_in(client, office.finance)

    told = [client.get(f"/api/v1/statements/{one.id}").get_json() for one in (slip, credit)]

    parts = [[(one["amount_fen"], one["voucher_fen"], one["vouchers"]) for one in answer["items"]] for answer in told]
    number = billing.voucher.number
    assert parts == [[(14_000, 6_000, [number]), (10_000, 0, [])], [(-7_000, -3_000, [number])]]
    assert (slip.total_fen, credit.total_fen, office.faults()) == (24_000, -7_000, [])
    assert billing.firm.balances(billing.voucher) == (497_000, 0, 3_000)


def test_paper_table_and_page_say_the_fee_the_vouchers_part_and_the_own_part(
    billing: Billing, client: FlaskClient
) -> None:
    billing.used(9, 2)
    (slip,) = billing.office.bill()
    sign_in(client, billing.office.finance)

    page = client.get(f"/statements/{slip.id}").get_data(as_text=True)
    csv = client.get(f"/statements/{slip.id}.csv").get_data(as_text=True).splitlines()
    paper = pypdfium2.PdfDocument(io.BytesIO(client.get(f"/statements/{slip.id}.pdf").data))
    text = paper[0].get_textpage().get_text_bounded()
    paper.close()

    number = billing.voucher.number
    said = ("用券前合计：200.00 元", f"创新券抵扣：60.00 元（{number}）", "合计：140.00 元")
    assert csv[1].split(",")[7:] == ["140.00", "0.00", "200.00", "60.00", number]
    assert [one in text for one in said] == [True, True, True]
    assert (f"用券前 ¥200.00，券 {number} 抵扣" in page, "¥60.00" in page) == (True, True)


def test_statements_without_vouchers_ask_for_none_and_many_ask_once(billing: Billing, session: Session) -> None:
    office = billing.office
    office.used(9)
    (plain,) = office.bill()
    asked = statements_asked(session, plain)
    billing.used(11, 1)
    office.later += timedelta(days=1)
    (one,) = office.bill()
    of_one = statements_asked(session, one)
    for hour in (13, 15, 17):
        billing.used(hour, 1)
    office.later += timedelta(days=1)
    (three,) = office.bill()

    assert (asked, of_one, statements_asked(session, three)) == (1, 3, 3)


def statements_asked(session: Session, statement: Statement) -> int:
    session.expire_all()
    statement_id = statement.id
    with counting(db.engine) as found:
        deducted(session, items_of(session, statement_id))
    return len(found)
