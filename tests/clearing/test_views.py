"""The pages and the API of clearing: two officers take a month from closing to its payment; others see their part."""

import csv
import io
from datetime import date, datetime, timedelta
from typing import Any

import pypdfium2
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.clearing.rules import month_before, month_of
from booking.core.clock import at_local, local_date, utcnow
from models.accounts import User
from models.clearing import ClearingEvent, ClearingStatement
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.programmes import BorderWay
from tests.clearing.across import FEE, Across, rows_in
from tests.factories.looking import look_again
from tests.factories.people import give, make_user, sign_in

HOME = BorderWay.HOME_PAYS


@pytest.fixture
def across(session: Session, now: datetime) -> Across:
    """Last month: 800.00 of Chongqing's paid in Sichuan, of which 100.00 came back, and 450.50 the other way."""
    made = Across(session, now)
    at = last_month_at(4)
    one = made.captured("50", "51", 80_000, at)
    made.paid([(one, 80_000, 80_000)], at + timedelta(days=1))
    made.clawed_back(one, 10_000, at + timedelta(days=2))
    other = made.captured("51", "50", 45_050, at)
    made.paid([(other, 45_050, 45_050)], at + timedelta(days=1))
    made.captured("50", "50", 321, at)
    made.captured("50", "51", 1_200, at, HOME)
    session.commit()
    return made


def last_month() -> date:
    return month_before(month_of(local_date(utcnow())))


def last_month_at(day: int) -> datetime:
    return at_local(last_month() + timedelta(days=day))


def path(rest: str = "", border: str = "50-51") -> str:
    return f"/clearing/{border}/{last_month():%Y-%m}{rest}"


def user_of(across: Across, province: str) -> User:
    return across.session.get_one(User, across.officers[province].id)


def test_two_officers_take_a_month_from_closing_to_its_payment(
    client: FlaskClient, session: Session, across: Across
) -> None:
    theirs = client.application.test_client()
    sign_in(client, user_of(across, "50"))
    sign_in(theirs, user_of(across, "51"))

    closed = client.post(path("/close"))
    own = client.post(path("/confirm"))
    empty = theirs.post(path("/messages"), data={"is_objection": "1"})
    objected = theirs.post(path("/messages"), data={"text": "<b>第二笔</b>有误", "is_objection": "1"})
    answered = client.post(path("/messages"), data={"text": "已核对"})
    disputed = client.get(path()).text
    confirmed = theirs.post(path("/confirm"))
    unpaid = theirs.post(path("/settle"), data={"settled_on": local_date(utcnow()).isoformat()})
    debtor = client.post(path("/settle"), data={"settled_on": local_date(utcnow()).isoformat(), "receipt": "1"})
    settled = theirs.post(path("/settle"), data={"settled_on": local_date(utcnow()).isoformat(), "receipt": "回单7"})
    again = client.post(path("/close"))

    shown = client.get(path()).text
    assert [one.status_code for one in (closed, objected, answered, confirmed, settled)] == [303] * 5
    assert [one.status_code for one in (own, empty, unpaid, debtor, again)] == [403, 422, 422, 403, 409]
    assert ("有异议" in disputed, "&lt;b&gt;第二笔" in disputed, "已核对" in disputed) == (True, True, True)
    assert 'href="#field-receipt"' in unpaid.text
    assert ("已结清" in shown, "回单7" in shown, "重庆市 应付 四川省：¥249.50" in shown) == (True, True, True)
    look_again(session)
    assert (rows_in(session, ClearingStatement), rows_in(session, ClearingEvent)) == (1, 4)
    assert across.faults() == []


def test_each_officer_sees_the_border_and_their_own_province_and_an_auditor_all_of_it(
    client: FlaskClient, session: Session, across: Across
) -> None:
    auditor = make_user(session, "auditor")
    give(session, auditor, Role.AUDITOR, ScopeKind.PLATFORM)
    month = f"?month={last_month():%Y-%m}"

    pages = []
    for user in (user_of(across, "50"), user_of(across, "51"), auditor):
        sign_in(client, user)
        pages.append(client.get(f"/clearing{month}").text)

    assert ["¥700.00" in one for one in pages] == [True, True, True]
    assert ["¥3.21" in one for one in pages] == [True, False, True]
    assert client.get(path("/transfers?issuer=50&figure=captured", "50-50")).status_code == 200
    sign_in(client, user_of(across, "51"))
    assert client.get(path("", "50-50")).status_code == 404
    assert client.get(path("/transfers?issuer=50&figure=captured", "50-50")).status_code == 404


def test_others_read_nothing_of_it(client: FlaskClient, session: Session, across: Across) -> None:
    agent = make_user(session, "agent")
    give(session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, across.cq.id)
    sign_in(client, agent)

    asked = [
        client.get(one)
        for one in ("/clearing", path(), path("/statement.csv"), path("/transfers?issuer=50&figure=paid"))
    ]

    assert [one.status_code for one in asked] == [403, 404, 404, 404]
    assert client.post(path("/close")).status_code == 404
    look_again(session)
    assert rows_in(session, ClearingStatement) == 0


def test_a_figure_leads_to_its_transfers_with_number_provider_amount_and_day_alone(
    client: FlaskClient, across: Across
) -> None:
    sign_in(client, user_of(across, "51"))
    at = last_month_at(5)

    page = client.get(path()).text
    behind = client.get(path("/transfers?issuer=50&figure=owed&way=advance_then_net")).text
    english = client.get(path("/transfers?issuer=50&figure=captured&way=home_pays&lang=en")).text

    firm = across.vouchers["50", BorderWay.ADVANCE_THEN_NET].organisation_id
    assert "transfers?issuer=50&amp;figure=owed&amp;way=advance_then_net" in page
    assert ("V50-advance_then_net" in behind, "检测院51" in behind, "¥800.00" in behind) == (True, True, True)
    assert f"{at:%Y-%m-%d}" in behind
    assert "−¥100.00" in behind
    assert f"/organisations/{firm}" not in behind
    assert ("V50-home_pays" in english, "Lab 51" in english, "CNY 12.00" in english) == (True, True, True)


def test_the_api_says_and_does_the_same(client: FlaskClient, session: Session, across: Across) -> None:
    theirs = client.application.test_client()
    sign_in(client, user_of(across, "50"))
    sign_in(theirs, user_of(across, "51"))
    api = f"/api/v1{path()}"

    month = client.get(f"/api/v1/clearing?month={last_month():%Y-%m}").get_json()["items"]
    closed = client.post(f"{api}/close", json={})
    twice = client.post(f"{api}/close", json={})
    key = {"Idempotency-Key": "objection"}
    _first, said = (
        theirs.post(f"{api}/messages", json={"text": "请核对", "is_objection": True}, headers=key).get_json()
        for _turn in range(2)
    )
    confirmed = theirs.post(f"{api}/confirm", json={}).get_json()
    paid = theirs.post(
        f"{api}/settle", json={"settled_on": local_date(utcnow()).isoformat(), "receipt": "7"}
    ).get_json()
    behind = theirs.get(f"{api}/transfers?issuer=51&figure=paid&way=advance_then_net").get_json()

    assert [one["border"] for one in month] == ["50-51", "50-50"]
    (advanced,) = (one for one in month[0]["figures"] if one["issuer"] == "50" and one["way"] == "advance_then_net")
    assert {name: advanced[name] for name in advanced if name.endswith("fen")} == {
        "gross_fen": FEE,
        "voucher_fen": 80_000,
        "captured_fen": 80_000,
        "given_back_fen": 0,
        "not_approved_fen": 0,
        "paid_fen": 80_000,
        "clawed_back_fen": 10_000,
        "owed_fen": 70_000,
    }
    assert (closed.status_code, twice.status_code, twice.get_json()["code"]) == (200, 409, "already_closed")
    assert [closed.get_json()[name] for name in ("net_fen", "debtor", "creditor")] == [24_950, "50", "51"]
    assert (said["state"], confirmed["state"], paid["state"]) == ("objected", "confirmed", "settled")
    assert [one["text"] for one in said["statement"]["events"]].count("请核对") == 1
    assert paid["statement"]["number"] == "5051-0001"
    assert [one["step"] for one in paid["statement"]["events"]] == ["object", "confirm", "settle"]
    assert [(one["amount_fen"], one["voucher"], one["provider"]) for one in behind["items"]] == [
        (45_050, "V51-advance_then_net", "检测院50")
    ]


def test_a_month_is_taken_away_as_a_table_and_a_closed_one_as_a_paper(client: FlaskClient, across: Across) -> None:
    sign_in(client, user_of(across, "50"))

    early = client.get(path("/statement.pdf"))
    client.post(path("/close"))
    table = client.get(path("/statement.csv"))
    paper = client.get(path("/statement.pdf"))
    english = client.get(path("/statement.pdf?lang=en"))

    rows = list(csv.reader(io.StringIO(table.data.decode("utf-8-sig"))))
    assert early.status_code == 404
    assert [row[1:] for row in rows[1:]] == [
        ["重庆市", "四川省", "服务方所在省市先垫付", "800.00", "0.00", "0.00", "800.00", "100.00", "700.00"],
        ["重庆市", "四川省", "发券方直接支付", "12.00", "0.00", "0.00", "0.00", "0.00", "0.00"],
        ["四川省", "重庆市", "服务方所在省市先垫付", "450.50", "0.00", "0.00", "450.50", "0.00", "450.50"],
    ]
    text, words = read_back(paper.data), read_back(english.data)
    assert ("5051-0001" in text, "重庆市应付四川省：249.50元" in text, "贰佰肆拾玖元伍角整" in text) == (
        True,
        True,
        True,
    )
    assert "paysSichuanCNY249.50" in words


def read_back(data: bytes) -> str:
    """What a PDF says, without spaces."""
    document = pypdfium2.PdfDocument(data)
    return "".join("".join(page.get_textpage().get_text_range().split()) for page in document)


@pytest.mark.parametrize(
    "where", ["51-50/2026-10", "50-51/2026-13", "50-5١/2026-10", "50-51/2026-1", "x/y", "50-51/2999-01"]
)
def test_addresses_that_are_none_are_not_found(client: FlaskClient, across: Across, where: str) -> None:
    sign_in(client, user_of(across, "50"))

    assert client.get(f"/clearing/{where}").status_code == 404
    assert client.get(f"/api/v1/clearing/{where}").status_code == 404


def test_what_is_refused_stores_nothing_and_a_repeat_says_it_once(
    client: FlaskClient, session: Session, across: Across
) -> None:
    sign_in(client, user_of(across, "50"))
    form: dict[str, Any] = {"text": "已核对", "idempotency_key": "once"}
    client.post(path("/close"))

    for _turn in range(2):
        assert client.post(path("/messages"), data=form).status_code == 303

    look_again(session)
    assert session.scalars(select(ClearingEvent.text)).all() == ["已核对"]
