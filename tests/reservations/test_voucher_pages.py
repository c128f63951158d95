"""Vouchers on the pages and in the API of bookings: offered, answered at once, kept, shown, and nobody else's."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from booking.payers.verifying import faults
from booking.reservations.answer_shapes import QuoteAnswer, ReservationInFull
from booking.web.filters import day, local_input
from models.payers import PayerHold
from models.reservations import Reservation
from models.vouchers import Voucher, VoucherHold, VoucherWish
from tests.counting import counting
from tests.factories.affiliations import affiliate
from tests.factories.looking import count
from tests.factories.people import make_user, sign_in
from tests.factories.vouchers import make_firm
from tests.reservations.firms import Firm
from tests.storms.conftest import token_of

Json = dict[str, Any]
HTMX = {"HX-Request": "true"}


def around_today() -> Json:
    """The days of a programme that runs."""
    today = local_date(utcnow())
    days = {"counts_from": -20, "use_by": 200, "redeem_by": 300}
    return {name: (today + timedelta(days=number)).isoformat() for name, number in days.items()}


def moment(hour: float) -> datetime:
    return at_local(local_date(utcnow()) + timedelta(days=3), int(hour * 60))


def typed(start: float, end: float, **more: str) -> dict[str, str]:
    return {"starts_at": local_input(moment(start)), "ends_at": local_input(moment(end)), **more}


def wish(firm: Firm, start: float = 9, end: float = 11, **more: Any) -> Json:
    times = {"starts_at": moment(start).isoformat(), "ends_at": moment(end).isoformat()}
    return {"instrument_id": firm.instrument.id, **times, **more}


@pytest.fixture
def firm(session: Session) -> Firm:
    return Firm(session, utcnow())


class Caller:
    """Somebody with a token."""

    def __init__(self, client: FlaskClient, session: Session, user: Any) -> None:
        self.client, self.headers = client, {"Authorization": f"Bearer {token_of(session, user)}"}

    def __call__(self, method: str, path: str, body: Json | None = None, **headers: str) -> Any:
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers={**self.headers, **headers})


def test_the_api_says_what_is_covered_and_keeps_it(client: FlaskClient, session: Session, firm: Firm) -> None:
    voucher = firm.issue(1_000_000, **around_today())
    call = Caller(client, session, firm.agent)

    quote = call("POST", "/quotes", wish(firm)).json
    made = call("POST", "/reservations", wish(firm, voucher_id=voucher.id, is_funded=True)).json
    shown = call("GET", f"/reservations/{made['id']}").json
    changed = call("PATCH", f"/reservations/{made['id']}", {"voucher_use": "none"})
    without = call("GET", f"/reservations/{made['id']}").json

    QuoteAnswer.model_validate(quote)
    ReservationInFull.model_validate(shown)
    price, vouchers = quote["price"], quote["vouchers"]
    assert (price["gross_fen"], price["voucher_fen"], price["own_fen"], price["decided_by"]) == (
        200_000,
        60_000,
        140_000,
        "share",
    )
    assert (vouchers["use"], vouchers["covered_fen"], vouchers["own_fen"]) == ("automatic", 60_000, 140_000)
    assert vouchers["parts"][0]["limits"] == {"share": 60_000, "credit": 1_000_000, "year_cap": 20_000_000}
    assert [(one["voucher_id"], one["left_fen"]) for one in vouchers["choices"]] == [(voucher.id, 1_000_000)]
    assert quote["payment"]["needed_fen"] == 140_000
    assert (shown["vouchers"]["use"], shown["vouchers"]["is_funded"]) == ("named", True)
    assert [(one["number"], one["held_fen"]) for one in shown["vouchers"]["parts"]] == [(voucher.number, 60_000)]
    assert (changed.status_code, without["vouchers"]["held_fen"], without["vouchers"]["use"]) == (200, 0, "none")
    assert without["payment"]["held_fen"] == 200_000
    assert list(faults(session)) == []


def test_the_same_key_books_and_holds_once(client: FlaskClient, session: Session, firm: Firm) -> None:
    firm.issue(1_000_000, **around_today())
    call, key = Caller(client, session, firm.agent), {"Idempotency-Key": "k"}

    first = call("POST", "/reservations", wish(firm), **key)
    again = call("POST", "/reservations", wish(firm), **key)

    assert (first.status_code, again.json) == (201, first.json)
    assert (count(session, Reservation), count(session, VoucherHold), count(session, VoucherWish)) == (1, 1, 1)


def test_a_voucher_of_another_firm_is_answered_as_one_that_is_not_there(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    theirs = firm.issue(1_000_000, make_firm(session), **around_today())
    call = Caller(client, session, firm.agent)

    answers = [call("POST", path, wish(firm, voucher_id=number)) for path in ("/quotes", "/reservations")
               for number in (theirs.id, 999_999)]  # fmt: skip
    bodies = [{name: value for name, value in one.json.items() if name != "request_id"} for one in answers]

    assert (bodies[0], bodies[2]) == (bodies[1], bodies[3])
    assert [one["code"] for one in bodies[2]["refusals"]] == ["voucher_unknown"]
    assert theirs.number not in answers[0].get_data(as_text=True)
    assert count(session, Reservation) == 0


def test_staff_read_how_much_vouchers_hold_and_not_which(client: FlaskClient, session: Session, firm: Firm) -> None:
    voucher = firm.issue(1_000_000, **around_today())
    made = Caller(client, session, firm.agent)("POST", "/reservations", wish(firm)).json

    told = Caller(client, session, firm.admin)("GET", f"/reservations/{made['id']}")
    sign_in(client, firm.admin)
    page = client.get(f"/reservations/{made['id']}").get_data(as_text=True)

    assert (told.json["vouchers"]["held_fen"], told.json["vouchers"]["parts"]) == (60_000, [])
    assert voucher.number not in told.get_data(as_text=True)
    assert "创新券预留 ¥600.00，在账单上直接抵扣。" in page
    assert voucher.number not in page


def test_the_panel_offers_vouchers_and_says_what_they_cover(client: FlaskClient, session: Session, firm: Firm) -> None:
    voucher = firm.issue(1_000_000, **around_today())
    sign_in(client, firm.agent)
    address = f"/instruments/{firm.instrument.id}"
    auto = f"auto:{firm.firm.id}"

    panel = client.get(address).get_data(as_text=True)
    covered = client.post(f"{address}/ask", data=typed(9, 11, voucher=auto), headers=HTMX).get_data(as_text=True)
    excluded = client.post(
        f"{address}/ask", data=typed(9, 11, voucher=str(voucher.id), is_related="1"), headers=HTMX
    ).get_data(as_text=True)
    cured = client.post(f"{address}/ask", data=typed(9, 11, use="////none"), headers=HTMX).get_data(as_text=True)
    made = client.post(f"{address}/reservations", data=typed(9, 11, voucher=auto))
    shown = client.get(made.location).get_data(as_text=True)
    payer = client.get(f"{made.location}/payer").get_data(as_text=True)
    chosen = client.post(f"{made.location}/payer", data={"voucher": "none"}, follow_redirects=True)

    assert f'<option value="{auto}" selected>自动：先用最早到期的券</option>' in panel
    assert f"{voucher.number}（可用 ¥10,000.00，使用截止" in panel
    assert 'aria-label="券抵扣 ¥600.00，自付 ¥1,400.00"' in covered
    assert "由“不超过服务费 30%”决定 · 券余额 ¥10,000.00 · 本年还可用 ¥200,000.00" in covered
    assert "由“不超过服务费 30%”决定 · 预留后券余额 ¥9,400.00 · 本年还可用 ¥199,400.00" in shown
    assert all("确认使用后才从券中核销。" in one for one in (covered, shown))
    assert 'data-code="voucher_covers_nothing"' in excluded
    assert ("企业申报与服务机构有关联关系" in excluded, 'value="////none"' in excluded) == (True, True)
    assert ("券抵扣" in cured, "这段时间可以预约。" in cured) == (False, True)
    assert (f'/vouchers/{voucher.id}">创新券 {voucher.number}' in shown, "创新券预留 ¥600.00" in shown) == (True, True)
    assert '<option value="" selected>不变</option>' in payer
    assert "没有预留创新券。" in chosen.get_data(as_text=True)
    assert session.scalars(select(PayerHold.amount_fen).order_by(PayerHold.id)).all() == [140_000, 200_000]


def test_who_pays_first_reads_so_in_english_too(client: FlaskClient, session: Session, firm: Firm) -> None:
    firm.issue(1_000_000, redeemed_by="enterprise", **around_today())
    sign_in(client, firm.agent)
    address, wanted = f"/instruments/{firm.instrument.id}/ask", typed(9, 10, voucher=f"auto:{firm.firm.id}")

    chinese, english = (
        client.post(address, query_string={"lang": name}, data=wanted, headers=HTMX).get_data(as_text=True)
        for name in ("zh", "en")
    )

    assert '<p class="strong">先付 ¥1,000.00，预计兑付 ¥300.00</p>' in chinese
    assert '兑付后自己承担</span><span class="number">¥700.00' in chinese
    assert "Pay CNY 1,000.00 first, expect CNY 300.00 back" in english
    assert "Decided by “at most 30% of the fee” · voucher credit CNY 10,000.00" in english


def test_of_two_vouchers_each_says_which_limit_decides_and_what_the_others_leave(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    first = firm.issue(20_000, **around_today())
    second = firm.issue(1_000_000, **around_today())
    call, auto = Caller(client, session, firm.agent), f"auto:{firm.firm.id}"
    sign_in(client, firm.agent)
    address = f"/instruments/{firm.instrument.id}"

    panel = client.post(f"{address}/ask", data=typed(9, 11, voucher=auto), headers=HTMX).get_data(as_text=True)
    parts = call("POST", "/quotes", wish(firm)).json["vouchers"]["parts"]
    made = call("POST", "/reservations", wish(firm)).json
    kept = call("GET", f"/reservations/{made['id']}").json["vouchers"]["parts"]
    shown = client.get(f"/reservations/{made['id']}").get_data(as_text=True)

    said = re.findall(r'<span class="muted small">(由[^<]+)</span>.*?<span class="number">([^<]+)</span>', panel)
    assert said == [
        ("由“券余额 ¥200.00”决定 · 服务费 30% 以内可抵 ¥600.00 · 本年还可用 ¥200,000.00", "−¥200.00"),
        ("由“不超过服务费 30%”决定 · 券余额 ¥10,000.00 · 本年还可用 ¥200,000.00", "−¥400.00"),
    ]
    assert re.findall(r'<rect class="share-(\w+)" x="([\d.]+)%" y="1" width="([\d.]+)%"', panel) == [
        ("taken", "0.0", "30.0"),
        ("own", "30.0", "70.0"),
    ]
    assert 'booking-total"><span>自付</span><span class="number">¥1,400.00' in panel
    assert [(one["voucher_id"], one["service_type"], one["share"]) for one in (*parts, *kept)] == [
        (one.id, "instrument_sharing", 3_000) for one in (first, second)
    ] * 2
    assert "由“券余额 ¥200.00”决定 · 预留后券余额 ¥0.00 · 本年还可用 ¥199,800.00" in shown
    assert "由“不超过服务费 30%”决定 · 预留后券余额 ¥9,600.00 · 本年还可用 ¥199,600.00" in shown


def test_what_is_left_is_told_only_to_who_may_read_the_vouchers(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    voucher = firm.issue(1_000_000, **around_today())
    colleague = make_user(session, "colleague")
    affiliate(session, colleague, firm.firm)
    session.commit()
    made = Caller(client, session, colleague)("POST", "/reservations", wish(firm)).json
    sign_in(client, colleague)

    page = client.get(f"/reservations/{made['id']}").get_data(as_text=True)

    assert (f"创新券 {voucher.number}" in page, "由“不超过服务费 30%”决定" in page) == (True, True)
    assert ("券余额" in page, "本年还可用" in page, f"/vouchers/{voucher.id}" in page) == (False, False, False)


def test_where_the_invoice_counts_it_is_said_by_when_it_must_be_issued(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    voucher = firm.issue(1_000_000, counts_on="invoice", **around_today())
    by_service = firm.issue(1_000_000, **around_today())
    call, last = Caller(client, session, firm.agent), voucher.use_by.isoformat()

    quote = call("POST", "/quotes", wish(firm, voucher_id=voucher.id)).json
    made = call("POST", "/reservations", wish(firm, voucher_id=voucher.id)).json
    kept = call("GET", f"/reservations/{made['id']}").json
    other = call("POST", "/quotes", wish(firm, 13, 14, voucher_id=by_service.id)).json
    sign_in(client, firm.agent)
    address = f"/instruments/{firm.instrument.id}/ask"
    panel = client.post(address, data=typed(15, 16, voucher=str(voucher.id)), headers=HTMX).get_data(as_text=True)
    page = client.get(f"/reservations/{made['id']}").get_data(as_text=True)

    said = f"按开票日期计算：发票须在 {day(voucher.use_by)} 以前开具（含当日）。"
    assert (said in panel, said in page) == (True, True)
    assert [one["vouchers"]["parts"][0]["invoice_by"] for one in (quote, kept, other)] == [last, last, None]


def test_a_stranger_is_offered_none(client: FlaskClient, session: Session, firm: Firm) -> None:
    voucher = firm.issue(1_000_000, **around_today())
    sign_in(client, make_user(session, "stranger"))

    panel = client.get(f"/instruments/{firm.instrument.id}").get_data(as_text=True)

    assert ('name="voucher"' in panel, voucher.number in panel) == (False, False)


def test_a_booking_with_a_voucher_takes_few_statements_however_many_there_are(
    client: FlaskClient, session: Session, firm: Firm
) -> None:
    call = Caller(client, session, firm.agent)

    def booked(hour: int) -> int:
        with counting() as statements:
            answer = call("POST", "/reservations", wish(firm, hour, hour + 1), **{"Idempotency-Key": str(hour)})
        assert answer.status_code == 201
        return len(statements)

    booked(8)
    without = booked(9)
    for _ in range(2):
        firm.issue(1_000_000, **around_today())
    two = booked(10)
    for _ in range(3):
        firm.issue(1_000_000, **around_today())
    five = booked(11)

    assert without <= 23
    assert two == five <= 27
    assert count(session, Voucher) == 5
