"""The pages and the API of the register: anybody reads and takes it away, officers of the authority keep it."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import local_date, utcnow
from models.accounts import User
from models.directory import Organisation
from models.recognitions import Recognition, RecognitionEnding
from tests.factories.instruments import make_organisation
from tests.factories.looking import count, look_again
from tests.factories.people import sign_in
from tests.factories.programmes import CHONGQING, make_authority, make_officer

ENTRY = {"kind": "provider", "provider": "绵阳检测院", "starts_on": "2026-01-01", "notice": "互认通知〔2026〕1号"}


@pytest.fixture
def authority(session: Session) -> Organisation:
    make_organisation(session, name_zh="绵阳检测院", name_en="Mianyang Lab", adcode="510704")
    return make_authority(session, CHONGQING, name_zh="重庆市科学技术局", name_en="Chongqing authority")


@pytest.fixture
def officer(session: Session, authority: Organisation, now: datetime) -> User:
    return session.get_one(User, make_officer(session, authority, "officer", now=now).id)


def in_days(days: int) -> str:
    return (local_date(utcnow()) + timedelta(days=days)).isoformat()


def test_an_officer_enters_a_provider_and_ends_it(
    client: FlaskClient, session: Session, authority: Organisation, officer: User
) -> None:
    sign_in(client, officer)

    made = client.post("/recognitions", data=ENTRY | {"organisation_id": authority.id})
    twice = client.post("/recognitions", data=ENTRY | {"organisation_id": authority.id})
    look_again(session)
    entry = session.scalars(select(Recognition)).one()
    ending = {"ends_on": in_days(30), "reason": "名单调整"}
    without_reason = client.post(f"/recognitions/{entry.id}/end", data={"ends_on": in_days(30)})
    ended = client.post(f"/recognitions/{entry.id}/end", data=ending)
    again = client.post(f"/recognitions/{entry.id}/end", data=ending)

    look_again(session)
    shown = client.application.test_client().get(f"/recognitions/{entry.id}").text
    assert (made.status_code, twice.status_code) == (303, 422)
    assert (without_reason.status_code, ended.status_code, again.status_code) == (422, 303, 409)
    assert (count(session, Recognition), count(session, RecognitionEnding)) == (1, 1)
    assert "名单调整" in shown
    assert "写明最后一天" not in shown


def test_anybody_reads_the_register_filtered_and_as_a_table(
    client: FlaskClient, session: Session, authority: Organisation, officer: User
) -> None:
    sign_in(client, officer)
    named = {"organisation_id": authority.id}
    client.post("/recognitions", data=ENTRY | named)
    service = {"kind": "service_type", "service_type": "testing", "province": "510000", "ends_on": "2026-06-30"}
    client.post("/recognitions", data=ENTRY | named | service | {"provider": ""})
    stranger = client.application.test_client()

    whole, early = stranger.get("/recognitions").text, stranger.get("/recognitions?on=2025-12-31").text
    of_kind = stranger.get("/recognitions?kind=service_type").text
    table = stranger.get("/recognitions.csv?on=2026-03-01")
    english = stranger.get("/recognitions?lang=en").text

    rows = list(csv.reader(io.StringIO(table.data.decode("utf-8-sig"))))
    assert ("绵阳检测院" in whole, "检验检测" in whole, "登记一条" in whole) == (True, True, False)
    assert ("绵阳检测院" in of_kind, "没有符合条件的登记" in early) == (False, True)
    assert "Mianyang Lab" in english
    assert [row[:6] for row in rows[1:]] == [
        ["重庆市科学技术局", "来自对方的服务类型", "检验检测", "四川省", "2026-01-01", "2026-06-30"],
        ["重庆市科学技术局", "服务机构", "绵阳检测院", "所有服务类型", "2026-01-01", ""],
    ]


def test_what_is_wrong_comes_back_at_its_field(
    client: FlaskClient, session: Session, authority: Organisation, officer: User
) -> None:
    sign_in(client, officer)

    unknown = client.post("/recognitions", data=ENTRY | {"organisation_id": authority.id, "provider": "没有这家"})
    nobody = client.post("/recognitions", data={})
    unnamed = client.post("/recognitions", data=ENTRY | {"organisation_id": authority.id, "provider": ""})

    look_again(session)
    assert [one.status_code for one in (unknown, nobody, unnamed)] == [422, 422, 422]
    assert 'href="#field-provider"' in unknown.text
    assert 'value="没有这家"' in unknown.text
    assert 'href="#field-provider"' in unnamed.text
    assert count(session, Recognition) == 0


def test_the_other_officers_and_people_without_a_register_change_nothing(
    client: FlaskClient, session: Session, authority: Organisation, officer: User, now: datetime
) -> None:
    sign_in(client, officer)
    client.post("/recognitions", data=ENTRY | {"organisation_id": authority.id})
    look_again(session)
    entry = session.scalars(select(Recognition)).one()
    other = make_officer(session, make_authority(session), "other", now=now)
    sign_in(client, session.get_one(User, other.id))

    enter = client.post("/recognitions", data=ENTRY | {"organisation_id": authority.id})
    end = client.post(f"/recognitions/{entry.id}/end", data={"ends_on": in_days(3), "reason": "越权"})

    look_again(session)
    assert (enter.status_code, end.status_code) == (403, 403)
    assert (count(session, Recognition), count(session, RecognitionEnding)) == (1, 0)


def test_the_api_enters_ends_and_answers_whether_a_provider_is_accepted(
    client: FlaskClient, session: Session, authority: Organisation, officer: User
) -> None:
    sign_in(client, officer)
    provider = session.scalars(select(Organisation).where(Organisation.name_zh == "绵阳检测院")).one()
    body = {"organisation_id": authority.id, "starts_on": "2026-01-01", "notice": "互认通知"}
    service = {"kind": "service_type", "service_type": "testing", "province": "510000"}
    asked = f"authority={authority.id}&provider={provider.id}&service_type=testing"

    made = client.post("/api/v1/recognitions", json=body | {"kind": "provider", "provider_id": provider.id})
    half = client.get(f"/api/v1/recognitions/check?{asked}").get_json()
    client.post("/api/v1/recognitions", json=body | service)
    whole = client.get(f"/api/v1/recognitions/check?{asked}").get_json()
    address = f"/api/v1/recognitions/{made.get_json()['id']}"
    ended = client.post(f"{address}/end", json={"ends_on": in_days(5), "reason": "名单调整"})
    again = client.post(f"{address}/end", json={"ends_on": in_days(5), "reason": "名单调整"})
    late = client.get(f"/api/v1/recognitions/check?{asked}&on={in_days(6)}").get_json()

    first = client.get("/api/v1/recognitions?limit=1").get_json()
    rest = client.get(f"/api/v1/recognitions?limit=1&cursor={first['next_cursor']}").get_json()
    assert (made.status_code, ended.status_code, again.status_code) == (201, 200, 409)
    assert (half["recognised"], whole["recognised"], late["recognised"]) == (False, True, False)
    assert (ended.get_json()["until"], ended.get_json()["ended_reason"]) == (in_days(5), "名单调整")
    assert [one["kind"] for one in (*first["items"], *rest["items"])] == ["service_type", "provider"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        pytest.param({"kind": "friend"}, "kind", id="an unknown kind"),
        pytest.param({"provider_id": 2**40}, "provider_id", id="no id"),
        pytest.param({"provider_id": None}, "provider_id", id="nobody"),
        pytest.param({"service_type": "painting"}, "service_type", id="an unknown service"),
        pytest.param({"province": "51"}, "province", id="no code"),
        pytest.param({"province": "510000"}, "province", id="a province of a provider"),
        pytest.param({"starts_on": "1066-10-14"}, "starts_on", id="centuries ago"),
        pytest.param({"starts_on": "soon"}, "starts_on", id="no day"),
        pytest.param({"notice": "  "}, "notice", id="no notice"),
        pytest.param({"notice": "a\x00b"}, "notice", id="a control character"),
        pytest.param({"notice_url": "javascript:alert(1)"}, "notice_url", id="no address"),
        pytest.param({"id": 7}, "id", id="a field that there is not"),
    ],
)
def test_the_api_names_the_field_that_is_wrong_and_stores_nothing(
    client: FlaskClient, session: Session, authority: Organisation, officer: User, *, wrong: dict[str, Any], field: str
) -> None:
    sign_in(client, officer)
    body = {"organisation_id": authority.id, "kind": "provider", "provider_id": authority.id}
    body |= {"starts_on": "2026-01-01", "notice": "互认通知"}

    refused = client.post("/api/v1/recognitions", json=body | wrong)

    assert (refused.status_code, count(session, Recognition)) == (422, 0)
    assert field in [problem["field"] for problem in refused.get_json()["problems"]]
