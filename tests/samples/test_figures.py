"""How long samples wait and how long they take, by hand and through the services."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from booking.core.errors import Forbidden
from booking.core.period import Period
from booking.samples.figures import (
    Passage,
    QueueLength,
    Turnaround,
    figures_of,
    month_starts,
    passage,
    queue_lengths,
    turnarounds,
    week_ends,
)
from models.accounts import User
from models.samples import SampleOrder
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.samples import SampleOrderState
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.samples import Orders

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
QUEUED, TESTING, REPORTED = SampleOrderState.QUEUED, SampleOrderState.TESTING, SampleOrderState.REPORTED
DISPUTED = SampleOrderState.DISPUTED


def test_an_order_queues_until_it_is_tested_and_again_when_it_comes_back() -> None:
    steps = [(SampleOrderState.SENT, 0), (QUEUED, 1), (QUEUED, 2), (TESTING, 3), (REPORTED, 5), (DISPUTED, 6)]
    steps += [(QUEUED, 7), (REPORTED, 9), (QUEUED, 10)]

    found = passage([(START + days * DAY, state) for state, days in steps], received_at=START + DAY)

    queued = [(START + DAY, START + 3 * DAY), (START + 7 * DAY, START + 9 * DAY), (START + 10 * DAY, None)]
    assert found == Passage(queued, START + DAY, START + 5 * DAY)


def test_the_queue_is_counted_at_the_end_of_each_day_in_shanghai() -> None:
    last_minute = datetime(2026, 11, 8, 15, 59, tzinfo=UTC)
    midnight = datetime(2026, 11, 8, 16, 0, tzinfo=UTC)
    came = [Passage([(START, midnight)], None, None), Passage([(last_minute, None)], None, None)]
    later = Passage([(midnight, None)], None, None)

    found = queue_lengths([*came, later], [date(2026, 11, 1), date(2026, 11, 8), date(2026, 11, 9)])

    assert found == [
        QueueLength(date(2026, 11, 1), 0),
        QueueLength(date(2026, 11, 8), 2),
        QueueLength(date(2026, 11, 9), 2),
    ]


def test_half_of_a_months_orders_took_no_longer_than_the_median() -> None:
    october = datetime(2026, 10, 31, 15, 0, tzinfo=UTC)
    taken = [
        Passage([], october - 9 * DAY, october),
        Passage([], START - 2 * DAY, START),
        Passage([], START - 5 * DAY, START + DAY),
        Passage([], START - 3 * DAY, START),
        Passage([], START, None),
        Passage([], None, START),
    ]

    found = turnarounds(taken, [date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)])

    assert found == [
        Turnaround(date(2026, 9, 1), 0, None),
        Turnaround(date(2026, 10, 1), 1, 9.0),
        Turnaround(date(2026, 11, 1), 3, 3.0),
    ]


@pytest.mark.parametrize("today", [date(2026, 1, 4), date(2026, 12, 31), date(2028, 2, 29)])
def test_the_days_are_sundays_and_today_the_months_twelve_in_a_row(today: date) -> None:
    days, months = week_ends(today), month_starts(today)

    assert days[-1] == today
    assert {one.isoweekday() for one in days[:-1]} == {7}
    assert today - timedelta(days=7) <= days[-2] < today
    assert (len(days), len(months)) == (27, 12)
    assert months[-1] == today.replace(day=1)
    assert {one.day for one in months} == {1}
    assert len(set(months)) == 12


def make_orders(session: Session, name: str, now: datetime) -> Orders:
    instrument = make_instrument(session, policy={"closes_on_holidays": False})
    staff, asker = make_user(session, name), make_user(session, f"asker-{name}")
    give(session, staff, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    return Orders(session, instrument.id, actor_for(session, asker, now=now), actor_for(session, staff, now=now), now)


def report(orders: Orders) -> SampleOrder:
    order = orders.received()
    start = at_local(local_date(orders.now) + DAY, 600)
    orders.run(order, period=Period(start, start + HOUR))
    return orders.reported(order)


def test_staff_count_the_orders_of_their_instruments_and_of_no_other(session: Session, now: datetime) -> None:
    ours, theirs = make_orders(session, "ours", now), make_orders(session, "theirs", now)
    for orders in (ours, ours, theirs):
        orders.received()
    report(ours)
    session.flush()

    mine = figures_of(session, ours.staff, now=now)
    foreign = figures_of(session, ours.staff, now=now, instrument_id=theirs.instrument_id)

    assert (mine.queue[-1].orders, mine.queue[0].orders) == (2, 0)
    assert mine.turnaround[-1] == Turnaround(local_date(now).replace(day=1), 1, 0.0)
    assert foreign.is_empty
    with pytest.raises(Forbidden):
        figures_of(session, ours.asker, now=now)


def test_what_a_former_owner_keeps_counts_there_and_not_for_the_new_one(session: Session, now: datetime) -> None:
    orders = make_orders(session, "new", now)
    order = report(orders)
    former, manager = make_organisation(session), make_user(session, "former")
    give(session, manager, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, former.id)
    order.kept_by_id = former.id
    session.flush()

    kept = figures_of(session, actor_for(session, manager, now=now), now=now)

    assert figures_of(session, orders.staff, now=now).is_empty
    assert kept.turnaround[-1].orders == 1


def test_page_and_api_tell_the_same_numbers(client: FlaskClient, session: Session) -> None:
    orders = make_orders(session, "steward", utcnow())
    orders.received()
    report(orders)
    session.commit()
    sign_in(client, session.get_one(User, orders.staff.id))

    page = client.get("/sample-orders/figures").text
    answer = client.get(f"/api/v1/sample-orders/figures?instrument={orders.instrument_id}").get_json()

    assert (answer["queue"][-1]["orders"], answer["turnaround"][-1]["orders"]) == (1, 1)
    assert page.count("data-chart=") == 2
    assert page.count('data-value="1"') == 2
