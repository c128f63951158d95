"""Several charges at once: one member's alone, accepted by those who answer for them, taken away as a table."""

import html
import io
import re
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from booking.charges.service import dispute_charge
from booking.payers.views import account
from models.charges import Charge
from models.vocabulary.charges import ChargeState
from tests.charges.houses import ALONE, House
from tests.factories.links import amounts_of
from tests.factories.looking import look_again
from tests.factories.people import sign_in


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    return House(session, now)


@pytest.fixture
def charges(house: House) -> list[Charge]:
    """Two of the student's, one of the lead's, and one of a stranger who pays alone."""
    made = [house.book(9, 1), house.book(11, 1), house.book(13, 1, by=house.lead)]
    return [house.confirm(one) for one in (*made, house.book(15, 1, by=house.stranger, paying=ALONE))]


def states(house: House, charges: list[Charge]) -> list[ChargeState]:
    ids = [one.id for one in charges]
    look_again(house.session)
    return [house.session.get_one(Charge, one).state for one in ids]


def test_the_lead_accepts_many_at_once_and_only_what_was_shown(
    client: FlaskClient, house: House, charges: list[Charge]
) -> None:
    first, second, third, alone = charges
    sign_in(client, house.lead)
    page = client.get("/charges?show=open").get_data(as_text=True)
    shown = [f"{one.id}-{one.version}" for one in (first, second, third)]
    assert [f'value="{one}"' in page for one in (*shown, f"{alone.id}-{alone.version}")] == [True, True, True, False]
    house.do(dispute_charge, second.id, "不对", by=house.student, at_=house.now)

    sent = client.post(
        "/charges/accept", data={"charges": [*shown, f"{alone.id}-{alone.version}", "x-y"]}, follow_redirects=True
    )
    assert states(house, charges) == [ChargeState.FINAL, ChargeState.DISPUTED, ChargeState.FINAL, ChargeState.FINAL]
    sent = client.post(
        "/charges/accept", data={"charges": [*shown, f"{alone.id}-{alone.version}"]}, follow_redirects=True
    )
    text = sent.get_data(as_text=True)

    assert states(house, charges) == [
        ChargeState.ACCEPTED,
        ChargeState.DISPUTED,
        ChargeState.ACCEPTED,
        ChargeState.FINAL,
    ]
    assert "已接受 2 笔费用。" in text
    assert (f"费用 {second.id}：" in text, f"费用 {alone.id}：" in text) == (True, True)
    assert "请至少选择一项。" in client.post("/charges/accept", follow_redirects=True).get_data(as_text=True)
    assert house.books() == (20_000, 0, 30_000)


def test_the_api_accepts_several_and_answers_each(client: FlaskClient, house: House, charges: list[Charge]) -> None:
    first, second, _third, alone = charges
    sign_in(client, house.lead)
    body = {"charges": [{"id": first.id, "version": first.version}, {"id": second.id, "version": 9}, {"id": alone.id}]}

    told = client.post("/api/v1/charges/accept", json=body).get_json()["items"]
    unversioned = client.post("/api/v1/charges/accept", json={"charges": [{"id": second.id}]}).get_json()["items"]

    assert [(one["charge_id"], one["accepted"]) for one in told] == [
        (first.id, True),
        (second.id, False),
        (alone.id, False),
    ]
    assert [one["code"] for one in told][1:] == ["stale_version", "not_found"]
    assert [one["accepted"] for one in unversioned] == [True]
    assert client.post("/api/v1/charges/accept", json={"charges": []}).status_code == 422


def test_charges_are_narrowed_to_what_one_member_booked(
    client: FlaskClient, house: House, charges: list[Charge]
) -> None:
    at, student = f"/api/v1/charges?mine=1&payer_account={house.payer.id}", house.student.id
    sign_in(client, house.lead)

    found = client.get(f"{at}&user={student}").get_json()["items"]
    account = client.get(f"/payer-accounts/{house.payer.id}").get_data(as_text=True)
    page = client.get(f"/charges?payer={house.payer.id}&user={student}").get_data(as_text=True)
    sign_in(client, house.stranger)
    of_others = client.get(f"{at}&user={student}").get_json()["items"]

    assert sorted(one["id"] for one in found) == [charges[0].id, charges[1].id]
    assert f"/charges?payer={house.payer.id}&amp;user={student}" in account
    assert sum(one.fen for one in amounts_of(page)) == 20_000
    assert ("只列出 Student 预约的" in page, of_others) == (True, [])


def test_charges_are_taken_away_as_a_table_of_what_one_may_read(
    client: FlaskClient, house: House, charges: list[Charge]
) -> None:
    sign_in(client, house.student)
    own = client.get("/charges.csv").get_data(as_text=True).splitlines()
    sign_in(client, house.steward)
    staffed = load_workbook(io.BytesIO(client.get("/api/v1/charges.xlsx").data)).worksheets[0]

    assert sorted(line.split(",")[0] for line in own[1:]) == [str(one.id) for one in charges[:2]]
    assert [line.split(",")[7] for line in own[1:]] == ["", ""]
    assert [row[9].value for row in staffed.iter_rows(min_row=2)] == [100] * 4
    assert {row[7].value for row in staffed.iter_rows(min_row=2)} == {None}
    assert client.get("/charges/staffed.exe").status_code == 404
    sign_in(client, house.stranger)
    assert client.get("/charges/staffed.csv").status_code == 403
    assert len(client.get("/charges.csv").get_data(as_text=True).splitlines()) == 2


def test_what_is_held_and_paid_is_shown_page_by_page_and_adds_up(
    client: FlaskClient, house: House, charges: list[Charge], monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in (16, 17):
        house.book(hour, 1)
    monkeypatch.setattr(account, "HELD", 1)
    at = f"/payer-accounts/{house.payer.id}"
    sign_in(client, house.student)

    for part, links, total in (("held", "更早冻结的", 20_000), ("paid", "更早支付的", 30_000)):
        url, found = at, []
        while url:
            page = client.get(url).get_data(as_text=True)
            rows = [one.fen for one in amounts_of(page) if part in one.inside]
            assert rows[-1] == total
            found += rows[:-1]
            match = re.search(f'href="([^"]+)"[^>]*>{links}', page)
            url = html.unescape(match.group(1)).partition("#")[0] if match else ""
        assert (len(found), sum(found)) == (total // 10_000, total)
    assert client.get(f"{at}?held=x").status_code == 400
    assert len(charges) == 4
