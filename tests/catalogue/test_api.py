"""The catalogue over JSON: what a page can do, the API can do."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.accounts import User
from models.catalogue import Instrument
from models.directory import CalendarDay, Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import give, make_user, sign_in

API = "/api/v1"


@pytest.fixture
def admin(client: FlaskClient, admin_user: User) -> User:
    sign_in(client, admin_user)
    return admin_user


def fields_of(answer: Any) -> list[str]:
    """The fields that a problem document names."""
    return [problem["field"] for problem in answer.get_json()["problems"]]


def test_a_record_is_made_once_per_key_and_answered_whole(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    body = {"organisation_id": organisation.id, "name_zh": "新仪器", "original_value_fen": 1, "acquisition": "1"}
    headers = {"Idempotency-Key": "one"}

    first = client.post(f"{API}/instruments", json=body, headers=headers)
    second = client.post(f"{API}/instruments", json=body, headers=headers)

    record = first.get_json()
    assert (first.status_code, first.headers["ETag"]) == (201, '"1"')
    assert first.headers["Location"] == f"{API}/instruments/{record['id']}"
    assert (record["acquisition"], record["publishing_state"], record["booking_mode"]) == (
        "bought",
        "draft",
        "on_request",
    )
    assert record["lane_groups"] == [
        {"id": record["lane_groups"][0]["id"], "name": "", "is_own": True, "capacity": 1},
    ]
    assert second.get_json()["id"] == record["id"]
    assert session.scalar(select(func.count()).select_from(Instrument)) == 1


def test_a_patch_changes_what_it_names_under_the_version_it_saw(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    draft = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)
    address = f"{API}/instruments/{draft.id}"

    changed = client.patch(address, json={"model": "S-4800"}, headers={"If-Match": '"1"'})
    stale = client.patch(address, json={"model": "old"}, headers={"If-Match": '"1"'})
    broken = client.patch(address, json={"model": "old"}, headers={"If-Match": "yesterday"})

    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert (changed.get_json()["model"], changed.get_json()["name_zh"]) == ("S-4800", "场发射扫描电子显微镜")
    assert (stale.status_code, stale.get_json()["code"]) == (412, "stale_version")
    assert broken.status_code == 400


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        pytest.param({"colour": "red"}, ["colour"], id="no such field"),
        pytest.param({"name_en": "x" * 101}, ["name_en"], id="too long"),
        pytest.param({"original_value_fen": -1}, ["original_value_fen"], id="negative money"),
        pytest.param({"original_value_fen": 1.5}, ["original_value_fen"], id="half a fen"),
        pytest.param({"class_code": "12"}, ["class_code"], id="class code too short"),
        pytest.param({"class_code": "999999", "adcode": "999999"}, ["class_code", "adcode"], id="unknown codes"),
        pytest.param({"url": "ftp://x"}, ["url"], id="no web address"),
        pytest.param({"name_zh": "a\u0000b"}, ["name_zh"], id="a NUL byte"),
        pytest.param({"kind": "both"}, ["kind"], id="no such kind"),
        pytest.param({"unit_id": 2**40}, ["unit_id"], id="an id no table holds"),
    ],
)
def test_wrong_values_are_named_and_nothing_is_stored(
    session: Session, client: FlaskClient, admin: User, body: dict[str, Any], fields: list[str]
) -> None:
    organisation = session.scalars(select(Organisation)).one()
    draft = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)

    answer = client.patch(f"{API}/instruments/{draft.id}", json=body)

    session.rollback()
    session.expire_all()
    assert (answer.status_code, fields_of(answer)) == (422, fields)
    assert session.get_one(Instrument, draft.id).version == 1


def test_timetable_lanes_and_items_are_set_over_json(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    instrument = make_instrument(session, organisation)
    address = f"{API}/instruments/{instrument.id}"
    hours = [{"weekday": 1, "opens": "09:00", "closes": "24:00"}]

    client.put(f"{address}/policy", json={"grid_minutes": 15, "longest_minutes": 60})
    client.put(f"{address}/opening-hours", json={"opening_hours": hours})
    client.put(f"{address}/lanes", json={"capacity": 2})
    client.post(f"{address}/shared-groups", json={"name": "能谱探头"})
    item = client.post(f"{address}/test-items", json={"name_zh": "断口"}).get_json()
    record = client.get(address).get_json()

    assert (record["policy"]["grid_minutes"], record["opening_hours"]) == (15, hours)
    assert [(group["name"], group["capacity"]) for group in record["lane_groups"]] == [("", 2), ("能谱探头", 1)]
    assert (record["test_items"], record["owner_view"]["test_items"], item["is_waiting"]) == ([], [item], True)
    assert client.delete(f"{address}/test-items/{item['id']}").status_code == 204
    assert client.delete(f"{address}/test-items/{item['id']}").status_code == 404


@pytest.mark.parametrize(
    "hours",
    [
        [{"weekday": 8, "opens": "09:00", "closes": "10:00"}],
        [{"weekday": 1, "opens": "10:00", "closes": "09:00"}],
        [{"weekday": 1, "opens": "09:00", "closes": "11:00"}, {"weekday": 1, "opens": "10:00", "closes": "12:00"}],
        [{"weekday": 1, "opens": "9", "closes": "10:00"}],
        "never",
        [7],
    ],
)
def test_impossible_opening_hours_are_refused(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User, hours: object
) -> None:
    instrument = make_instrument(session, organisation)

    answer = client.put(f"{API}/instruments/{instrument.id}/opening-hours", json={"opening_hours": hours})

    session.rollback()
    session.expire_all()
    assert answer.status_code == 422
    assert session.get_one(Instrument, instrument.id).version == 1


def test_submitting_for_review_names_every_gap(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    draft = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)

    answer = client.post(f"{API}/instruments/{draft.id}/submit", json={})

    assert (answer.status_code, answer.get_json()["code"]) == (422, "not_ready_to_publish")
    assert fields_of(answer) == ["functions_zh", "user_rules_zh", "fees_zh", "contact_name", "phone"]


def test_drafts_of_others_answer_as_if_they_did_not_exist(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    theirs = make_instrument(session, name_zh="他校草稿", publishing_state=PublishingState.DRAFT)
    published = make_instrument(session)
    answers = [
        client.get(f"{API}/instruments/{theirs.id}"),
        client.patch(f"{API}/instruments/{theirs.id}", json={"model": "x"}),
        client.put(f"{API}/instruments/{theirs.id}/lanes", json={"capacity": 2}),
        client.post(f"{API}/instruments/{theirs.id}/test-items", json={"name_zh": "x"}),
        client.patch(f"{API}/instruments/{published.id}", json={"model": "x"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404, 403]
    assert all("他校草稿" not in answer.get_data(as_text=True) for answer in answers)


def test_the_list_of_ones_own_pages_through_and_shows_no_others(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    mine = {make_instrument(session, organisation).id for _number in range(3)}
    make_instrument(session, publishing_state=PublishingState.DRAFT)

    first = client.get(f"{API}/my-instruments?limit=2").get_json()
    second = client.get(f"{API}/my-instruments?limit=2&cursor={first['next_cursor']}").get_json()

    assert {item["id"] for item in first["items"] + second["items"]} == mine
    assert second["next_cursor"] is None
    assert client.get(f"{API}/my-instruments?cursor=broken").status_code == 400


def test_nobody_edits_without_signing_in(session: Session, client: FlaskClient) -> None:
    instrument = make_instrument(session)

    answer = client.patch(f"{API}/instruments/{instrument.id}", json={"model": "x"})

    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


def test_an_organisation_is_read_by_all_and_edited_by_its_own(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    address = f"{API}/organisations/{organisation.id}"
    body = {"name_zh": organisation.name_zh, "name_en": "New", "kind": "university", "adcode": "500109"}

    edited = client.put(address, json=body, headers={"If-Match": '"1"'})
    wrong = client.put(address, json=body | {"uscc": "911100006000373410"})
    other = make_organisation(session)
    foreign = client.put(f"{API}/organisations/{other.id}", json=body | {"name_zh": "他校"})
    created = client.post(f"{API}/organisations", json=body | {"name_zh": "再一所"})

    assert (edited.status_code, edited.headers["ETag"], edited.get_json()["name_en"]) == (200, '"2"', "New")
    assert (wrong.status_code, fields_of(wrong)) == (422, ["uscc"])
    assert [foreign.status_code, created.status_code] == [403, 403]


def test_the_platform_registers_organisations(session: Session, client: FlaskClient) -> None:
    user = make_user(session, "platform")
    give(session, user, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    sign_in(client, user)
    body = {"name_zh": "新单位", "kind": "testing_lab", "adcode": "510107", "uscc": "91110000600037341L"}

    made = client.post(f"{API}/organisations", json=body)
    twice = client.post(f"{API}/organisations", json=body)

    assert (made.status_code, made.get_json()["units"]) == (201, [])
    assert (twice.status_code, fields_of(twice)) == (422, ["name_zh", "uscc"])


def test_closing_days_are_added_and_removed_over_json(
    session: Session, client: FlaskClient, organisation: Organisation, admin: User
) -> None:
    address = f"{API}/organisations/{organisation.id}/closing-days"
    body = {"first_day": "2099-01-01", "name_zh": "校庆"}

    far = client.post(address, json=body)
    unit = client.post(f"{API}/organisations/{organisation.id}/units", json={"name_zh": "材料学院"})

    assert (far.status_code, fields_of(far)) == (422, ["last_day"])
    assert unit.status_code == 201
    assert session.scalar(select(func.count()).select_from(CalendarDay)) == 0
    assert client.delete(f"{address}/4711").status_code == 404
