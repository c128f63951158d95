from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.charges.late_fees import fees_of_cancelling
from booking.core.clock import utcnow
from booking.core.period import Period
from booking.reservations.blocks import add_block
from booking.reservations.cancelling import fee_of_cancelling
from booking.reservations.handing_over import hand_over_bookings
from booking.reservations.moving import move_reservation
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Wish
from models.accounts import User
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.reservations import BlockKind
from tests.charges.houses import ALONE, PAID, House
from tests.counting import counting
from tests.factories.people import give, make_user, sign_in
from tests.reservations.acting import at

MONDAY = datetime(2026, 11, 23, 0, tzinfo=UTC)
LATE = at(8).start
"""Less than a day before what begins tomorrow morning."""


@pytest.fixture
def house(session: Session) -> House:
    return House(session, MONDAY, payer_fen=500_000, cancel_hours=24)


def loaded(house: House) -> list[Reservation]:
    house.session.expire_all()
    rows = select(Reservation).options(joinedload(Reservation.instrument)).order_by(Reservation.id)
    return list(house.session.scalars(rows))


def fees(house: House, who: User) -> list[int]:
    """What cancelling each costs, which is the same asked for all and one by one."""
    rows, actor = loaded(house), house.actor(who)
    found = fees_of_cancelling(house.session, rows, actor, now=LATE)
    ahead = [one for one in rows if one.starts_at > LATE]
    each = {one.id: fee_of_cancelling(house.session, one, actor, now=LATE) for one in ahead}
    assert found == {key: fen for key, fen in each.items() if fen}
    return [found.get(one.id, 0) for one in rows]


def test_what_cancelling_costs_is_named_for_what_one_booked_or_pays_and_only_when_it_is_late(house: House) -> None:
    house.book(5, 1)
    house.book(9)
    house.book(12, 1, by=house.stranger, paying=ALONE)
    house.book(9, day=4)
    moved = house.book(15, day=3)
    house.do(move_reservation, moved.id, at(15, 60), by=house.student, at_=house.now)
    closed = house.book(18, 1)
    house.do(add_block, house.instrument.id, at(18), BlockKind.OUTAGE, "故障", by=house.steward, at_=house.now)

    assert closed.id
    assert fees(house, house.student) == [0, 10_000, 0, 0, 5_000, 0]
    assert fees(house, house.lead) == [0, 10_000, 0, 0, 5_000, 0]
    assert fees(house, house.stranger) == [0, 0, 5_000, 0, 0, 0]
    assert fees(house, house.steward) == fees(house, house.admin) == [0] * 6


def test_what_was_handed_over_costs_its_new_holder_and_no_more_who_gave_it_away(house: House) -> None:
    made = house.book(9, by=house.stranger, paying=ALONE)
    handed = (house.place.id, house.stranger.id, [made.id], house.student.email)
    house.do(hand_over_bookings, *handed, reason="离职", by=house.admin, at_=house.now)

    assert fees(house, house.student) == [10_000]
    assert fees(house, house.stranger) == [0]


@pytest.mark.parametrize("count", [2, 5])
def test_many_are_asked_for_in_as_many_statements_as_one(house: House, count: int) -> None:
    for hour in range(count):
        house.book(9 + hour, 1)
    rows, actor = loaded(house), house.actor(house.lead)

    with counting() as statements:
        found = fees_of_cancelling(house.session, rows, actor, now=LATE)

    assert len(found) == count
    assert len(statements) == 5


def test_who_may_settle_what_is_still_booked_is_told_what_cancelling_costs_them(
    session: Session, client: FlaskClient
) -> None:
    now = utcnow()
    house = House(session, now, cancel_hours=24)
    soon = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=20)
    wish = Wish(house.instrument.id, Period(soon, soon + timedelta(hours=2)), paying=PAID)
    house.do(request_reservation, wish, by=house.student, at_=now)
    path = f"people/{house.student.id}/bookings"
    told = {}

    for person in (house.student, make_platform_admin(session)):
        sign_in(client, person)
        answer = client.get(f"/api/v1/{path}").get_json()["reservations"]
        told[person.name] = [one["cancelling_fen"] for one in answer], client.get(f"/{path}").text.count("现在取消收取")

    assert told == {"Student": ([10_000], 1), "Platform": ([0], 0)}


def make_platform_admin(session: Session) -> User:
    person = make_user(session, "platform")
    give(session, person, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    return person
