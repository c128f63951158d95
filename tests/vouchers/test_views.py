"""The pages and the API of vouchers: who reads what, every amount with its entries, and what officers do."""

import re

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import local_date, utcnow
from models.accounts import User
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.vouchers import VoucherState, VoucherStep
from models.vouchers import Voucher
from tests.counting import counting
from tests.factories.affiliations import affiliate
from tests.factories.people import give, make_user, sign_in
from tests.factories.vouchers import make_firm, make_voucher
from tests.vouchers.using import Bench


def agent_of(bench: Bench, name: str = "agentofthefirm") -> User:
    user = make_user(bench.session, name)
    give(bench.session, user, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, bench.firm.id)
    return user


def officer_of(bench: Bench, voucher: Voucher, name: str = "theofficer") -> User:
    authority = bench.session.get_one(Organisation, bench.programme(voucher).organisation_id)
    user = make_user(bench.session, name)
    give(bench.session, user, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, authority.id)
    return user


def test_the_firm_sees_its_vouchers_with_every_amount_and_no_others(bench: Bench, client: FlaskClient) -> None:
    voucher = bench.issue(100_000, budget_fen=300_000)
    theirs = Bench.made(bench.session).issue(70_000)
    purpose = bench.hold(200_000)
    bench.capture(purpose, bench.charge(purpose, 100_000), 100_000)
    bench.hold(100_000)
    sign_in(client, agent_of(bench))

    listed = client.get("/vouchers").get_data(as_text=True)
    page = client.get(f"/vouchers/{voucher.id}").get_data(as_text=True)

    assert voucher.number in listed
    assert theirs.number not in listed
    assert "各项政策的预算" not in listed
    assert [listed.count(f"{fen}.00") > 0 for fen in (400, 300)] == [True, True]
    for said in ("为使用预留", "抵扣的费用", "发放", "抵扣费用", "直接扣减"):
        assert said in page
    assert client.get(f"/vouchers/{theirs.id}").status_code == 404
    assert client.get(f"/vouchers/budgets/{voucher.programme_id}").status_code == 404
    assert client.get(f"/vouchers/{voucher.id}/freeze").status_code == 403


def test_a_bar_shows_what_is_left_held_and_taken_and_its_legend_says_each(bench: Bench, client: FlaskClient) -> None:
    voucher = bench.issue(100_000)
    purpose = bench.hold(200_000)
    bench.capture(purpose, bench.charge(purpose, 100_000), 100_000)
    bench.hold(50_000)
    sign_in(client, agent_of(bench))

    for path in ("/vouchers?lang=zh", f"/vouchers/{voucher.id}?lang=zh"):
        page = client.get(path).get_data(as_text=True)
        drawn = re.findall(r'<rect class="share-(\w+)" x="([\d.]+)%" y="1" width="([\d.]+)%"', page)
        said = re.findall(r'<li class="legend-(\w+)"><span>(\S+) <a href="\S+" aria-label="[^"]*">([^<]+)</a>', page)
        assert drawn == [("open", "0.0", "55.0"), ("held", "55.0", "15.0"), ("taken", "70.0", "30.0")]
        assert [(kind, name) for kind, name, _fen in said] == [
            ("open", "可使用"),
            ("held", "已预留"),
            ("taken", "已抵扣，待兑付"),
            ("settled", "已兑付"),
        ]
        assert [fen.strip("¥ 元") for _kind, _name, fen in said] == ["550.00", "150.00", "300.00", "0.00"]


def test_what_is_left_of_each_years_cap_is_said_in_lists_and_by_itself(bench: Bench, client: FlaskClient) -> None:
    days = {"use_by": "2027-06-30", "redeem_by": "2027-09-30", "year_cap_fen": 200_000}
    voucher = bench.issue(100_000, **days)
    bench.issue(100_000, programme=bench.programme(voucher))
    make_voucher(bench.session, make_firm(bench.session), 70_000, programme=bench.programme(voucher))
    bench.hold(400_000)
    sign_in(client, agent_of(bench))

    one, listed = client.get(f"/vouchers/{voucher.id}?lang=zh").text, client.get("/vouchers?lang=zh").text
    answer = client.get(f"/api/v1/vouchers/{voucher.id}").get_json()
    rows = client.get("/api/v1/vouchers").get_json()["items"]

    left = ((2026, "800.00"), (2027, "2,000.00"))
    said = [f"{year} 年度限额还可用 ¥{yuan}（每年最多 ¥2,000.00）" for year, yuan in left]
    assert [[page.count(text) for text in said] for page in (one, listed)] == [[1, 1], [2, 2]]
    caps = [
        {"year": year, "cap_fen": 200_000, "left_fen": left_fen} for year, left_fen in ((2026, 80_000), (2027, 200_000))
    ]
    assert [found["year_caps"] for found in (answer, *rows)] == [caps] * 3
    this_year = {2026: 80_000, 2027: 200_000}.get(local_date(utcnow()).year)
    assert [found["year_cap_left_fen"] for found in (answer, *rows)] == [this_year] * 3


def test_an_officer_freezes_thaws_and_revokes_with_a_reason_and_sees_the_budget(
    bench: Bench, client: FlaskClient, session: Session
) -> None:
    voucher = bench.issue(100_000, reserves_budget="issue", budget_fen=300_000)
    theirs = Bench.made(session).issue(70_000)
    bench.hold(200_000)
    sign_in(client, officer_of(bench, voucher))
    path = f"/vouchers/{voucher.id}"

    assert theirs.number not in client.get("/vouchers").get_data(as_text=True)
    assert client.get(f"/vouchers/{theirs.id}").status_code == 404
    assert client.get(f"/vouchers/budgets/{theirs.programme_id}").status_code == 404
    assert client.post(f"{path}/freeze", data={"reason": "", "version": 1}).status_code == 422
    assert client.post(f"{path}/freeze", data={"reason": "专项审计", "version": 9}).status_code == 412
    assert client.post(f"{path}/freeze", data={"reason": "专项审计", "version": 1}).status_code == 303
    assert "专项审计" in client.get(path).get_data(as_text=True)
    assert client.get(f"{path}/freeze").status_code == 409
    assert client.post(f"{path}/revoke", data={"reason": "骗补", "version": 2}).status_code == 303
    session.expire_all()
    assert session.get_one(Voucher, voucher.id).state == VoucherState.REVOKED
    assert bench.amounts(voucher) == (0, 60_000, 0)
    budget = client.get(f"/vouchers/budgets/{voucher.programme_id}").get_data(as_text=True)
    assert "2,400.00" in budget
    assert "600.00" in budget


def test_an_officer_who_is_of_the_firm_decides_on_none_of_its_vouchers(
    bench: Bench, client: FlaskClient, session: Session
) -> None:
    voucher = bench.issue(100_000)
    bench.step(voucher, VoucherStep.FREEZE)
    user = officer_of(bench, voucher)
    sign_in(client, user)
    path = f"/vouchers/{voucher.id}"
    assert f"{path}/thaw" in client.get(path).text
    affiliate(session, user, bench.firm)
    session.commit()
    why = {"reason": "审计完毕", "version": 2}

    pages = [client.get(f"{path}/thaw"), client.post(f"{path}/thaw", data=why)]
    api = client.post(f"/api/v1{path}/thaw", json={"reason": "审计完毕"})

    assert f"{path}/thaw" not in client.get(path).text
    assert [one.status_code for one in (*pages, api)] == [403] * 3
    assert api.get_json()["code"] == "own_voucher"
    session.expire_all()
    assert session.get_one(Voucher, voucher.id).state == VoucherState.FROZEN


def test_what_was_typed_stays_when_a_colleague_was_faster(bench: Bench, client: FlaskClient) -> None:
    voucher = bench.issue(100_000)
    sign_in(client, officer_of(bench, voucher))
    bench.step(voucher, VoucherStep.FREEZE)

    refused = client.post(f"/vouchers/{voucher.id}/freeze", data={"reason": "专项审计", "version": 2})

    assert (refused.status_code, "专项审计" in refused.text) == (409, True)


def test_the_api_says_the_same_and_its_entries_add_up(bench: Bench, client: FlaskClient) -> None:
    voucher = bench.issue(100_000)
    purpose = bench.hold(200_000)
    bench.capture(purpose, bench.charge(purpose, 100_000), 100_000)
    held = bench.hold(100_000)
    sign_in(client, agent_of(bench))
    path = f"/api/v1/vouchers/{voucher.id}"

    one = client.get(path).get_json()
    entries = client.get(f"{path}/entries").get_json()["items"]
    newest = client.get(path).get_json()["entries"]
    captures = client.get(f"{path}/captures").get_json()["items"]

    sides = ("available_fen", "held_fen", "captured_fen", "paid_fen")
    assert [one[side] for side in sides] == [40_000, 30_000, 30_000, 0]
    assert [sum(entry[side] for entry in entries) for side in sides] == [40_000, 30_000, 30_000, 0]
    assert newest == entries
    assert [(use["reservation_id"], use["amount_fen"]) for use in one["holds"]] == [(held.reservation_id, 30_000)]
    assert [use["amount_fen"] for use in captures] == [30_000]
    assert [row["id"] for row in client.get("/api/v1/vouchers?mine=1").get_json()["items"]] == [voucher.id]
    assert client.get("/api/v1/vouchers/budgets").get_json()["items"] == []


def test_an_officer_takes_steps_by_api_once_as_read(bench: Bench, client: FlaskClient) -> None:
    voucher = bench.issue(100_000)
    theirs = Bench.made(bench.session).issue(70_000)
    sign_in(client, officer_of(bench, voucher))
    path, why = f"/api/v1/vouchers/{voucher.id}", {"reason": "专项审计"}
    read = client.get(path).headers["ETag"]

    frozen = client.post(f"{path}/freeze", json=why, headers={"If-Match": read})

    assert (frozen.status_code, frozen.get_json()["state"]) == (200, "frozen")
    assert [(one["step"], one["reason"]) for one in frozen.get_json()["steps"]] == [
        ("freeze", "专项审计"),
        ("issue", ""),
    ]
    assert client.post(f"{path}/thaw", json=why, headers={"If-Match": read}).status_code == 412
    assert client.post(f"{path}/freeze", json=why).status_code == 409
    returned = client.post(f"{path}/return", json=why).get_json()
    assert (returned["state"], returned["available_fen"]) == ("returned", 0)
    assert client.post(f"/api/v1/vouchers/{theirs.id}/freeze", json=why).status_code == 404
    assert bench.faults() == []


def test_lists_and_pages_take_as_many_statements_for_five_as_for_two(bench: Bench, client: FlaskClient) -> None:
    first = bench.issue(100_000)
    bench.issue(100_000, programme=bench.programme(first))
    sign_in(client, officer_of(bench, first))
    paths = ("/vouchers", f"/vouchers/{first.id}", "/api/v1/vouchers", f"/api/v1/vouchers/{first.id}")

    def counts() -> list[int]:
        found = []
        for path in paths:
            client.get(path)
            with counting() as statements:
                assert client.get(path).status_code == 200
            found.append(len(statements))
        return found

    for _ in range(2):
        purpose = bench.hold(20_000)
        bench.capture(purpose, bench.charge(purpose, 10_000), 10_000)
        bench.hold(10_000)
    two = counts()
    for _ in range(3):
        bench.issue(100_000, programme=bench.programme(first))
        purpose = bench.hold(20_000)
        bench.capture(purpose, bench.charge(purpose, 10_000), 10_000)
        bench.hold(10_000)

    assert counts() == two
