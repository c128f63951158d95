from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking.core.clock import utcnow
from booking.core.period import Period
from booking.reservations.approval import confirm_reservation
from booking.reservations.blocks import add_block
from booking.reservations.cancelling import cancel_reservation
from booking.reservations.moving import move_reservation
from booking.reservations.wishes import Details
from models.accounts import User
from models.catalogue import InstrumentLaneGroup
from models.vocabulary.reservations import BlockKind
from tests.calendars.feeds import SOON, events, feed_of, poll
from tests.counting import counting
from tests.factories.instruments import add_lane_group, make_instrument
from tests.factories.people import actor_for, make_user
from tests.reservations.acting import act, book, steward_of

HOUR = timedelta(hours=1)


@pytest.fixture
def user(session: Session) -> User:
    return make_user(session)


def test_time_taken_on_a_shared_part_is_occupied_in_every_instruments_feed(
    session: Session, client: FlaskClient, user: User
) -> None:
    instrument, other, now = make_instrument(session), make_instrument(session), utcnow()
    group = add_lane_group(session, instrument, other, shared=True)
    theirs = steward_of(session, other, now)
    path = feed_of(session, user, instrument)
    counts: list[int] = []

    def shown(etag: str = "") -> tuple[str, list[tuple[str, datetime, datetime]]]:
        with counting() as statements:
            answer = poll(client, path, If_None_Match=etag)
        counts.append(len(statements))
        for secret in (b"Steward", b"private", uid.encode(), b"/reservations/"):
            assert secret not in answer.data
        times = [(one.summary.value, one.dtstart.value, one.dtend.value) for one in events(answer.data)]
        return answer.headers["ETag"], times

    uid = "nobody's uid"
    etag, empty = shown()
    made = book(session, other, Period(SOON, SOON + HOUR), theirs, now, details=Details(purpose="private purpose"))
    uid = made.uid
    etag, booked = shown(etag)
    period, why = Period(SOON + 3 * HOUR, SOON + 5 * HOUR), (BlockKind.MAINTENANCE, "private reason")
    act(session, add_block, other.id, period, *why, lane_group_id=group.id, actor=theirs, now=now)
    etag, blocked = shown(etag)
    unchanged = poll(client, path, If_None_Match=etag)
    act(session, cancel_reservation, made.id, reason="", actor=theirs, now=now)

    assert empty == []
    assert booked == [("已占用", SOON, SOON + HOUR)]
    assert blocked == [*booked, ("维护", SOON + 3 * HOUR, SOON + 5 * HOUR)]
    assert unchanged.status_code == 304
    assert shown(etag)[1] == blocked[1:]
    assert counts[1:] == counts[1:2] * 3
    assert counts[1] <= 9


def test_a_move_that_is_asked_for_is_occupied_and_told_once(session: Session, client: FlaskClient, user: User) -> None:
    instrument = make_instrument(session, policy={"needs_approval": True, "cleanup_minutes": 30})
    now, holder = utcnow(), actor_for(session, make_user(session, "wangfang"), now=utcnow())
    made = book(session, instrument, Period(SOON, SOON + HOUR), holder, now)
    act(session, confirm_reservation, made.id, actor=steward_of(session, instrument, now), now=now)
    later = Period(SOON + 5 * HOUR, SOON + 6 * HOUR)
    path = feed_of(session, user, instrument)
    alone = events(poll(client, path).data)

    act(session, move_reservation, made.id, later, actor=holder, now=now)

    both = [(one.summary.value, one.dtstart.value) for one in events(poll(client, path).data)]
    assert [one.dtend.value for one in alone] == [SOON + HOUR]
    assert both == [("已占用", SOON), ("已占用", later.start)]


def test_time_given_back_on_a_part_that_its_instrument_left_is_free_at_once_for_those_who_share_it(
    session: Session, client: FlaskClient, user: User
) -> None:
    instrument, other, now = make_instrument(session), make_instrument(session), utcnow()
    group = add_lane_group(session, instrument, other, shared=True)
    theirs = steward_of(session, other, now)
    made = book(session, other, Period(SOON, SOON + HOUR), theirs, now)
    path, times = feed_of(session, user, instrument), f"/api/v1/instruments/{instrument.id}/availability"
    week = {"from": SOON.isoformat(), "to": (SOON + 5 * HOUR).isoformat()}
    before = poll(client, path), client.get(times, query_string=week).get_json()["busy"]
    link = InstrumentLaneGroup.instrument_id == other.id, InstrumentLaneGroup.lane_group_id == group.id
    session.execute(delete(InstrumentLaneGroup).where(*link))

    act(session, cancel_reservation, made.id, reason="", actor=theirs, now=now)

    after = poll(client, path, If_None_Match=before[0].headers["ETag"])
    assert (len(events(before[0].data)), len(before[1])) == (1, 1)
    assert (after.status_code, events(after.data)) == (200, [])
    assert client.get(times, query_string=week).get_json()["busy"] == []
