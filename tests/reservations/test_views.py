import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.core.clock import at_local, local_date, utcnow
from booking.core.period import Period
from booking.reservations import blocks, service
from booking.reservations.wishes import Details, Named, Wish
from booking.web.extensions import transaction
from booking.web.filters import local_input
from models.accounts import User
from models.catalogue import Instrument
from models.reservations import Block, Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import BookingMode, PublishingState
from models.vocabulary.reservations import BlockKind, ReservationState
from tests.factories.instruments import make_instrument
from tests.factories.looking import look_again
from tests.factories.people import actor_for, give, make_user, sign_in

TOMORROW = local_date(utcnow()) + timedelta(days=1)
HTMX = {"HX-Request": "true"}


def at(hour: float, *, days: int = 0) -> datetime:
    return at_local(TOMORROW + timedelta(days=days), int(hour * 60))


def times(start: float, end: float, *, days: int = 0, **more: str) -> dict[str, str]:
    return {"starts_at": local_input(at(start, days=days)), "ends_at": local_input(at(end, days=days)), **more}


def reserve(
    session: Session, instrument: Instrument, person: User, start: float, end: float, **details: Any
) -> Reservation:
    now = utcnow()
    wish = Wish(instrument.id, Period(at(start), at(end)), details=Details(**details))
    actor = actor_for(session, person, now=now)
    session.commit()
    return transaction(service.request_reservation, wish, actor=actor, now=now)


def block(session: Session, instrument: Instrument, steward: User, start: float, end: float) -> Block:
    now = utcnow()
    actor, period = actor_for(session, steward, now=now), Period(at(start), at(end))
    session.commit()
    made = transaction(blocks.add_block, instrument.id, period, BlockKind.MAINTENANCE, "灯丝更换", actor=actor, now=now)
    return made.block


def make_steward(session: Session, instrument: Instrument, name: str = "steward") -> User:
    steward = make_user(session, name)
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    return steward


def reservations(session: Session) -> list[Reservation]:
    look_again(session)
    return list(session.scalars(select(Reservation).order_by(Reservation.id)))


def codes(answer: TestResponse) -> list[str]:
    return re.findall(r'data-code="(\w+)"', answer.text)


def remedies(answer: TestResponse) -> list[tuple[str, str]]:
    return re.findall(r'data-start="([^"]+)" data-end="([^"]+)"', answer.text)


def key_of(page: TestResponse) -> str:
    found = re.search(r'name="idempotency_key" value="([^"]+)"', page.text)
    assert found
    return found[1]


def window(days: int = 2) -> Mapping[str, str]:
    return {"from": at_local(TOMORROW).isoformat(), "to": at_local(TOMORROW + timedelta(days=days)).isoformat()}


def test_asking_for_free_time_says_that_it_may_be_had(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)
    sign_in(client, make_user(session))

    answer = client.post(f"/instruments/{instrument.id}/ask", data=times(9, 10), headers=HTMX)

    assert answer.status_code == 200
    assert "这段时间可以预约。" in answer.text
    assert codes(answer) == []
    assert "<html" not in answer.text


def test_every_refusal_is_shown_at_once_with_remedies_that_cure_it(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, policy={"grid_minutes": 30, "longest_minutes": 120})
    reserve(session, instrument, make_user(session, "other"), 9, 10)
    sign_in(client, make_user(session))

    answer = client.post(f"/instruments/{instrument.id}/ask", data=times(9.25, 13), headers=HTMX)

    assert sorted(codes(answer)) == ["off_grid", "slot_taken", "too_long"]
    offered = remedies(answer)
    assert len(offered) == len(set(offered)) > 0
    for start, end in offered:
        cured = client.post(
            f"/instruments/{instrument.id}/ask", data={"starts_at": start, "ends_at": end}, headers=HTMX
        )
        assert codes(cured) == []


def test_set_up_and_clean_up_are_told(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, policy={"setup_minutes": 15, "cleanup_minutes": 30})
    sign_in(client, make_user(session))

    answer = client.post(f"/instruments/{instrument.id}/ask", data=times(9, 10), headers=HTMX)

    assert "08:45 至 10:30 占用仪器" in answer.text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param({"starts_at": "tomorrow"}, "时间格式不正确", id="unreadable"),
        pytest.param(times(10, 9), "结束时间须晚于开始时间。", id="end before start"),
        pytest.param({"starts_at": "1850-01-01T09:00", "ends_at": "1850-01-01T10:00"}, "2000 至 2099", id="far away"),
    ],
)
def test_times_that_cannot_be_read_are_named(
    client: FlaskClient, session: Session, typed: dict[str, str], sentence: str
) -> None:
    instrument = make_instrument(session)
    sign_in(client, make_user(session))

    answer = client.post(f"/instruments/{instrument.id}/ask", data=typed, headers=HTMX)

    assert answer.status_code == 200
    assert sentence in answer.text


def test_without_script_a_remedy_fills_the_form_and_keeps_what_was_typed(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)
    sign_in(client, make_user(session))
    use = f"{local_input(at(14))}/{local_input(at(15))}/"

    page = client.post(f"/instruments/{instrument.id}/ask", data=times(9, 10, purpose="断口分析", use=use))

    assert f'name="starts_at" value="{local_input(at(14))}"' in page.text
    assert f'name="ends_at" value="{local_input(at(15))}"' in page.text
    assert "断口分析</textarea>" in page.text


def test_a_stranger_sees_whether_time_is_free_and_comes_back_to_it_after_signing_in(
    client: FlaskClient, session: Session
) -> None:
    instrument = make_instrument(session)

    answer = client.post(f"/instruments/{instrument.id}/ask", data=times(9, 10), headers=HTMX)

    assert "这段时间空闲，登录后即可预约。" in answer.text
    [address] = re.findall(r'href="(/sign-in[^"]+)"', answer.text)
    back = f"/instruments/{instrument.id}?starts_at={local_input(at(9))}&ends_at={local_input(at(10))}#wish-panel"
    assert parse_qs(urlsplit(address).query)["next"] == [back]


def test_booking_without_signing_in_leads_to_signing_in_and_stores_nothing(
    client: FlaskClient, session: Session
) -> None:
    instrument = make_instrument(session)

    answer = client.post(f"/instruments/{instrument.id}/reservations", data=times(9, 10))

    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in?next=/instruments/")
    assert reservations(session) == []


def test_a_booking_keeps_everything_that_was_filled_in(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)
    person = make_user(session)
    linked = make_user(session, "zhang")
    sign_in(client, person)
    form = times(
        9,
        10,
        mode="assisted",
        purpose="断口分析",
        direction="research",
        project_name="轻质合金",
        project_number="CSTB-2026",
        sample_count="3",
        operator_name="王同学",
        participants="张同学 <zhang@example.org>\n李 四\n赵五，z@example.org\n钱六；q@example.org\n孙七、s@example.org",
    )

    answer = client.post(f"/instruments/{instrument.id}/reservations", data=form)

    [made] = reservations(session)
    assert answer.status_code == 303
    assert answer.location == f"/reservations/{made.id}"
    page = client.get(answer.location)
    for text in (
        "断口分析",
        "科学研究",
        "轻质合金 CSTB-2026",
        "协助上机",
        "王同学",
        "张同学、李 四、赵五、钱六、孙七",
        "预约成功。",
    ):
        assert text in page.text
    sign_in(client, linked)
    assert client.get(answer.location).status_code == 200


def test_a_double_click_books_once(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)
    sign_in(client, make_user(session))
    key = key_of(client.post(f"/instruments/{instrument.id}/ask", data=times(9, 10)))
    form = times(9, 10, idempotency_key=key)

    answers = [client.post(f"/instruments/{instrument.id}/reservations", data=form) for _ in range(2)]

    [made] = reservations(session)
    assert [answer.location for answer in answers] == [f"/reservations/{made.id}"] * 2


def test_a_refused_booking_comes_back_filled_in_with_every_reason(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, policy={"longest_minutes": 60})
    reserve(session, instrument, make_user(session, "other"), 9, 10)
    sign_in(client, make_user(session))

    page = client.post(f"/instruments/{instrument.id}/reservations", data=times(9, 11, purpose="断口分析"))

    assert page.status_code == 409
    assert sorted(codes(page)) == ["slot_taken", "too_long"]
    assert f'name="starts_at" value="{local_input(at(9))}"' in page.text
    assert "断口分析</textarea>" in page.text
    assert len(reservations(session)) == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        pytest.param({"sample_count": "-1"}, "sample_count", id="negative samples"),
        pytest.param({"operator_email": "wang@example.org"}, "operator_name", id="operator without a name"),
        pytest.param({"participants": "王 <no@address"}, "participants", id="bad address"),
        pytest.param({"purpose": "x" * 601}, "purpose", id="long purpose"),
        pytest.param({"mode": "magic"}, "mode", id="unknown mode"),
        pytest.param({"ends_at": ""}, "ends_at", id="no end"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    client: FlaskClient, session: Session, typed: dict[str, str], field: str
) -> None:
    instrument = make_instrument(session)
    sign_in(client, make_user(session))

    page = client.post(f"/instruments/{instrument.id}/reservations", data=times(9, 10) | typed)

    assert page.status_code == 422
    assert f'id="problems-{field}"' in page.text
    assert reservations(session) == []


def test_an_instrument_with_approval_says_that_the_request_waits(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, policy={"needs_approval": True})
    sign_in(client, make_user(session))

    answer = client.post(f"/instruments/{instrument.id}/reservations", data=times(9, 10))

    [made] = reservations(session)
    assert made.state == ReservationState.REQUESTED
    assert "等待审批" in client.get(answer.location).text


@pytest.mark.parametrize("mode", [BookingMode.ON_REQUEST, BookingMode.ELSEWHERE, BookingMode.NONE])
def test_an_instrument_that_is_not_booked_here_offers_no_form(
    client: FlaskClient, session: Session, mode: BookingMode
) -> None:
    instrument = make_instrument(session, booking_mode=mode, booking_url="https://owner.example/book")

    page = client.get(f"/instruments/{instrument.id}")

    assert page.status_code == 200
    assert "data-wish-form" not in page.text
    assert "data-calendar" not in page.text
    assert ("时间需与机主确认" in page.text) == (mode != BookingMode.NONE)
    assert ("https://owner.example/book" in page.text) == (mode == BookingMode.ELSEWHERE)


def test_the_week_offers_free_hours_as_links_that_fill_the_form(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, hours=((TOMORROW.isoweekday(), 540, 660),))
    sign_in(client, make_user(session))

    page = client.get(f"/instruments/{instrument.id}?week={TOMORROW.isoformat()}")

    links = re.findall(r'starts_at=([^&"]+)&amp;ends_at=([^&#"]+)#wish-panel', page.text)
    wanted = [(local_input(at(9)), local_input(at(10))), (local_input(at(10)), local_input(at(11)))]
    assert [(start.replace("%3A", ":"), end.replace("%3A", ":")) for start, end in links] == wanted


@pytest.mark.parametrize("week", ["yesterday", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_week_that_no_calendar_could_show_is_this_week(client: FlaskClient, session: Session, week: str) -> None:
    instrument = make_instrument(session)

    assert client.get(f"/instruments/{instrument.id}?week={week}").status_code == 200


def test_hidden_free_time_is_not_in_the_page_nor_in_the_calendar(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, hides_free_time=True)
    reserve(session, instrument, make_user(session, "other"), 9, 10)

    page = client.get(f"/instruments/{instrument.id}")
    events = client.get(f"/instruments/{instrument.id}/calendar.json", query_string=window()).get_json()["events"]

    assert "机主没有公布空闲时间" in page.text
    assert "week-free" not in page.text
    assert [event["classNames"] for event in events if event["classNames"] != ["is-closed"]] == []


def test_the_public_calendar_names_nobody(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)
    other = make_user(session, "secretive")
    reserve(session, instrument, other, 9, 10, purpose="秘密用途", operator=Named("操作员甲", "a@example.org"))

    for person in (None, make_user(session)):
        if person:
            sign_in(client, person)
        answer = client.get(f"/instruments/{instrument.id}/calendar.json", query_string=window())
        assert [event["title"] for event in answer.get_json()["events"]] == ["已占用"]
        for secret in ("Secretive", "秘密用途", "操作员甲", "/reservations/"):
            assert secret not in answer.text


def test_one_sees_ones_own_time_in_the_calendar(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)
    person = make_user(session)
    made = reserve(session, instrument, person, 9, 10)
    sign_in(client, person)

    [event] = client.get(f"/instruments/{instrument.id}/calendar.json", query_string=window()).get_json()["events"]

    assert event["classNames"] == ["is-mine"]
    assert event["start"] == at(9).astimezone().isoformat() or event["start"].endswith("T09:00:00+08:00")
    assert event["extendedProps"]["url"] == f"/reservations/{made.id}"


def test_a_move_that_is_asked_for_is_ones_own_time_with_the_look_of_a_request(
    client: FlaskClient, session: Session
) -> None:
    instrument = make_instrument(session, policy={"needs_approval": True})
    person, steward = make_user(session), make_steward(session, instrument)
    made = reserve(session, instrument, person, 9, 10)
    sign_in(client, steward)
    client.post(f"/reservations/{made.id}/approve")
    sign_in(client, person)
    client.post(f"/reservations/{made.id}/move", data=times(14, 15, days=7))

    looks: dict[int, list[tuple[str, list[str]]]] = {}
    cells: dict[int, list[int]] = {}
    for days in (0, 7):
        week = {"from": at(0, days=days).isoformat(), "to": at(24, days=days).isoformat()}
        events = client.get(f"/instruments/{instrument.id}/calendar.json", query_string=week).get_json()["events"]
        looks[days] = [(event["start"][11:16], event["classNames"]) for event in events]
        page = client.get(f"/instruments/{instrument.id}?week={local_date(at(0, days=days)).isoformat()}")
        cells[days] = [page.text.count(f'class="week-{kind}"') for kind in ("mine", "busy")]

    assert looks == {0: [("09:00", ["is-mine"])], 7: [("14:00", ["is-mine", "is-requested"])]}
    assert cells == {0: [1, 0], 7: [1, 0]}


def test_blocks_show_their_reason_and_closed_time_is_marked(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, hours=((TOMORROW.isoweekday(), 540, 1080),))
    block(session, instrument, make_steward(session, instrument), 9, 12)

    events = client.get(f"/instruments/{instrument.id}/calendar.json", query_string=window(1)).get_json()["events"]

    found = {event["classNames"][0]: event["title"] for event in events}
    assert found == {"is-closed": "", "is-block": "维护 · 灯丝更换"}


def test_opening_hours_that_are_over_are_paler_up_to_now(client: FlaskClient, session: Session) -> None:
    hours = tuple((day, 0, 1440) for day in range(1, 8))
    instrument = make_instrument(session, hours=hours)
    before, after = utcnow() - timedelta(days=2), utcnow() + timedelta(days=2)
    asked = {"from": before.isoformat(), "to": after.isoformat()}

    events = client.get(f"/instruments/{instrument.id}/calendar.json", query_string=asked).get_json()["events"]
    asked_by = utcnow()

    past = [event for event in events if event["classNames"] == ["is-past"]]
    assert [datetime.fromisoformat(event["start"]) for event in past] == [before]
    assert after - timedelta(days=2) <= datetime.fromisoformat(past[0]["end"]) <= asked_by


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"from": "2026-11-23", "to": "2026-11-24"}, id="naive"),
        pytest.param({"from": "2026-11-23T00:00+08:00", "to": "2028-11-23T00:00+08:00"}, id="two years"),
    ],
)
def test_a_calendar_window_must_be_readable_and_short(
    client: FlaskClient, session: Session, query: dict[str, str]
) -> None:
    instrument = make_instrument(session)

    assert client.get(f"/instruments/{instrument.id}/calendar.json", query_string=query).status_code == 422


def test_nothing_of_an_unpublished_instrument_can_be_seen_or_asked(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, publishing_state=PublishingState.WITHHELD)
    sign_in(client, make_user(session))

    answers = [
        client.get(f"/instruments/{instrument.id}/calendar.json", query_string=window()),
        client.post(f"/instruments/{instrument.id}/ask", data=times(9, 10)),
        client.post(f"/instruments/{instrument.id}/ask", data=times(9, 10), headers=HTMX),
        client.post(f"/instruments/{instrument.id}/reservations", data=times(9, 10)),
        client.get(f"/board/instruments/{instrument.id}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert reservations(session) == []


@pytest.mark.parametrize("page", ["", "/move", "/edit", "/cancel"])
def test_somebody_elses_reservation_is_not_found(client: FlaskClient, session: Session, page: str) -> None:
    made = reserve(session, make_instrument(session), make_user(session, "other"), 9, 10, purpose="秘密用途")
    sign_in(client, make_user(session))

    answer = client.get(f"/reservations/{made.id}{page}")

    assert answer.status_code == 404
    assert "秘密用途" not in answer.text


@pytest.mark.parametrize("step", ["move", "edit", "cancel", "leave", "approve", "reject", "move/ask"])
def test_somebody_elses_reservation_cannot_be_changed(client: FlaskClient, session: Session, step: str) -> None:
    made = reserve(session, make_instrument(session), make_user(session, "other"), 9, 10)
    sign_in(client, make_user(session))

    answer = client.post(f"/reservations/{made.id}/{step}", data=times(11, 12, reason="weil"))

    assert answer.status_code == 404
    [kept] = reservations(session)
    assert (kept.version, kept.state, kept.starts_at) == (1, ReservationState.CONFIRMED, at(9))


def test_someone_linked_may_look_and_leave_but_not_change(client: FlaskClient, session: Session) -> None:
    guest = make_user(session, "guest")
    made = reserve(
        session,
        make_instrument(session),
        make_user(session, "other"),
        9,
        10,
        participants=(Named("客人", "guest@example.org"),),
    )
    sign_in(client, guest)

    assert client.get(f"/reservations/{made.id}").status_code == 200
    assert client.get(f"/reservations/{made.id}/move").status_code == 403
    assert client.post(f"/reservations/{made.id}/cancel").status_code == 403

    assert client.post(f"/reservations/{made.id}/leave").location == "/reservations"
    assert client.get(f"/reservations/{made.id}").status_code == 404


def test_moving_shows_its_own_time_as_free_and_keeps_a_history(client: FlaskClient, session: Session) -> None:
    person = make_user(session)
    made = reserve(session, make_instrument(session), person, 9, 11)
    sign_in(client, person)

    asked = client.post(f"/reservations/{made.id}/move/ask", data=times(10, 12), headers=HTMX)
    moved = client.post(f"/reservations/{made.id}/move", data=times(10, 12, version="1"))

    assert codes(asked) == []
    assert moved.status_code == 303
    page = client.get(moved.location)
    assert "时间已更改。" in page.text
    assert "09:00–11:00 改为" in page.text


def test_the_calendar_of_a_move_leaves_out_the_reservation_itself(client: FlaskClient, session: Session) -> None:
    person = make_user(session)
    instrument = make_instrument(session)
    made = reserve(session, instrument, person, 9, 10)
    reserve(session, instrument, make_user(session, "other"), 12, 13)
    sign_in(client, person)

    answer = client.get(f"/reservations/{made.id}/move/calendar.json", query_string=window())

    assert [event["start"][11:16] for event in answer.get_json()["events"]] == ["12:00"]


def test_the_holder_may_still_move_when_the_instrument_is_no_longer_public(
    client: FlaskClient, session: Session
) -> None:
    person = make_user(session)
    instrument = make_instrument(session)
    made = reserve(session, instrument, person, 9, 11)
    instrument.publishing_state = PublishingState.WITHHELD
    session.commit()
    sign_in(client, person)

    shorter = client.post(f"/reservations/{made.id}/move", data=times(9, 10))

    assert client.get(f"/reservations/{made.id}/move").status_code == 200
    assert shorter.status_code == 303


def test_a_refused_move_shows_the_reasons_and_changes_nothing(client: FlaskClient, session: Session) -> None:
    person = make_user(session)
    instrument = make_instrument(session)
    made = reserve(session, instrument, person, 9, 10)
    reserve(session, instrument, make_user(session, "other"), 12, 13)
    sign_in(client, person)

    page = client.post(f"/reservations/{made.id}/move", data=times(12, 13))

    assert page.status_code == 409
    assert codes(page) == ["slot_taken"]
    assert reservations(session)[0].starts_at == at(9)


def test_a_form_from_before_another_change_is_refused(client: FlaskClient, session: Session) -> None:
    person = make_user(session)
    made = reserve(session, make_instrument(session), person, 9, 10)
    sign_in(client, person)
    client.post(f"/reservations/{made.id}/move", data=times(11, 12, version="1"))

    answer = client.post(f"/reservations/{made.id}/cancel", data={"version": "1"})

    assert answer.status_code == 412
    assert reservations(session)[0].state == ReservationState.CONFIRMED


def test_editing_keeps_what_was_typed_when_something_is_wrong(client: FlaskClient, session: Session) -> None:
    person = make_user(session)
    made = reserve(session, make_instrument(session), person, 9, 10, purpose="旧用途")
    sign_in(client, person)

    wrong = client.post(f"/reservations/{made.id}/edit", data={"purpose": "新用途", "sample_count": "viele"})
    right = client.post(f"/reservations/{made.id}/edit", data={"purpose": "新用途", "sample_count": "2"})

    assert wrong.status_code == 422
    assert "新用途</textarea>" in wrong.text
    assert 'value="viele"' in wrong.text
    assert right.status_code == 303
    [kept] = reservations(session)
    assert (kept.purpose, kept.sample_count) == ("新用途", 2)


def test_the_holder_cancels_without_a_reason(client: FlaskClient, session: Session) -> None:
    person = make_user(session)
    made = reserve(session, make_instrument(session), person, 9, 10)
    sign_in(client, person)

    assert "确认取消" in client.get(f"/reservations/{made.id}/cancel").text
    answer = client.post(f"/reservations/{made.id}/cancel", data={"version": "1"})

    assert answer.location == f"/reservations/{made.id}"
    assert reservations(session)[0].state == ReservationState.CANCELLED
    assert client.get(f"/reservations/{made.id}/move").status_code == 409


def test_a_steward_cancels_only_with_a_reason(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)
    made = reserve(session, instrument, make_user(session), 9, 10)
    sign_in(client, make_steward(session, instrument))

    refused = client.post(f"/reservations/{made.id}/cancel", data={})
    still = reservations(session)[0].state
    done = client.post(f"/reservations/{made.id}/cancel", data={"reason": "真空泵故障"})

    assert (refused.status_code, still) == (422, ReservationState.CONFIRMED)
    assert 'id="problems-reason"' in refused.text
    assert done.status_code == 303
    assert "真空泵故障" in client.get(done.location).text


def test_an_empty_list_of_reservations_says_how_to_fill_it(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session))

    page = client.get("/reservations")

    assert "还没有预约。" in page.text
    assert "找到仪器，在它的时间表中拖动选择时间即可预约。" in page.text


def test_reservations_need_signing_in(client: FlaskClient) -> None:
    answer = client.get("/reservations")

    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/reservations"


def test_the_list_is_narrowed_by_instrument_state_and_day(client: FlaskClient, session: Session) -> None:
    person = make_user(session)
    first, second = make_instrument(session, name_zh="甲仪器"), make_instrument(session, name_zh="乙仪器")
    reserve(session, first, person, 9, 10)
    reserve(session, second, person, 11, 12)
    sign_in(client, person)

    def shown(**query: str | int) -> list[str]:
        return re.findall(
            r'class="strong" href="/reservations/\d+">(.)仪器', client.get("/reservations", query_string=query).text
        )

    assert shown() == ["甲", "乙"]
    assert shown(instrument=second.id) == ["乙"]
    assert shown(state="requested") == []
    assert shown(since=TOMORROW.isoformat(), until=TOMORROW.isoformat()) == ["甲", "乙"]
    assert shown(until=local_date(utcnow()).isoformat()) == []
    assert shown(past=1) == []


@pytest.mark.parametrize("query", ["state=magic", "instrument=x", "since=yesterday", "until=9999-12-31", "cursor=zz"])
def test_a_wrong_filter_is_named(client: FlaskClient, session: Session, query: str) -> None:
    sign_in(client, make_user(session))

    assert client.get(f"/reservations?{query}").status_code in (400, 422)


def test_a_long_list_goes_on_behind_a_link(client: FlaskClient, session: Session) -> None:
    person = make_user(session)
    instrument = make_instrument(session)
    for hour in range(21):
        reserve(session, instrument, person, hour, hour + 1)
    sign_in(client, person)

    first = client.get("/reservations").text
    link = re.search(r'href="(/reservations\?cursor=[^"]+)"', first)

    assert link
    assert first.count("reservation-row-when") == 20
    assert client.get(link[1]).text.count("reservation-row-when") == 1


def test_the_board_is_for_who_sees_bookings(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)
    reserve(session, instrument, make_user(session, "other"), 9, 10, purpose="秘密用途")
    sign_in(client, make_user(session))

    for address in ("/board", f"/board/instruments/{instrument.id}"):
        answer = client.get(f"{address}?day={TOMORROW.isoformat()}")
        assert answer.status_code in (403, 404)
        assert "秘密用途" not in answer.text


@pytest.mark.parametrize("view", ["day", "week"])
def test_the_board_shows_ones_own_instruments_and_no_others(client: FlaskClient, session: Session, view: str) -> None:
    instrument, foreign = make_instrument(session, name_zh="我的仪器"), make_instrument(session, name_zh="别家的仪器")
    person = make_user(session, "wang")
    reserve(session, instrument, person, 9, 10, purpose="断口分析")
    reserve(session, foreign, person, 9, 10, purpose="秘密用途")
    steward = make_steward(session, instrument)
    block(session, instrument, steward, 14, 16)
    sign_in(client, steward)

    page = client.get("/board", query_string={"day": TOMORROW.isoformat(), "view": view})

    assert page.status_code == 200
    for text in ("我的仪器", "Wang 断口分析", "维护：灯丝更换"):
        assert text in page.text
    for text in ("别家的仪器", "秘密用途"):
        assert text not in page.text


def test_the_calendar_with_names_is_for_the_instruments_stewards(client: FlaskClient, session: Session) -> None:
    instrument, foreign = make_instrument(session), make_instrument(session)
    for one in (instrument, foreign):
        reserve(session, one, make_user(session, f"user{one.id}"), 9, 10, purpose="断口分析")
    sign_in(client, make_steward(session, instrument))

    own = client.get(f"/board/instruments/{instrument.id}/calendar.json", query_string=window())
    other = client.get(f"/board/instruments/{foreign.id}/calendar.json", query_string=window())

    assert [event["title"] for event in own.get_json()["events"]] == [f"✓ User{instrument.id} 断口分析"]
    assert other.status_code == 403
    assert "断口分析" not in other.text


def test_a_request_is_approved_in_place_on_the_board(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, policy={"needs_approval": True})
    made = reserve(session, instrument, make_user(session, "wang"), 9, 10)
    sign_in(client, make_steward(session, instrument))
    board = client.get("/board").text

    answer = client.post(
        f"/reservations/{made.id}/approve", data={"version": "1", "back": f"/board?day={TOMORROW.isoformat()}"}
    )

    assert f'action="/reservations/{made.id}/approve"' in board
    assert answer.location == f"/board?day={TOMORROW.isoformat()}"
    assert reservations(session)[0].state == ReservationState.CONFIRMED
    assert "没有要办的事。" in client.get("/board").text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/boardx", "/sign-out"])
def test_a_decision_never_leads_elsewhere(client: FlaskClient, session: Session, back: str) -> None:
    instrument = make_instrument(session, policy={"needs_approval": True})
    made = reserve(session, instrument, make_user(session, "wang"), 9, 10)
    sign_in(client, make_steward(session, instrument))

    answer = client.post(f"/reservations/{made.id}/approve", data={"back": back})

    assert answer.location == f"/reservations/{made.id}"


def test_rejecting_asks_for_a_reason(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, policy={"needs_approval": True})
    made = reserve(session, instrument, make_user(session, "wang"), 9, 10)
    sign_in(client, make_steward(session, instrument))

    refused = client.post(f"/reservations/{made.id}/reject", data={})
    still = reservations(session)[0].state
    done = client.post(f"/reservations/{made.id}/reject", data={"reason": "样品不适合"})

    assert (refused.status_code, still) == (422, ReservationState.REQUESTED)
    assert 'id="problems-reason"' in refused.text
    assert done.status_code == 303
    assert reservations(session)[0].state == ReservationState.REJECTED


def test_a_lasting_rule_against_a_request_needs_a_reason_to_approve(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, policy={"needs_approval": True})
    made = reserve(session, instrument, make_user(session, "wang"), 9, 10)
    instrument.booking_mode = BookingMode.ON_REQUEST
    session.commit()
    sign_in(client, make_steward(session, instrument))

    refused = client.post(f"/reservations/{made.id}/approve", data={})
    still = reservations(session)[0].state
    done = client.post(f"/reservations/{made.id}/approve", data={"override_reason": "已与机主说好"})

    assert (refused.status_code, still) == (422, ReservationState.REQUESTED)
    assert "现在不能直接通过" in refused.text
    assert done.status_code == 303
    assert reservations(session)[0].state == ReservationState.CONFIRMED


def test_a_block_shows_its_conflicts_at_once_and_cancels_nobody(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)
    made = reserve(session, instrument, make_user(session, "wang"), 9, 10)
    sign_in(client, make_steward(session, instrument))
    key = key_of(client.get(f"/instruments/{instrument.id}/blocks"))
    form = times(8, 18, kind="maintenance", reason="换灯丝", idempotency_key=key)

    answers = [client.post(f"/instruments/{instrument.id}/blocks", data=form) for _ in range(2)]
    page = client.get(answers[1].location)

    assert [answer.status_code for answer in answers] == [303, 303]
    assert session.scalars(select(Block.reason)).all() == ["换灯丝"]
    assert f'href="/reservations/{made.id}/move"' in page.text
    assert f'href="/reservations/{made.id}/cancel"' in page.text
    assert reservations(session)[0].state == ReservationState.CONFIRMED


def test_settling_a_conflict_takes_it_off_the_list(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)
    made = reserve(session, instrument, make_user(session, "wang"), 9, 10)
    steward = make_steward(session, instrument)
    block(session, instrument, steward, 8, 18)
    sign_in(client, steward)

    moved = client.post(f"/reservations/{made.id}/move", data=times(9, 10, days=1, reason="设备维护"))

    assert moved.status_code == 303
    assert "没有要办的事。" in client.get("/board").text


def test_a_steward_moves_somebody_elses_reservation_only_with_a_reason(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)
    made = reserve(session, instrument, make_user(session, "wang"), 9, 10)
    sign_in(client, make_steward(session, instrument))

    page = client.post(f"/reservations/{made.id}/move", data=times(11, 12))

    assert page.status_code == 422
    assert 'id="problems-reason"' in page.text
    assert reservations(session)[0].starts_at == at(9)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        pytest.param({"kind": "holiday"}, "kind", id="an unknown kind"),
        pytest.param({"ends_at": "2020-01-01T10:00"}, "ends_at", id="the past"),
        pytest.param({"starts_at": "soon"}, "starts_at", id="unreadable"),
        pytest.param({"lane_group": "99999"}, "lane_group", id="a foreign group"),
    ],
)
def test_a_wrong_block_is_refused_at_its_field(
    client: FlaskClient, session: Session, typed: dict[str, str], field: str
) -> None:
    instrument = make_instrument(session)
    sign_in(client, make_steward(session, instrument))

    page = client.post(f"/instruments/{instrument.id}/blocks", data=times(8, 18, kind="maintenance") | typed)

    assert page.status_code == 422
    assert f'href="#field-{field}"' in page.text
    assert session.scalars(select(Block)).all() == []


def test_blocks_are_for_the_instruments_own_staff(client: FlaskClient, session: Session) -> None:
    instrument, foreign = make_instrument(session), make_instrument(session)
    steward = make_steward(session, instrument)
    there = block(session, foreign, make_steward(session, foreign, "other"), 9, 10)
    sign_in(client, steward)

    answers = [
        client.get(f"/instruments/{foreign.id}/blocks"),
        client.post(f"/instruments/{foreign.id}/blocks", data=times(8, 18, kind="closure")),
        client.post(f"/blocks/{there.id}/remove"),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    look_again(session)
    assert [(one.id, one.removed_at) for one in session.scalars(select(Block))] == [(there.id, None)]


def test_a_block_is_taken_away(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session)
    steward = make_steward(session, instrument)
    there = block(session, instrument, steward, 9, 10)
    sign_in(client, steward)

    answer = client.post(f"/blocks/{there.id}/remove")

    assert answer.location == f"/instruments/{instrument.id}/blocks"
    assert "没有停用时段。" in client.get(answer.location).text


def test_a_steward_books_for_somebody_and_sets_a_rule_aside(client: FlaskClient, session: Session) -> None:
    instrument = make_instrument(session, policy={"longest_minutes": 60})
    guest = make_user(session, "guest")
    sign_in(client, make_steward(session, instrument))
    form = times(9, 12, on_behalf_of="guest@example.org")

    refused = client.post(f"/instruments/{instrument.id}/reservations", data=form)
    done = client.post(f"/instruments/{instrument.id}/reservations", data=form | {"override_reason": "长时间测试"})

    assert codes(refused) == ["too_long"]
    assert done.status_code == 303
    assert [one.booked_by_id for one in reservations(session)] == [guest.id]


@pytest.mark.parametrize("day", [date(2026, 1, 1), None])
def test_the_pages_are_in_english_too(client: FlaskClient, session: Session, day: date | None) -> None:
    instrument = make_instrument(session)
    sign_in(client, make_steward(session, instrument))

    page = client.get("/board", query_string={"lang": "en", **({"day": day.isoformat()} if day else {})})

    assert 'lang="en"' in page.text
