"""The search over HTTP: words, facets, bad input, and nothing that is not published."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.core.clock import local_date, utcnow
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import BookingMode, PublishingState, RunningState
from tests.counting import counting
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.many import list_instruments
from tests.factories.people import give, make_user, sign_in

MIANYANG: dict[str, Any] = {"adcode": "510703", "latitude": 31.46, "longitude": 104.74}


@pytest.fixture
def catalogue(session: Session, now: datetime) -> dict[str, int]:
    beibei = make_organisation(session, name_zh="西南大学", name_en="Southwest University")
    mianyang = make_organisation(session, name_zh="西南科技大学", name_en="SWUST", **MIANYANG)
    abroad = make_organisation(
        session, name_zh="美国国家标准研究所", country="US", adcode=None, latitude=39, longitude=-77
    )
    made = {
        "sem": make_instrument(session, beibei),
        "evo": make_instrument(
            session,
            mianyang,
            name_zh="扫描电镜（带能谱）",
            name_en="",
            model="EVO 18",
            booking_mode=BookingMode.ON_REQUEST,
        ),
        "raman": make_instrument(
            session,
            mianyang,
            name_zh="共聚焦拉曼光谱仪",
            name_en="Confocal Raman spectrometer",
            model="",
            class_code="010301",
            running_state=RunningState.TO_REPAIR,
        ),
        "afm": make_instrument(
            session, abroad, name_zh="", name_en="Atomic force microscope", model="", class_code=None
        ),
        "secret": make_instrument(session, beibei, publishing_state=PublishingState.WITHHELD, name_zh="保密扫描电镜"),
        "draft": make_instrument(session, beibei, publishing_state=PublishingState.DRAFT),
    }
    ids = {name: instrument.id for name, instrument in made.items()}
    listing.refresh(session, ids.values())
    session.commit()
    return ids


def found(client: FlaskClient, **query: Any) -> Any:
    answer = client.get("/api/v1/instruments", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def names(catalogue: dict[str, int], answer: Any) -> list[str]:
    by_id = {number: name for name, number in catalogue.items()}
    return [by_id[item["id"]] for item in answer["items"]]


def counts(answer: Any, facet: str) -> dict[Any, int]:
    return {entry["value"]: entry["count"] for entry in answer["facets"][facet]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", {"sem", "evo", "raman", "afm"}, id="nothing typed"),
        pytest.param("扫描电镜", {"sem", "evo"}, id="by name and by class"),
        pytest.param("电镜", {"sem", "evo"}, id="two characters"),
        pytest.param("镜", {"sem", "evo"}, id="one character"),
        pytest.param("ＪＳＭ－７８００Ｆ", {"sem"}, id="full width"),
        pytest.param("jsm7800f", {"sem"}, id="a model without its hyphen"),
        pytest.param("7800F", {"sem"}, id="the end of a model"),
        pytest.param("evo-18", {"evo"}, id="a model with another separator"),
        pytest.param("拉曼 raman", {"raman"}, id="both languages"),
        pytest.param("microscopes", {"sem", "evo", "afm"}, id="a plural"),
        pytest.param("西南科技大学", {"evo", "raman"}, id="an owner"),
        pytest.param("保密", set(), id="words of a withheld record"),
        pytest.param("\"' OR * NEAR(", set(), id="signs of a query language"),
        pytest.param("title:扫描", set(), id="a column of the index"),
    ],
)
def test_words_find_what_has_them_all(
    client: FlaskClient, catalogue: dict[str, int], text: str, expected: set[str]
) -> None:
    answer = found(client, q=text)

    assert set(names(catalogue, answer)) == expected
    assert answer["total"] == len(expected)


def test_a_name_comes_before_a_class(client: FlaskClient, catalogue: dict[str, int]) -> None:
    assert names(catalogue, found(client, q="扫描电镜")) == ["evo", "sem"]


def test_each_facet_ignores_its_own_filter_only(client: FlaskClient, catalogue: dict[str, int]) -> None:
    answer = found(client, province="四川", **{"class": "010100"})

    assert names(catalogue, answer) == ["evo"]
    assert counts(answer, "province") == {"500000": 1, "510000": 1}
    assert {value: n for value, n in counts(answer, "class").items() if value.endswith("0000")} == {"010000": 2}
    assert counts(answer, "city") == {"510700": 1}
    assert counts(answer, "district") == {"510703": 1}
    assert counts(found(client, district="涪城区"), "district") == {"500109": 1, "510703": 2}
    assert [entry["name"] for entry in answer["facets"]["institution"]] == ["西南科技大学"]


def test_free_time_is_told_when_asked_for_and_only_where_it_is_shown(
    session: Session, client: FlaskClient, catalogue: dict[str, int]
) -> None:
    hidden = make_instrument(session, hides_free_time=True)
    listing.refresh(session, [hidden.id])
    session.commit()
    before = utcnow()

    answer = found(client, with_free_time="true")

    items = {item["id"]: item for item in answer["items"]}
    sem = items[catalogue["sem"]]
    shown = {number for number, item in items.items() if item["free_days"] or item["earliest_free_at"]}
    assert (answer["total"], answer["free_in_week"], shown) == (5, 2, {catalogue["sem"], catalogue["afm"]})
    assert before <= datetime.fromisoformat(sem["earliest_free_at"]) <= before + timedelta(hours=1)
    assert [day["quarters"] for day in sem["free_days"][1:]] == [4] * 6
    assert sem["free_days"][0]["day"] == local_date(before).isoformat()
    usual = found(client)
    assert {usual["free_in_week"], *(item["free_days"] for item in usual["items"])} == {None}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"province": "500000"}, ["sem"]),
        ({"province": "Sichuan"}, ["evo", "raman"]),
        ({"province": "abroad"}, ["afm"]),
        ({"province": "110000"}, []),
        ({"city": "绵阳"}, ["evo", "raman"]),
        ({"city": "mianyang"}, ["evo", "raman"]),
        ({"district": "北碚区"}, ["sem"]),
        ({"mode": "on_request"}, ["evo"]),
        ({"in_service": "false"}, ["raman"]),
        ({"class": "010102"}, ["sem", "evo"]),
        ({"class": "999999"}, []),
        ({"near": "31.46,104.74", "max_km": "10"}, ["evo", "raman"]),
        ({"near": "31.46,104.74", "sort": "distance"}, ["evo", "raman", "sem", "afm"]),
        ({"near_district": "500109", "max_km": "300", "sort": "distance"}, ["sem", "evo", "raman"]),
        ({"sort": "newest"}, ["afm", "raman", "evo", "sem"]),
        ({"sort": "name"}, ["afm", "sem", "raman", "evo"]),
    ],
)
def test_filters_and_orders(
    client: FlaskClient, catalogue: dict[str, int], query: dict[str, str], expected: list[str]
) -> None:
    assert names(catalogue, found(client, **query)) == expected


def test_distance_is_measured_over_the_earth(client: FlaskClient, catalogue: dict[str, int]) -> None:
    answer = found(client, near="29.82,106.42", q="EVO")

    assert answer["items"][0]["distance_km"] == pytest.approx(243.07, abs=0.01)


def test_pages_follow_each_other_without_gap_or_repeat(client: FlaskClient, catalogue: dict[str, int]) -> None:
    first = found(client, limit=3)
    second = found(client, limit=3, cursor=first["next_cursor"])

    assert [item["id"] for item in first["items"] + second["items"]] == [item["id"] for item in found(client)["items"]]
    assert second["next_cursor"] is None


def test_a_cursor_keeps_its_place_when_something_is_published(
    client: FlaskClient, session: Session, catalogue: dict[str, int], now: datetime
) -> None:
    first = found(client, limit=2, sort="newest")
    listing.refresh(session, [make_instrument(session).id])
    session.commit()

    second = found(client, limit=2, sort="newest", cursor=first["next_cursor"])

    assert names(catalogue, second) == ["evo", "sem"]


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"limit": "1000000000"}, 422, "limit"),
        ({"limit": "0"}, 422, "limit"),
        ({"limit": "ten"}, 422, "limit"),
        ({"cursor": "broken"}, 400, None),
        ({"cursor": "WzEuNSwyXQ"}, 400, None),
        ({"near": "nan,nan"}, 422, "near"),
        ({"near": "91,200"}, 422, "near"),
        ({"near": "here"}, 422, "near"),
        ({"max_km": "-1", "near": "29,106"}, 422, "max_km"),
        ({"max_km": "nan", "near": "29,106"}, 422, "max_km"),
        ({"max_km": "10"}, 422, "max_km"),
        ({"sort": "distance"}, 422, "sort"),
        ({"sort": "price"}, 422, "sort"),
        ({"class": "1' OR '1'='1"}, 422, "class"),
        ({"province": "Atlantis"}, 422, "province"),
        ({"institution": "99999999999999999999"}, 422, "institution"),
        ({"mode": "sometimes"}, 422, "mode"),
        ({"in_service": "maybe"}, 422, "in_service"),
        ({"free_from": "2026-11-25T13:00:00"}, 422, "free_from"),
        ({"free_from": "2026-11-25T13:00:00+08:00"}, 422, "free_to"),
        ({"free_from": "2026-11-25T13:00:00+08:00", "free_to": "2026-11-25T12:00:00+08:00"}, 422, "free_to"),
        ({"free_from": "2026-11-25T13:00:00+08:00", "free_to": "2027-11-25T12:00:00+08:00"}, 422, "free_to"),
        ({"q": "a\x00b"}, 400, None),
        ({"q": "a\x01b"}, 422, "q"),
        ({"q": "x" * 201}, 422, "q"),
        ({"q": ["a", "b"]}, 422, "q"),
        ({"colour": "red"}, 422, "colour"),
    ],
)
def test_wrong_values_are_named(client: FlaskClient, query: dict[str, Any], status: int, field: str | None) -> None:
    answer = client.get("/api/v1/instruments", query_string=query)

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    if field:
        assert [problem["field"] for problem in answer.get_json()["problems"]] == [field]


def test_pages_and_api_take_as_many_statements_with_ten_as_with_ten_thousand_instruments(
    client: FlaskClient, session: Session, now: datetime
) -> None:
    api = "/api/v1/instruments?limit=10"
    paths = ("/", "/?q=扫描", api, f"{api}&q=扫描", f"{api}&with_free_time=true")
    counts = []
    for more in (10, 9_990):
        list_instruments(session, more, now=now)
        for path in paths:
            client.get(path)
        counts.append({path: statements_of(client, path) for path in paths})

    assert counts[0] == counts[1]
    assert found(client, q="扫描")["total"] == 10_000


def statements_of(client: FlaskClient, path: str) -> int:
    with counting() as statements:
        assert client.get(path).status_code == 200
    return len(statements)


def test_a_record_is_read_by_those_who_may(client: FlaskClient, session: Session, catalogue: dict[str, int]) -> None:
    assert client.get(f"/api/v1/instruments/{catalogue['sem']}").get_json()["model"] == "JSM-7800F"
    assert client.get(f"/api/v1/instruments/{catalogue['secret']}").status_code == 404

    auditor = make_user(session, "auditor")
    give(session, auditor, Role.AUDITOR, ScopeKind.PLATFORM)
    sign_in(client, auditor)

    assert client.get(f"/api/v1/instruments/{catalogue['secret']}").status_code == 200


def test_classes_and_places_can_be_picked(client: FlaskClient) -> None:
    classes = client.get("/api/v1/classes").get_json()["items"]
    places = client.get("/api/v1/places").get_json()["items"]

    assert [sum(row["level"] == level for row in classes) for level in (1, 2, 3)] == [15, 93, 631]
    assert {
        "adcode": "500109",
        "level": "district",
        "name": "北碚区",
        "name_en": "Beibei District",
        "parent": "500100",
    } in places
