"""What the use of an instrument is to a voucher decides its share and whether the provider is recognised for it."""

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue.forms import InstrumentChanges
from booking.catalogue.importing import import_instruments
from booking.catalogue.service import patch_instrument
from booking.core.clock import utcnow
from booking.recognitions.forms import RecognitionForm
from booking.recognitions.service import recognise
from booking.reservations.choosing_payer import choose_payer
from booking.reservations.moving import move_reservation
from booking.reservations.refusals import ReservationRefused
from booking.reservations.service import ask
from booking.reservations.wishes import Paying
from booking.vouchers.plans import Plan
from models.catalogue import Instrument
from models.directory import Organisation
from models.programmes import Programme
from models.vocabulary.programmes import Reason, ServiceType
from models.vocabulary.recognitions import RecognitionKind
from models.vouchers import Voucher, VoucherWish
from tests.factories.looking import look_again
from tests.factories.people import sign_in
from tests.factories.programmes import make_officer
from tests.reservations.acting import at, codes
from tests.reservations.firms import NO_VOUCHER, Firm, automatic, named
from tests.reservations.test_voucher_pages import HTMX, Caller, around_today, typed, wish

FULL_SHARES = {
    "instrument_sharing": 3_000,
    "shared_laboratory": 3_000,
    "testing": 3_000,
    "proof_of_concept": 2_000,
    "pilot_scale": 2_000,
    "computing": 2_000,
}
"""What Sichuan pays of each in 2025 (川科政〔2025〕6号)."""


@pytest.fixture
def firm(session: Session, now: datetime) -> Firm:
    return Firm(session, now)


def become(firm: Firm, service_type: ServiceType) -> None:
    """The instrument is something else from now on."""
    admin = firm.actor(firm.admin)
    patch_instrument(
        firm.session, firm.instrument.id, InstrumentChanges(service_type=service_type), actor=admin, now=firm.now
    )
    firm.session.commit()


def accept(firm: Firm, voucher: Voucher, service_type: ServiceType) -> None:
    """The authority of a voucher recognises a type of service from the provider's province."""
    programme = firm.session.get_one(Programme, voucher.programme_id)
    authority = firm.session.get_one(Organisation, programme.organisation_id)
    form = RecognitionForm(
        organisation_id=authority.id,
        kind=RecognitionKind.SERVICE_TYPE,
        province="510000",
        service_type=service_type,
        starts_on=date(2026, 1, 1),
        notice="互认通知",
    )
    officer = make_officer(firm.session, authority, f"types-{service_type}", now=firm.now)
    recognise(firm.session, form, actor=officer, now=firm.now)
    firm.session.commit()


def issue(firm: Firm, *accepted: ServiceType, **said: Any) -> Voucher:
    """A voucher by the numbers of Sichuan, whose authority recognises these types besides sharing and testing."""
    voucher = firm.issue(1_000_000, shares=FULL_SHARES, **said)
    for one in accepted:
        if one != ServiceType.TESTING:
            accept(firm, voucher, one)
    return voucher


def planned(firm: Firm) -> Plan:
    answer = ask(firm.session, firm.wish(9, 120, None), actor=firm.actor(), now=firm.now)
    assert answer.payment is not None
    assert answer.payment.covering is not None
    return answer.payment.covering.plan(answer.payment.cost(answer.period), answer.period)


def types_kept(firm: Firm) -> list[ServiceType]:
    look_again(firm.session)
    return list(firm.session.scalars(select(VoucherWish.service_type).order_by(VoucherWish.id)))


@pytest.mark.parametrize(
    ("service_type", "covered"),
    [
        (ServiceType.SHARED_LABORATORY, 60_000),
        (ServiceType.TESTING, 60_000),
        (ServiceType.PROOF_OF_CONCEPT, 40_000),
        (ServiceType.PILOT_SCALE, 40_000),
        (ServiceType.COMPUTING, 40_000),
    ],
)
def test_each_type_of_service_has_the_share_of_its_own(firm: Firm, service_type: ServiceType, covered: int) -> None:
    voucher = issue(firm, service_type)
    become(firm, service_type)

    found = planned(firm)
    firm.book(9, 120)

    assert (found.covered_fen, found.own_fen) == (covered, 200_000 - covered)
    assert (firm.amounts(voucher), firm.paid()) == ((1_000_000 - covered, covered), 200_000 - covered)
    assert types_kept(firm) == [service_type]


def test_what_a_table_says_of_an_instrument_decides_too(firm: Firm) -> None:
    voucher = issue(firm, ServiceType.COMPUTING)
    firm.instrument.inner_id = "HPC-1"
    firm.session.commit()
    written = io.StringIO()
    row = {"inner_id": "HPC-1", "institution": firm.owner.name_zh, "服务类型": "高性能算力"}
    writer = csv.DictWriter(written, fieldnames=list(row))
    writer.writeheader()
    writer.writerow(row)

    import_instruments(firm.session, written.getvalue().encode(), actor=None, now=firm.now)
    firm.session.commit()
    firm.book(9, 120)

    assert firm.amounts(voucher) == (960_000, 40_000)


def test_the_register_decides_for_the_type_of_the_instrument(firm: Firm) -> None:
    voucher = issue(firm)
    become(firm, ServiceType.PILOT_SCALE)

    before = planned(firm)
    with pytest.raises(ReservationRefused) as refused:
        firm.book(9, 120, named(voucher))
    firm.session.rollback()
    accept(firm, voucher, ServiceType.COMPUTING)
    of_another = planned(firm)
    accept(firm, voucher, ServiceType.PILOT_SCALE)
    after = planned(firm)

    assert [[one.reason for one in found.reasons] for found in (before, of_another)] == [[Reason.NOT_RECOGNISED]] * 2
    assert codes(refused.value) == ["voucher_covers_nothing"]
    assert (after.covered_fen, firm.amounts(voucher)) == (40_000, (1_000_000, 0))


def test_a_programme_that_pays_nothing_of_the_type_covers_nothing(firm: Firm) -> None:
    voucher = firm.issue(1_000_000)
    accept(firm, voucher, ServiceType.PILOT_SCALE)
    become(firm, ServiceType.PILOT_SCALE)

    found = planned(firm)
    made = firm.book(9, 120)

    assert [one.reason for one in found.reasons] == [Reason.SERVICE_NOT_COVERED]
    assert (made.uses_vouchers, firm.amounts(voucher), firm.paid()) == (False, (1_000_000, 0), 200_000)


def moved(firm: Firm, reservation_id: int) -> None:
    firm.do(move_reservation, reservation_id, at(12, 120, 4))


def chosen_anew(firm: Firm, reservation_id: int) -> None:
    firm.do(choose_payer, reservation_id, Paying(firm.payer.id, False, automatic(is_funded=True)))


def given_up_and_chosen_anew(firm: Firm, reservation_id: int) -> None:
    firm.do(choose_payer, reservation_id, Paying(firm.payer.id, False, NO_VOUCHER))
    firm.do(choose_payer, reservation_id, Paying(firm.payer.id, False, automatic()))


@pytest.mark.parametrize("change", [moved, chosen_anew, given_up_and_chosen_anew])
def test_a_booking_stays_the_service_that_it_was_booked_as(firm: Firm, change: Callable[[Firm, int], None]) -> None:
    voucher = issue(firm, ServiceType.PILOT_SCALE)
    become(firm, ServiceType.PILOT_SCALE)
    made = firm.book(9, 120, day=4)

    become(firm, ServiceType.INSTRUMENT_SHARING)
    change(firm, made.id)
    before = firm.amounts(voucher)
    firm.book(15, 120)

    assert before == (960_000, 40_000)
    assert firm.amounts(voucher) == (900_000, 100_000)
    assert set(types_kept(firm)[:-1]) == {ServiceType.PILOT_SCALE}
    assert types_kept(firm)[-1] == ServiceType.INSTRUMENT_SHARING
    assert firm.faults() == []


def test_page_and_api_weigh_the_type_of_the_instrument(client: FlaskClient, session: Session) -> None:
    firm = Firm(session, utcnow())
    voucher = issue(firm, ServiceType.PILOT_SCALE, **around_today())
    sign_in(client, firm.admin)
    client.patch(f"/api/v1/instruments/{firm.instrument.id}", json={"service_type": "pilot_scale"})
    call = Caller(client, session, firm.agent)

    quote = call("POST", "/quotes", wish(firm)).json
    made = call("POST", "/reservations", wish(firm, voucher_id=voucher.id)).json

    assert (quote["price"]["voucher_fen"], quote["price"]["own_fen"]) == (40_000, 160_000)
    assert call("GET", f"/reservations/{made['id']}").json["vouchers"]["held_fen"] == 40_000
    assert session.get_one(Instrument, firm.instrument.id, populate_existing=True).service_type == "pilot_scale"
    assert firm.amounts(voucher) == (960_000, 40_000)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        pytest.param("zh", "按中试熟化，最高 20%", id="zh"),
        pytest.param("en", "Pilot scale: at most 20%", id="en"),
    ],
)
def test_the_panel_and_the_reservation_say_as_what_a_voucher_takes_it(
    client: FlaskClient, session: Session, language: str, expected: str
) -> None:
    firm = Firm(session, utcnow())
    issue(firm, ServiceType.PILOT_SCALE, **around_today())
    firm.instrument.service_type = ServiceType.PILOT_SCALE
    session.commit()
    made = Caller(client, session, firm.agent)("POST", "/reservations", wish(firm)).json
    firm.instrument.service_type = ServiceType.TESTING
    session.commit()
    sign_in(client, firm.agent)
    client.get(f"/?lang={language}")

    shown = client.get(f"/reservations/{made['id']}").text
    sent = typed(13, 15, voucher=f"auto:{firm.firm.id}")
    panel = client.post(f"/instruments/{firm.instrument.id}/ask", data=sent, headers=HTMX).text

    assert expected in shown
    assert expected not in panel
    assert ("按检验检测，最高 30%" if language == "zh" else "Testing: at most 30%") in panel
