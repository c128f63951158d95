"""The search page and the page of an instrument."""

import json
import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import jsonschema
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.core.clock import utcnow
from booking.search import free_time, views
from models.catalogue import Instrument, Lane, TestItem
from models.directory import CalendarDay
from models.reservations import Block, Claim
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import BookingMode, ContactVisibility, PublishingState, RunningState, ShareMode
from models.vocabulary.directory import DayKind
from models.vocabulary.reservations import BlockKind, ClaimKind
from tests.counting import counting
from tests.factories.instruments import add_lane_group, make_instrument, make_organisation
from tests.factories.people import give, make_user, sign_in

SCHEMA = json.loads((Path(__file__).parent / "data" / "pidinst-schema-1_0.schema.json").read_text(encoding="utf-8"))
WEEKDAYS = tuple((weekday, 480, 1080) for weekday in range(1, 6))


def at(hour: float, day: int = 25) -> str:
    """A moment of November 2026 as the page sends it."""
    return f"2026-11-{day}T{int(hour):02d}:{int(hour % 1 * 60):02d}"


def listed(session: Session, *instruments: Instrument, now: datetime) -> None:
    listing.refresh(session, [instrument.id for instrument in instruments])
    session.commit()


def occupy(session: Session, lane_id: int, start: datetime, end: datetime, instrument: Instrument) -> None:
    group_id = session.scalar(sa.select(Lane.lane_group_id).where(Lane.id == lane_id))
    block = Block(
        instrument_id=instrument.id,
        lane_group_id=group_id,
        starts_at=start,
        ends_at=end,
        kind=BlockKind.CLOSURE,
        created_at=start,
    )
    session.add(block)
    session.flush()
    session.add(Claim(lane_id=lane_id, starts_at=start, ends_at=end, kind=ClaimKind.BLOCK, block_id=block.id))
    session.commit()


def lanes_of(session: Session, group_id: int) -> list[int]:
    return list(session.scalars(sa.select(Lane.id).where(Lane.lane_group_id == group_id).order_by(Lane.id)))


def own_lanes(session: Session, instrument: Instrument) -> list[int]:
    statement = sa.text("SELECT id FROM lane_groups WHERE own_instrument_id = :id")
    return lanes_of(session, session.execute(statement, {"id": instrument.id}).scalar_one())


def free_ids(client: FlaskClient, start: str, end: str) -> list[int]:
    query = {"free_from": f"{start}:00+08:00", "free_to": f"{end}:00+08:00"}
    return sorted(item["id"] for item in client.get("/api/v1/instruments", query_string=query).get_json()["items"])


def test_the_page_shows_what_is_found(client: FlaskClient, session: Session, now: datetime) -> None:
    shown, hidden = make_instrument(session), make_instrument(session, publishing_state=PublishingState.DRAFT)
    listed(session, shown, hidden, now=now)

    page = client.get("/", query_string={"q": "电镜"})

    assert page.status_code == 200
    assert f"/instruments/{shown.id}" in page.text
    assert f"/instruments/{hidden.id}" not in page.text
    assert "1 台仪器" in page.text


def test_what_was_typed_stays_when_something_is_wrong(client: FlaskClient) -> None:
    page = client.get("/", query_string={"q": "<b>x", "free_from": at(13), "free_to": at(12)})

    assert page.status_code == 422
    assert "结束时间须晚于开始时间。" in page.text
    assert 'value="&lt;b&gt;x"' in page.text
    assert 'value="2026-11-25T13:00"' in page.text


@pytest.mark.parametrize("query", [{"page": "0"}, {"page": "x"}, {"near_lat": "nan", "near_lon": "1"}, {"class": "x"}])
def test_wrong_values_in_the_address_are_no_server_fault(client: FlaskClient, query: dict[str, str]) -> None:
    assert client.get("/", query_string=query).status_code == 422


def test_a_page_beyond_the_last_shows_the_last(client: FlaskClient, session: Session, now: datetime) -> None:
    instrument = make_instrument(session)
    listed(session, instrument, now=now)

    assert f"/instruments/{instrument.id}" in client.get("/?page=99").text


def test_an_empty_result_offers_what_to_relax(client: FlaskClient, session: Session, now: datetime) -> None:
    instrument = make_instrument(session)
    listed(session, instrument, now=now)

    page = client.get("/", query_string={"q": "扫描电镜", "province": "510000"})

    assert "去掉“省市”：1 台" in page.text
    assert "去掉“搜索词”" not in page.text


def test_facet_links_keep_the_rest_of_the_search(client: FlaskClient, session: Session, now: datetime) -> None:
    listed(session, make_instrument(session), now=now)

    page = client.get("/", query_string={"q": "电镜", "class": "010000", "page": "1"}).text

    urls = [part.split('href="')[1].split('"')[0].replace("&amp;", "&") for part in page.split('class="facet ')[1:]]
    assert all(parse_qs(urlsplit(url).query)["q"] == ["电镜"] for url in urls)
    assert any(parse_qs(urlsplit(url).query).get("class") == ["010100"] for url in urls)


def test_only_what_is_free_throughout_is_found(client: FlaskClient, session: Session, now: datetime) -> None:
    owner = make_organisation(session)
    free, busy = (make_instrument(session, owner, hours=WEEKDAYS) for _ in range(2))
    double = make_instrument(session, owner, hours=WEEKDAYS, capacity=2)
    others = [
        make_instrument(session, owner, booking_mode=BookingMode.ON_REQUEST),
        make_instrument(session, owner, running_state=RunningState.TO_REPAIR),
        make_instrument(session, owner, hides_free_time=True),
        make_instrument(session, owner, share_mode=ShareMode.NONE),
    ]
    shared = add_lane_group(session, free, shared=True)
    noon = datetime.fromisoformat("2026-11-25T12:00:00+08:00")
    occupy(session, own_lanes(session, busy)[0], noon, noon + timedelta(hours=1), busy)
    occupy(session, own_lanes(session, double)[0], noon, noon + timedelta(hours=1), double)
    occupy(session, lanes_of(session, shared.id)[0], noon + timedelta(hours=3), noon + timedelta(hours=4), free)
    listed(session, free, busy, double, *others, now=now)

    assert free_ids(client, at(10), at(12)) == [free.id, busy.id, double.id]
    assert free_ids(client, at(11.5), at(12.5)) == [free.id, double.id]
    assert free_ids(client, at(13), at(15)) == [free.id, busy.id, double.id]
    assert free_ids(client, at(13), at(15.5)) == [busy.id, double.id]
    assert free_ids(client, at(7), at(9)) == []
    assert free_ids(client, at(10, 28), at(12, 28)) == []


def test_a_few_results_say_how_many_of_them_are_free_in_the_next_seven_days(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    owner = make_organisation(session)
    free, busy = (make_instrument(session, owner) for _ in range(2))
    hidden = make_instrument(session, owner, hides_free_time=True)
    occupy(session, own_lanes(session, busy)[0], utcnow(), utcnow() + timedelta(days=8), busy)
    listed(session, free, busy, hidden, now=now)

    def head(path: str = "/") -> str:
        page = " ".join(client.get(path).text.split())
        return re.sub(r"<[^>]+>", "", page.partition('role="status">')[2].partition("</p>")[0]).strip()

    all_shown = head()
    monkeypatch.setattr(views, "PAGE_SIZE", 2)
    some_shown, counted = head(), head("/?count_free=1&page=2")
    for module in (free_time, views):
        monkeypatch.setattr(module, "COUNTED", 2)

    assert all_shown == "3 台仪器 · 未来 7 天有空 1 台"
    assert some_shown == "3 台仪器 · 未来 7 天有空几台？"
    assert counted == all_shown
    assert head("/?count_free=1") == "3 台仪器 · 不超过 2 台时，可统计未来 7 天有空几台"


def test_closing_days_are_not_free(client: FlaskClient, session: Session, now: datetime) -> None:
    closed, keeps, works = (make_organisation(session) for _ in range(3))
    instruments = [
        make_instrument(session, closed),
        make_instrument(session, keeps),
        make_instrument(session, keeps, policy={"closes_on_holidays": False}),
        make_instrument(session, works),
    ]
    day = date(2026, 11, 25)
    rows: list[tuple[int | None, DayKind]] = [
        (None, DayKind.PUBLIC_HOLIDAY),
        (closed.id, DayKind.CLOSING_DAY),
        (works.id, DayKind.WORKING_WEEKEND),
    ]
    session.add_all(CalendarDay(organisation_id=owner, day=day, kind=kind, name_zh="x") for owner, kind in rows)
    listed(session, *instruments, now=now)

    assert free_ids(client, at(10), at(12)) == [instruments[2].id, instruments[3].id]
    assert free_ids(client, at(10, 26), at(12, 26)) == [instrument.id for instrument in instruments]


def test_a_page_of_one_takes_as_many_statements_as_a_page_of_twenty(
    client: FlaskClient, session: Session, now: datetime
) -> None:
    owner = make_organisation(session)
    listed(session, make_instrument(session, owner), now=now)
    client.get("/")
    with counting() as one:
        client.get("/")
    listed(session, *(make_instrument(session, owner) for _ in range(30)), now=now)
    client.get("/")

    with counting() as twenty:
        page = client.get("/")

    assert page.text.count('class="result"') == 20
    assert len(one) == len(twenty)


def test_an_instrument_can_be_read_by_people_and_programs(client: FlaskClient, session: Session, now: datetime) -> None:
    instrument = make_instrument(
        session, indicators_zh="分辨率 0.8 nm </script>", fees_zh="每小时 300 元", inner_id="A-1", phone="023-1234"
    )
    session.add(TestItem(instrument_id=instrument.id, position=1, name_zh="形貌观察", standard="GB/T 16594"))
    listed(session, instrument, now=now)

    page = client.get(f"/instruments/{instrument.id}")

    assert page.status_code == 200
    for words in ("场发射扫描电子显微镜", "每小时 300 元", "GB/T 16594", "023-1234", "扫描电镜"):
        assert words in page.text
    data = json.loads(page.text.split('<script type="application/ld+json">')[1].split("</script>")[0])
    assert (data["@type"], data["model"]) == ("Product", "JSM-7800F")
    assert f'<link rel="canonical" href="{data["url"]}">' in page.text


@pytest.mark.parametrize("state", [PublishingState.DRAFT, PublishingState.IN_REVIEW, PublishingState.WITHHELD])
def test_what_is_not_published_is_not_found(client: FlaskClient, session: Session, state: PublishingState) -> None:
    instrument = make_instrument(session, publishing_state=state)

    answers = [client.get(f"/instruments/{instrument.id}{end}").status_code for end in ("", "/pidinst.json")]
    steward = make_user(session, "steward")
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    sign_in(client, steward)

    assert answers == [404, 404]
    assert client.get(f"/instruments/{instrument.id}").status_code == 200


def test_contact_and_position_are_hidden_as_the_owner_wishes(
    client: FlaskClient, session: Session, now: datetime
) -> None:
    instrument = make_instrument(
        session,
        contact_visibility=ContactVisibility.SIGNED_IN,
        phone="023-1234",
        email="owner@example.org",
        street="天生路 2 号",
        latitude=29.8231,
        longitude=106.4,
        hides_position=True,
    )
    listed(session, instrument, now=now)
    address = f"/instruments/{instrument.id}"

    texts = [client.get(address).text, client.get(f"{address}/pidinst.json").text]

    assert not [words for words in ("023-1234", "owner@example.org", "天生路", "29.8231") if words in "".join(texts)]
    sign_in(client, make_user(session))
    assert "023-1234" in client.get(address).text


def test_pidinst_follows_the_schema(client: FlaskClient, session: Session) -> None:
    full = make_instrument(session, manufacturer="JEOL", inner_id="A-1", in_use_since=date(2020, 1, 2))
    session.add(TestItem(instrument_id=full.id, position=1, name_zh="形貌观察"))
    bare = make_instrument(session, name_en="", model="", class_code=None)
    session.commit()

    for instrument in (full, bare):
        address = f"/instruments/{instrument.id}"
        document: dict[str, Any] = json.loads(client.get(f"{address}/pidinst.json").text)
        jsonschema.validate(document, SCHEMA, format_checker=jsonschema.FormatChecker())
        assert document["identifier"]["identifierType"] == "URL"
        for path in (address, f"/api/v1{address}"):
            answer = client.get(path, headers={"Accept": "application/vnd.pidinst+json"})
            assert (answer.mimetype, json.loads(answer.text)) == ("application/vnd.pidinst+json", document)


def test_the_map_for_search_engines_has_only_what_is_published(
    client: FlaskClient, session: Session, now: datetime
) -> None:
    shown, hidden = make_instrument(session), make_instrument(session, publishing_state=PublishingState.WITHHELD)
    listed(session, shown, hidden, now=now)

    parts = ElementTree.fromstring(client.get("/sitemap.xml").text)
    path = urlsplit(str(parts[0][0].text)).path
    places = ElementTree.fromstring(client.get(path).text)

    assert [urlsplit(str(place[0].text)).path for place in places] == [f"/instruments/{shown.id}"]
    assert client.get("/sitemap-7.xml").status_code == 404
    assert "/sitemap.xml" in client.get("/robots.txt").text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_pages_answer_in_both_languages(
    client: FlaskClient, session: Session, now: datetime, language: str
) -> None:
    instrument = make_instrument(session)
    listed(session, instrument, now=now)

    for path in ("/", f"/instruments/{instrument.id}"):
        page = client.get(path, query_string={"lang": language})
        assert page.status_code == 200
        assert f'<html lang="{"en" if language == "en" else "zh-CN"}">' in page.text
