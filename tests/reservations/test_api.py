"""The HTTP contract of reservations, blocks and suspensions."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from booking.reservations.answer_shapes import (
    AvailabilityAnswer,
    MadeBlockAnswer,
    QuoteAnswer,
    ReservationAnswer,
    ReservationInFull,
    SuspensionAnswer,
)
from booking.web.extensions import db
from models.accounts import User
from models.catalogue import Instrument
from models.directory import CalendarDay, Organisation
from models.ledger import LedgerAccount
from models.payers import PayerHold, PayerMember
from models.pricing import ReservationQuote
from models.reservations import Block, Claim, Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.directory import DayKind
from models.vocabulary.payers import PayerKind
from tests.counting import counting
from tests.factories.instruments import add_lane_group, make_instrument
from tests.factories.payers import make_payer
from tests.factories.people import give, make_user
from tests.factories.prices import make_hourly_price
from tests.storms.conftest import token_of

Json = dict[str, Any]


def moment(hour: float, day: int = 1) -> str:
    return (at_local(local_date(utcnow()) + timedelta(days=day)) + timedelta(hours=hour)).isoformat()


def times(start: float, end: float) -> Json:
    return {"starts_at": moment(start), "ends_at": moment(end)}


def stored(session: Session, table: type[Any]) -> int:
    session.commit()
    return session.scalars(select(func.count()).select_from(table)).one()


class Caller:
    """Somebody with a token."""

    def __init__(self, client: FlaskClient, session: Session, user: User) -> None:
        self.client, self.user = client, user
        self.headers = {"Authorization": f"Bearer {token_of(session, user)}"}

    def __call__(self, method: str, path: str, body: Json | None = None, **headers: str) -> Any:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=sent)

    def book(self, instrument: Instrument, start: float, end: float, **more: Any) -> Json:
        answer = self("POST", "/reservations", {"instrument_id": instrument.id, **times(start, end), **more})
        assert answer.status_code == 201, answer.get_data(as_text=True)
        found: Json = answer.json
        return found


@pytest.fixture
def instrument(session: Session) -> Instrument:
    return make_instrument(session, policy={"cleanup_minutes": 15})


@pytest.fixture
def researcher(client: FlaskClient, session: Session) -> Caller:
    return Caller(client, session, make_user(session))


@pytest.fixture
def other(client: FlaskClient, session: Session) -> Caller:
    return Caller(client, session, make_user(session, "other"))


@pytest.fixture
def steward(client: FlaskClient, session: Session, instrument: Instrument) -> Caller:
    user = make_user(session, "steward")
    give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    return Caller(client, session, user)


def test_a_booking_answers_201_with_location_and_etag(researcher: Caller, instrument: Instrument) -> None:
    wish = {"instrument_id": instrument.id, **times(9, 10), "purpose": "SEM", "direction": "research"}

    answer = researcher("POST", "/reservations", wish)

    made = ReservationAnswer.model_validate(answer.json)
    assert (answer.status_code, made.state, made.version, made.booked_by) == (201, "confirmed", 1, "Researcher")
    assert answer.headers["Location"] == f"/api/v1/reservations/{made.id}"
    assert answer.headers["ETag"] == '"1"'


def test_a_taken_slot_answers_409_with_every_reason_in_the_readers_language(
    researcher: Caller, other: Caller, instrument: Instrument, session: Session
) -> None:
    researcher.book(instrument, 9, 11)

    chinese = other("POST", "/reservations", {"instrument_id": instrument.id, **times(9.25, 10)})

    assert chinese.status_code == 409
    assert chinese.mimetype == "application/problem+json"
    assert chinese.json["code"] == "slot_taken"
    assert [refusal["code"] for refusal in chinese.json["refusals"]] == ["off_grid", "slot_taken"]
    assert chinese.json["refusals"][1]["message"] == "该时段已被占用。"
    remedy = chinese.json["refusals"][1]["remedies"][0]
    cured = {"instrument_id": instrument.id, "starts_at": remedy["starts_at"], "ends_at": remedy["ends_at"]}
    assert other("POST", "/quotes", cured).json["allowed"]
    assert stored(session, Reservation) == 1


def test_rules_alone_answer_422(researcher: Caller, instrument: Instrument, session: Session) -> None:
    answer = researcher("POST", "/reservations", {"instrument_id": instrument.id, **times(9, 9.1)})

    assert answer.status_code == 422
    assert [refusal["code"] for refusal in answer.json["refusals"]] == ["off_grid", "too_short"]
    assert stored(session, Claim) == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"starts_at": "2026-11-25T13:00:00"}, "starts_at", id="naive"),
        pytest.param({"ends_at": "2001-01-01T00:00:00Z"}, "body", id="end before start"),
        pytest.param({"starts_at": "9999-12-31T23:59:59Z"}, "starts_at", id="far away"),
        pytest.param({"instrument_id": "1; DROP TABLE claims"}, "instrument_id", id="SQL"),
        pytest.param({"instrument_id": 10**30}, "instrument_id", id="a huge id"),
        pytest.param({"purpose": "a\x00b"}, "purpose", id="NUL"),
        pytest.param({"sample_count": -1}, "sample_count", id="negative samples"),
        pytest.param({"participants": [{"name": "x"}] * 21}, "participants", id="too many people"),
        pytest.param({"payer": 1}, "payer", id="unknown field"),
    ],
)
def test_bad_input_is_named_at_its_field_and_stores_nothing(
    researcher: Caller, instrument: Instrument, session: Session, changed: Json, field: str
) -> None:
    wish = {"instrument_id": instrument.id, **times(9, 10), **changed}

    answer = researcher("POST", "/reservations", wish)

    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json["problems"]] == [field]
    assert stored(session, Reservation) == 0


def test_without_a_token_one_asks_but_does_not_book(client: FlaskClient, instrument: Instrument) -> None:
    wish = {"instrument_id": instrument.id, **times(9, 10)}

    asked = client.post("/api/v1/quotes", json=wish)
    refused = client.post("/api/v1/reservations", json=wish)

    quote = QuoteAnswer.model_validate(asked.json)
    assert (quote.allowed, [refusal.code for refusal in quote.refusals]) == (False, ["not_signed_in"])
    assert refused.status_code == 401


def test_the_same_key_books_once_and_with_another_body_is_refused(
    researcher: Caller, instrument: Instrument, session: Session
) -> None:
    wish = {"instrument_id": instrument.id, **times(9, 10)}

    first = researcher("POST", "/reservations", wish, Idempotency_Key="k")
    again = researcher("POST", "/reservations", wish, Idempotency_Key="k")
    another = researcher("POST", "/reservations", {**wish, "purpose": "x"}, Idempotency_Key="k")

    assert (first.status_code, again.status_code, again.json) == (201, 201, first.json)
    assert (another.status_code, another.json["code"]) == (422, "idempotency_key_reused")
    assert stored(session, Reservation) == 1


def test_a_booking_takes_few_statements_whatever_it_has_and_what_is_held_for_it(
    session: Session, researcher: Caller, instrument: Instrument
) -> None:
    people = [{"name": "Researcher", "email": researcher.user.email}, {"name": "Li"}]
    heavy = make_instrument(session, policy={"needs_approval": True})
    held, setter = make_instrument(session, policy={"needs_approval": True}), make_user(session, "setter")
    for priced in (heavy, held):
        make_hourly_price(session, priced, 10_000, setter, horizon_days=30)

    def booked(instrument: Instrument, **more: Any) -> tuple[str, int]:
        wish = {"instrument_id": instrument.id, **times(9, 10), **more}
        with counting() as statements:
            answer = researcher("POST", "/reservations", wish, Idempotency_Key=f"{instrument.id}{sorted(more)}")
        return answer.json["state"], len(statements)

    payer_of(session, researcher.user, held)
    light, with_people = booked(instrument), booked(instrument, **times(11, 12), participants=people)
    heaviest = booked(heavy, participants=people)
    with_hold = booked(held, participants=people)

    assert [light[0], with_people[0], heaviest[0]] == ["confirmed", "confirmed", "requested"]
    assert session.scalars(select(ReservationQuote.total_fen)).all() == [10_000, 10_000]
    assert session.scalars(select(PayerHold.amount_fen)).all() == [10_000]
    assert light[1] <= 13
    assert with_people[1] <= 14
    assert heaviest[1] <= 18
    assert with_hold[1] <= 24


def payer_of(session: Session, user: User, instrument: Instrument) -> None:
    """An account of a limited member's that pays at the instrument's institution."""
    place = session.get_one(Organisation, instrument.organisation_id)
    make_payer(session, place, make_user(session, "lead"), 50_000, [user], kind=PayerKind.ON_ACCOUNT)
    member = session.scalars(select(PayerMember)).one()
    member.limit_fen, session.get_one(LedgerAccount, member.use_id).floor_fen = 20_000, -20_000
    session.commit()


def test_availability_says_open_busy_and_free(client: FlaskClient, researcher: Caller, instrument: Instrument) -> None:
    researcher.book(instrument, 9, 10)
    query = {"from": moment(8), "to": moment(12)}

    answer = client.get(f"/api/v1/instruments/{instrument.id}/availability", query_string=query)

    time = AvailabilityAnswer.model_validate(answer.json)
    assert [(busy.kind, (busy.end - busy.start).seconds) for busy in time.busy] == [("reservation", 75 * 60)]
    assert [(free.end - free.start).seconds for free in time.free] == [3600, 105 * 60]
    assert len(time.open) == 1


def test_availability_is_never_older_than_the_last_booking_block_or_rule(
    session: Session, client: FlaskClient, researcher: Caller, steward: Caller, instrument: Instrument
) -> None:
    sharing = make_instrument(session)
    add_lane_group(session, instrument, sharing, shared=True)
    path = f"/api/v1/instruments/{instrument.id}/availability"

    def busy() -> list[str]:
        answer = client.get(path, query_string={"from": moment(8), "to": moment(20)})
        return [one["kind"] for one in json.loads(answer.data)["busy"]]

    def opened_in_six_weeks() -> int:
        answer = client.get(path, query_string={"from": moment(0), "to": moment(42 * 24)})
        return len(json.loads(answer.data)["open"])

    assert busy() == []
    made = researcher.book(sharing, 9, 10)
    assert busy() == ["reservation"]
    steward("POST", f"/instruments/{instrument.id}/blocks", {**times(12, 13), "kind": "outage"})
    assert busy() == ["reservation", "outage"]
    researcher("POST", f"/reservations/{made['id']}/cancel")
    assert busy() == ["outage"]
    session.get_one(Instrument, instrument.id).hides_free_time = True
    session.commit()
    assert busy() == []
    assert opened_in_six_weeks() == 1
    owner, closed = instrument.organisation_id, local_date(utcnow()) + timedelta(days=40)
    session.add(CalendarDay(organisation_id=owner, day=closed, kind=DayKind.CLOSING_DAY, name_zh="停电"))
    session.commit()
    assert opened_in_six_weeks() == 2
    assert steward("GET", path.removeprefix("/api/v1") + "?" + urlencode({"from": moment(8), "to": moment(20)})).json[
        "busy"
    ]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param({"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}, 422, id="a year"),
        pytest.param({"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, 422, id="reversed"),
        pytest.param({"from": "now"}, 422, id="unreadable"),
        pytest.param({}, 422, id="nothing"),
    ],
)
def test_a_window_that_cannot_be_read_is_refused(
    client: FlaskClient, instrument: Instrument, query: Json, status: int
) -> None:
    answer = client.get(f"/api/v1/instruments/{instrument.id}/availability", query_string=query)

    assert answer.status_code == status


def test_a_withheld_instrument_answers_404_everywhere(
    client: FlaskClient, session: Session, researcher: Caller, instrument: Instrument
) -> None:
    session.get_one(Instrument, instrument.id).publishing_state = PublishingState.WITHHELD
    session.commit()
    wish = {"instrument_id": instrument.id, **times(9, 10)}
    query = {"from": moment(8), "to": moment(12)}

    answers = [
        client.get(f"/api/v1/instruments/{instrument.id}/availability", query_string=query),
        researcher("POST", "/quotes", wish),
        researcher("POST", "/reservations", wish),
        researcher("GET", f"/instruments/{instrument.id}/blocks"),
        researcher("POST", f"/instruments/{instrument.id}/blocks", {**times(9, 10), "kind": "closure"}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5


def test_a_patch_moves_and_edits_and_honours_if_match(
    researcher: Caller, instrument: Instrument, session: Session
) -> None:
    make_hourly_price(session, instrument, 10_000, researcher.user, sample_fen=5_000)
    make_payer(session, session.get_one(Organisation, instrument.organisation_id), researcher.user, 35_000)
    made = researcher.book(instrument, 9, 10, purpose="SEM", sample_count=2)
    path = f"/reservations/{made['id']}"

    moved = researcher("PATCH", path, {**times(11, 12), "purpose": "EDS"}, If_Match='"1"')
    stale = researcher("PATCH", path, times(13, 14), If_Match='"1"')
    shown = researcher("GET", path)

    assert moved.status_code == 200
    assert stale.status_code == 412
    full = ReservationInFull.model_validate(shown.json)
    assert (full.purpose, full.sample_count, full.version) == ("EDS", 2, 3)
    assert [change.kind for change in full.history] == ["confirmed", "moved", "edited"]
    assert shown.headers["ETag"] == '"3"'
    longer = researcher("PATCH", path, {**times(13, 16), "sample_count": 1}, If_Match='"3"')
    held_fen = researcher("GET", path).json["payment"]["held_fen"]
    assert (longer.status_code, held_fen) == (200, 35_000)


def test_strangers_see_nothing_of_a_reservation(researcher: Caller, other: Caller, instrument: Instrument) -> None:
    made = researcher.book(instrument, 9, 10, purpose="secret alloy")
    path = f"/reservations/{made['id']}"

    answers = [other("GET", path), other("PATCH", path, times(11, 12)), other("POST", f"{path}/cancel", {})]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert other("GET", "/reservations").json["items"] == []
    assert not any("secret alloy" in answer.get_data(as_text=True) for answer in answers)


def test_a_list_is_filtered_and_paged(researcher: Caller, steward: Caller, instrument: Instrument) -> None:
    made = [researcher.book(instrument, hour, hour + 1)["id"] for hour in (8, 10, 12)]
    researcher("POST", f"/reservations/{made[0]}/cancel")

    confirmed = researcher("GET", "/reservations?mine=1&state=confirmed&limit=1").json
    rest = researcher("GET", f"/reservations?mine=1&state=confirmed&cursor={confirmed['next_cursor']}").json

    assert [item["id"] for item in (*confirmed["items"], *rest["items"])] == [made[2], made[1]]
    assert len(steward("GET", "/reservations").json["items"]) == 3
    assert steward("GET", "/reservations?mine=1").json["items"] == []
    assert researcher("GET", "/reservations?cursor=broken").status_code == 400
    assert researcher("GET", "/reservations?limit=1000000000").status_code == 422


def test_a_steward_decides_by_the_api(
    session: Session, client: FlaskClient, researcher: Caller, instrument: Instrument, steward: Caller
) -> None:
    careful = make_instrument(session, policy={"needs_approval": True})
    give(session, steward.user, Role.STEWARD, ScopeKind.INSTRUMENT, careful.id)
    first, second = researcher.book(careful, 9, 10), researcher.book(careful, 11, 12)

    forbidden = researcher("POST", f"/reservations/{first['id']}/approve")
    approved = steward("POST", f"/reservations/{first['id']}/approve")
    unreasoned = steward("POST", f"/reservations/{second['id']}/reject", {})
    rejected = steward("POST", f"/reservations/{second['id']}/reject", {"reason": "no training"})

    assert (first["state"], forbidden.status_code, unreasoned.status_code) == ("requested", 403, 422)
    assert (approved.json["state"], rejected.json["state"]) == ("confirmed", "rejected")


def test_a_block_answers_its_conflicts_and_goes_again(
    session: Session, researcher: Caller, steward: Caller, instrument: Instrument
) -> None:
    made = researcher.book(instrument, 9, 10)
    body = {**times(8, 12), "kind": "maintenance", "reason": "filament"}

    refused = researcher("POST", f"/instruments/{instrument.id}/blocks", body)
    outside = steward("POST", f"/instruments/{instrument.id}/blocks", {**body, "kind": "outside"})
    answer = steward("POST", f"/instruments/{instrument.id}/blocks", body)

    assert (refused.status_code, outside.status_code, answer.status_code) == (403, 422, 201)
    block = MadeBlockAnswer.model_validate(answer.json)
    assert [(one.reservation_id, one.booked_by) for one in block.conflicts] == [(made["id"], "Researcher")]
    assert [one["block_id"] for one in steward("GET", "/conflicts").json["items"]] == [block.id]
    assert researcher("GET", "/conflicts").json["items"] == []
    assert [one["id"] for one in steward("GET", f"/instruments/{instrument.id}/blocks").json["items"]] == [block.id]
    assert steward("DELETE", f"/blocks/{block.id}").status_code == 204
    assert steward("DELETE", f"/blocks/{block.id}").status_code == 404
    assert stored(session, Block) == 1


def test_a_steward_suspends_and_lifts(researcher: Caller, steward: Caller, instrument: Instrument) -> None:
    body = {"email": "researcher@example.org", "instrument_id": instrument.id, "until": moment(9, 5), "reason": "mess"}

    refused = researcher("POST", "/suspensions", body)
    made = steward("POST", "/suspensions", body)
    booking = researcher("POST", "/reservations", {"instrument_id": instrument.id, **times(9, 10)})

    suspension = SuspensionAnswer.model_validate(made.json)
    assert (refused.status_code, made.status_code) == (403, 201)
    assert [refusal["code"] for refusal in booking.json["refusals"]] == ["suspended"]
    assert [one["id"] for one in steward("GET", "/suspensions").json["items"]] == [suspension.id]
    assert researcher("GET", "/suspensions").json["items"] == []
    assert [one["reason"] for one in researcher("GET", "/suspensions?mine=1").json["items"]] == ["mess"]
    assert steward("DELETE", f"/suspensions/{suspension.id}").status_code == 204
    researcher.book(instrument, 9, 10)


def test_one_leaves_a_reservation_somebody_else_made(researcher: Caller, other: Caller, instrument: Instrument) -> None:
    made = researcher.book(instrument, 9, 10, participants=[{"name": "Other", "email": "other@example.org"}])
    path = f"/reservations/{made['id']}"

    seen = other("GET", path)

    assert (seen.status_code, seen.json["participants"]) == (200, [{"name": "Other", "email": None}])
    assert other("POST", f"{path}/leave").status_code == 204
    assert other("GET", path).status_code == 404


def test_claims_verify_ends_with_1_and_names_the_culprit(
    app: Flask, session: Session, researcher: Caller, instrument: Instrument
) -> None:
    researcher.book(instrument, 9, 10)
    well = app.test_cli_runner().invoke(args=["claims", "verify"])

    session.query(Claim).delete()
    session.commit()
    db.session.remove()
    ill = app.test_cli_runner().invoke(args=["claims", "verify"])

    assert (well.exit_code, ill.exit_code) == (0, 1)
    assert "reservation 1 has no claim for its time" in ill.stderr
