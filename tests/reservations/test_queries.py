"""What people and stewards see of time and reservations."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.core.period import Period
from booking.reservations import queries, service
from booking.reservations.availability import instrument_time
from booking.reservations.wishes import Wish
from models.accounts import User
from models.catalogue import Instrument
from models.directory import CalendarDay
from models.reservations import Reservation, ReservationChange
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.directory import DayKind
from tests.counting import counting
from tests.factories.instruments import make_instrument
from tests.factories.many import add_reservations
from tests.reservations.acting import TODAY, act, at, book, count, steward_of


def test_an_unpublished_instrument_does_not_exist_for_others(
    session: Session, researcher: Actor, now: datetime
) -> None:
    secret = make_instrument(session, publishing_state=PublishingState.WITHHELD)

    with pytest.raises(NotFound):
        service.ask(session, Wish(secret.id, at(9)), actor=researcher, now=now)
    with pytest.raises(NotFound):
        book(session, secret, at(9), researcher, now)
    with pytest.raises(NotFound):
        instrument_time(session, secret.id, at(0, 1440), viewer=None, now=now)

    assert count(session, Reservation) == 0


def test_hidden_free_time_is_shown_to_staff_only_and_no_remedy_tells_it(
    session: Session, researcher: Actor, other: Actor, now: datetime
) -> None:
    shy = make_instrument(session, hides_free_time=True)
    book(session, shy, at(9), researcher, now)

    seen = instrument_time(session, shy.id, at(0, 1440), viewer=other, now=now)
    staff = instrument_time(session, shy.id, at(0, 1440), viewer=steward_of(session, shy, now), now=now)
    answer = service.ask(session, Wish(shy.id, at(9)), actor=other, now=now)

    assert (seen.is_hidden, seen.busy, seen.free) == (True, [], [])
    assert [busy.period for busy in staff.busy] == [at(9)]
    assert [refusal.remedies for refusal in answer.refusals] == [()]


def test_an_instruments_six_weeks_take_as_many_statements_with_ten_as_with_ten_thousand_bookings(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    window, user, five = (
        Period(now, now + timedelta(weeks=6)),
        session.get_one(User, researcher.id),
        timedelta(minutes=5),
    )
    add_reservations(session, instrument, user, [now + five * number for number in range(10)], five)
    owner = instrument.organisation_id
    with counting() as few:
        instrument_time(session, instrument.id, window, viewer=researcher, now=now)
    session.add(
        CalendarDay(day=TODAY + timedelta(days=40), kind=DayKind.CLOSING_DAY, name_zh="停电", organisation_id=owner)
    )
    session.commit()
    add_reservations(session, instrument, user, [now + five * number for number in range(10, 10_000)], five)

    with counting() as many:
        time = instrument_time(session, instrument.id, window, viewer=researcher, now=now)

    assert len(many) == len(few) == 4
    assert len(time.mine) == 10_000
    assert [period.end for period in time.open] == [at(0, day=40).start, window.end]


def test_page_and_api_take_as_many_statements_with_ten_as_with_ten_thousand_bookings(
    client: FlaskClient, session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    user, two = session.get_one(User, researcher.id), timedelta(minutes=2)
    nights = [at(0, day=day).start + two * one for day in range(1, 42) for one in range(244)]
    window = {"from": now.isoformat(), "to": (now + timedelta(weeks=6)).isoformat()}
    paths = [
        f"/instruments/{instrument.id}",
        f"/api/v1/instruments/{instrument.id}/availability?{urlencode(window)}",
    ]

    def statements() -> list[int]:
        counted = []
        for path in paths:
            with counting() as seen:
                assert client.get(path).status_code == 200
            counted.append(len(seen))
        return counted

    add_reservations(session, instrument, user, nights[:10], two)
    statements()
    few = statements()
    add_reservations(session, instrument, user, nights[10:], two)

    assert statements() == few


def test_pages_of_reservations_follow_each_other_without_gap(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    made = [book(session, instrument, at(9, day=day), researcher, now).id for day in range(1, 6)]
    upcoming = queries.Filter(when=queries.When.UPCOMING)

    first = queries.my_reservations(session, researcher, upcoming, limit=3, now=now)
    rest = queries.my_reservations(session, researcher, upcoming, limit=3, cursor=first.next_cursor, now=now)

    assert [row.id for row in (*first.items, *rest.items)] == made
    assert rest.next_cursor is None


def test_history_cannot_be_told_apart_from_what_happened(
    session: Session, instrument: Instrument, researcher: Actor, now: datetime
) -> None:
    made = book(session, instrument, at(9), researcher, now)
    act(session, service.move_reservation, made.id, at(11), actor=researcher, now=now)

    moved = session.scalars(select(ReservationChange).order_by(ReservationChange.id.desc())).first()

    assert moved is not None
    assert (moved.actor_id, moved.before, moved.after) == (
        researcher.id,
        {"starts_at": at(9).start.isoformat(), "ends_at": at(9).end.isoformat()},
        {"starts_at": at(11).start.isoformat(), "ends_at": at(11).end.isoformat()},
    )
    assert local_date(moved.occurred_at) == TODAY
