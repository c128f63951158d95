"""The pages and the API of programmes: anybody reads and tries out, officers of the authority write."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import local_date, utcnow
from models.accounts import User
from models.directory import Organisation
from models.programmes import Programme, ProgrammeVersion
from models.vocabulary.directory import OrganisationKind
from tests.factories.instruments import make_organisation
from tests.factories.looking import count, look_again
from tests.factories.people import sign_in
from tests.factories.programmes import CHONGQING, TERMS, TYPED, make_authority, make_officer, make_programme
from tests.factories.vouchers import make_voucher

MARKED = {"year_cap_fen": {"kind": "sourced", "text": "川科政〔2025〕6号"}}


@pytest.fixture
def authority(session: Session) -> Organisation:
    return make_authority(session, name_zh="四川省科学技术厅", name_en="Sichuan authority")


@pytest.fixture
def officer(session: Session, authority: Organisation, now: datetime) -> User:
    return session.get_one(User, make_officer(session, authority, "officer", now=now).id)


@pytest.fixture
def programme(session: Session, authority: Organisation, now: datetime) -> Programme:
    writer = make_officer(session, authority, "writer", now=now)
    return make_programme(session, authority, writer, now=now, notice="川科政〔2025〕6号", marks=MARKED)


def tomorrow() -> str:
    return (local_date(utcnow()) + timedelta(days=1)).isoformat()


def words(text: str) -> str:
    """What a page says in its main part, without marks of the language."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.partition("<main")[2]))


def test_a_programme_is_explained_with_the_source_of_each_number(client: FlaskClient, programme: Programme) -> None:
    shown = words(client.get(f"/voucher-programmes/{programme.id}").text)
    english = words(client.get(f"/voucher-programmes/{programme.id}?lang=en").text)

    assert "大型仪器共享 最高 30% ? 暂定" in shown
    assert "每家企业每年最多 ¥200,000.00 ✓ 有出处 川科政〔2025〕6号" in shown
    assert "企业先向服务机构付全款" in shown
    assert "At most for each enterprise and year CNY 200,000.00 ✓ Sourced 川科政〔2025〕6号" in english


def test_the_calculator_says_what_is_covered_and_which_limit_decides(client: FlaskClient, programme: Programme) -> None:
    address = f"/voucher-programmes/{programme.id}?try=1&service_type=testing&used_on=2026-06-12&is_recognised=1"

    by_share = words(client.get(f"{address}&fee_fen=2000").text)
    by_credit = words(client.get(f"{address}&fee_fen=2,000.00&credit_fen=100").text)
    excluded = words(client.get(f"{address}&fee_fen=2000&is_statutory=1&used_on=2027-02-01").text)
    wrong = client.get(f"{address}&fee_fen=viel")

    assert "先付 ¥2,000.00，预计兑付 ¥600.00" in by_share
    assert "由这一项决定：费用的最高比例" in by_share
    assert "先付 ¥2,000.00，预计兑付 ¥100.00" in by_credit
    assert "由这一项决定：券的余额" in by_credit
    assert "法律法规或强制性标准要求的检测不能用券。" in excluded
    assert "预计兑付 ¥0.00" in excluded
    assert (wrong.status_code, "应为不小于 0 的数字" in wrong.text) == (422, True)


def test_an_officer_tries_a_version_out_and_stores_it(
    client: FlaskClient, session: Session, programme: Programme, officer: User
) -> None:
    sign_in(client, officer)
    address = f"/voucher-programmes/{programme.id}"
    typed = TYPED | {"valid_from": tomorrow(), "shares.testing": "25", "version": "1", "reason": "比例下调"}
    typed |= {"review_days": "3", "pay_days": "4", "marks.pay_days.kind": "sourced", "marks.pay_days.text": "办法"}
    case = {"service_type": "testing", "fee_fen": "2000", "used_on": "2026-06-12", "is_recognised": "1"}

    opened = client.get(f"{address}/edit")
    tried = client.post(f"{address}/try", data=typed | case)
    look_again(session)
    before = count(session, ProgrammeVersion)
    stored = client.post(f"{address}/edit", data=typed)
    stale = client.post(f"{address}/edit", data=typed)

    look_again(session)
    last = session.scalars(select(ProgrammeVersion).order_by(ProgrammeVersion.number.desc())).first()
    assert last is not None
    assert (opened.status_code, tried.status_code, stored.status_code, stale.status_code) == (200, 200, 303, 409)
    assert "先付 ¥2,000.00，预计兑付 ¥500.00" in words(tried.text)
    assert (before, last.number, last.shares["testing"], last.year_cap_fen) == (1, 2, 2_500, 20_000_000)
    assert last.marks["year_cap_fen"] == {"kind": "sourced", "text": "川科政〔2025〕6号"}
    assert (last.review_days, last.pay_days, last.marks["pay_days"]["text"]) == (3, 4, "办法")
    assert last.marks["review_days"] == {"kind": "assumed", "text": ""}
    shown = words(client.get(f"{address}/versions/2").text)
    assert "每次审核的工作日 3 个工作日 ? 暂定" in shown
    assert "公示后付款的工作日 4 个工作日 ✓ 有出处 办法" in shown
    assert "比例下调" in client.get(address).text
    assert "最高 30%" in client.get(f"{address}/versions/1").text
    assert "最高 25%" in client.get(f"{address}/versions/2").text


def test_a_form_that_fails_comes_back_as_it_was_filled_in(
    client: FlaskClient, session: Session, programme: Programme, officer: User
) -> None:
    sign_in(client, officer)
    typed = TYPED | {"valid_from": tomorrow(), "shares.testing": "130", "use_by": "2025-12-31", "reason": "改错了"}
    typed |= {"windows.0.opens_on": "2026-07-01", "documents": ["invoice"], "marks.valid_days.kind": "sourced"}

    refused = client.post(f"/voucher-programmes/{programme.id}/edit", data=typed)

    look_again(session)
    assert (refused.status_code, count(session, ProgrammeVersion)) == (422, 1)
    assert 'value="130"' in refused.text
    assert 'value="改错了"' in refused.text
    assert 'value="2026-07-01"' in refused.text
    assert 'id="field-windows.0.closes_on"' in refused.text


def test_the_next_year_begins_with_the_numbers_of_this_one_all_of_them_assumed(
    client: FlaskClient, session: Session, programme: Programme, officer: User, authority: Organisation
) -> None:
    sign_in(client, officer)
    named = {"organisation_id": str(authority.id), "year": "2027", "name_zh": "创新券 2027"}

    opened = client.get(f"/voucher-programmes/new?like={programme.id}")
    made = client.post("/voucher-programmes/new", data=TYPED | named | {"valid_from": "2027-01-01"})

    look_again(session)
    latest = session.scalars(select(Programme).order_by(Programme.id.desc())).first()
    assert latest is not None
    assert 'value="2027-12-31"' in opened.text
    assert '<option value="sourced" selected>' not in opened.text
    assert (made.status_code, made.location) == (303, f"/voucher-programmes/{latest.id}")
    assert (latest.year, latest.organisation_id, count(session, Programme)) == (2027, authority.id, 2)


def test_officers_of_the_other_province_read_and_do_not_edit(
    client: FlaskClient, session: Session, programme: Programme, now: datetime
) -> None:
    other = make_officer(session, make_authority(session, CHONGQING), "other", now=now)
    sign_in(client, session.get_one(User, other.id))
    address = f"/voucher-programmes/{programme.id}"

    shown = client.get(address)
    edit, save = client.get(f"{address}/edit"), client.post(f"{address}/edit", data=TYPED)

    look_again(session)
    assert (shown.status_code, "写新的版本" in shown.text) == (200, False)
    assert (edit.status_code, save.status_code, count(session, ProgrammeVersion)) == (403, 403, 1)


def test_the_list_says_which_programmes_can_be_used(
    client: FlaskClient, session: Session, authority: Organisation, now: datetime
) -> None:
    writer = make_officer(session, authority, "writer", now=now)
    for year, last in ((2021, "2021-12-31"), (2098, "2098-12-31")):
        days = {"counts_from": f"{year}-01-01", "use_by": last, "redeem_by": last, "valid_from": "2021-01-01"}
        make_programme(session, authority, writer, now=now, year=year, **days)

    shown = words(client.get("/voucher-programmes").text)

    assert re.findall(r"创新券 2026 ([…✓]?) ?(\S+)", shown) == [("…", "尚未开始"), ("", "已结束")]


def test_the_api_writes_and_tries_out_the_same(
    client: FlaskClient, session: Session, programme: Programme, officer: User, authority: Organisation
) -> None:
    address = f"/api/v1/voucher-programmes/{programme.id}"
    case = {"service_type": "testing", "fee_fen": 200_000, "used_on": "2026-06-12"}
    first = client.get(address)
    by_anybody = client.post(f"{address}/try", json=case).get_json()
    excluded = client.post(f"{address}/try", json=case | {"is_related_flagged": True}).get_json()
    sign_in(client, officer)

    version: dict[str, Any] = TERMS | {"valid_from": tomorrow(), "year_cap_fen": 50_000}
    made = client.post(f"{address}/versions", json=version, headers={"If-Match": first.headers["ETag"]})
    stale = client.post(f"{address}/versions", json=version, headers={"If-Match": first.headers["ETag"]})
    terms = TERMS | {"year_cap_fen": 50_000, "redeemed_by": "provider"}
    tried = client.post("/api/v1/voucher-programmes/try", json={"terms": terms, "case": case}).get_json()

    listed = client.get("/api/v1/voucher-programmes?on=2026-06-12").get_json()["items"]
    numbers = [one["number"] for one in client.get(f"{address}/versions").get_json()["items"]]
    assert (made.status_code, stale.status_code, numbers) == (201, 412, [2, 1])
    assert [(one["id"], one["version"], one["terms"]["number"], one["authority"]["id"]) for one in listed] == [
        (programme.id, 2, 1, authority.id)
    ]
    assert by_anybody["covered_fen"] == by_anybody["expected_fen"] == 60_000
    assert (by_anybody["decided_by"], by_anybody["limits"]["year_cap"]) == (["share"], 20_000_000)
    assert [(one["code"], one["message"]) for one in excluded["refusals"]] == [
        ("related_flagged", "主管部门标记企业与服务机构有关联关系，不能用券。")
    ]
    assert (tried["covered_fen"], tried["decided_by"], tried["pays_first_fen"]) == (
        50_000,
        ["credit", "year_cap"],
        150_000,
    )


def test_the_api_lists_what_is_in_force_with_what_is_left_of_each_budget(
    client: FlaskClient, session: Session, authority: Organisation, now: datetime
) -> None:
    writer = make_officer(session, authority, "writer", now=now)
    limited, unlimited, elsewhere = (
        make_programme(session, authority, writer, now=now, name_zh=name, **said).id
        for name, said in (
            ("有预算", {"budget_fen": 1_000_000, "reserves_budget": "issue"}),
            ("没有预算", {}),
            ("别处", {"runs_at": "科创通", "reserves_budget": "never", "redeemed_by": "enterprise"}),
        )
    )
    firm = make_organisation(session, kind=OrganisationKind.ENTERPRISE, adcode=authority.adcode)
    make_voucher(session, firm, 300_000, programme=session.get_one(Programme, limited))

    def listed(asked: str) -> dict[int, tuple[bool, int | None]]:
        found = client.get(f"/api/v1/voucher-programmes?{asked}").get_json()["items"]
        return {one["id"]: (one["is_in_force"], one["budget_left_fen"]) for one in found}

    every = {limited: (True, 700_000), unlimited: (True, None), elsewhere: (True, None)}
    assert listed("on=2026-01-01") == listed("on=2027-03-31") == every
    assert listed("on=2027-04-01") == listed("on=2025-12-31") == {}
    assert listed("on=2027-04-01&all=1") == {one: (False, left) for one, (_is, left) in every.items()}
    one = client.get(f"/api/v1/voucher-programmes/{limited}").get_json()
    assert (one["jurisdiction"], one["budget_left_fen"]) == (authority.adcode, 700_000)
    assert client.get("/api/v1/voucher-programmes?on=yesterday").status_code == 422


def test_a_firm_reads_who_may_apply_who_reviews_and_what_is_left(
    client: FlaskClient, session: Session, authority: Organisation, now: datetime
) -> None:
    writer = make_officer(session, authority, "writer", now=now)
    days = {"counts_from": "2026-01-01", "use_by": "2098-12-31", "redeem_by": "2098-12-31"}
    said = {"budget_fen": 1_000_000, "reserves_budget": "issue", **days}
    programme = make_programme(session, authority, writer, now=now, **said)
    firm = make_organisation(session, kind=OrganisationKind.ENTERPRISE, adcode=authority.adcode)
    address = f"/voucher-programmes/{programme.id}"

    before = words(client.get(address).text)
    make_voucher(session, firm, 300_000, programme=programme)
    after, listed = words(client.get(address).text), words(client.get("/voucher-programmes").text)
    make_voucher(session, firm, 700_000, programme=programme)
    spent = words(client.get(address).text)

    assert "注册地在四川省、有统一社会信用代码的企业" in before
    assert "再由四川省科学技术厅审核，两次不是同一个人" in before
    assert "政策预算还剩 ¥10,000.00，先到先得" in before
    assert "政策预算还剩 ¥7,000.00，先到先得" in after
    assert "预算还剩 ¥7,000.00" in listed
    assert "政策预算已经用完" in spent


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        pytest.param({"shares": {}}, "shares", id="no share at all"),
        pytest.param({"shares": {"testing": 0}}, "shares.testing", id="a share of nothing"),
        pytest.param({"shares": {"testing": 10_001}}, "shares.testing", id="more than all"),
        pytest.param({"shares": {"painting": 100}}, "shares.painting.[key]", id="an unknown service"),
        pytest.param({"year_cap_fen": 0}, "year_cap_fen", id="a cap of nothing"),
        pytest.param({"year_cap_fen": 1.5}, "year_cap_fen", id="half a fen"),
        pytest.param({"year_cap_fen": 10**19}, "year_cap_fen", id="more than there is"),
        pytest.param({"use_by": "2999-01-01"}, "use_by", id="in a thousand years"),
        pytest.param({"valid_days": 0}, "valid_days", id="no day"),
        pytest.param({"notice_url": "javascript:alert(1)"}, "notice_url", id="no address"),
        pytest.param({"notice": "a\x00b"}, "notice", id="a control character"),
        pytest.param({"exclusions": ["nothing"]}, "exclusions.0", id="an unknown exclusion"),
        pytest.param({"windows": [{}]}, "windows.0.opens_on", id="an empty batch"),
        pytest.param({"marks": {"use_by": {"kind": "guessed"}}}, "marks.use_by.kind", id="an unknown mark"),
        pytest.param({"number": 7}, "number", id="a field that there is not"),
    ],
)
def test_the_api_names_the_field_that_is_wrong_and_stores_nothing(
    client: FlaskClient, session: Session, programme: Programme, officer: User, *, wrong: dict[str, Any], field: str
) -> None:
    sign_in(client, officer)
    body = TERMS | {"valid_from": tomorrow()} | wrong

    refused = client.post(f"/api/v1/voucher-programmes/{programme.id}/versions", json=body)

    look_again(session)
    assert (refused.status_code, count(session, ProgrammeVersion)) == (422, 1)
    assert field in [problem["field"] for problem in refused.get_json()["problems"]]
