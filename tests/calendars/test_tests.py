"""When samples are tested stands in the calendars of those who asked, without what belongs to others."""

from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from booking.charges.windows import Windows
from booking.core.clock import utcnow
from booking.core.period import Period
from booking.reservations.moving import move_reservation
from booking.samples import handling
from models.accounts import User
from models.directory import Organisation
from models.samples import SampleOrder
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from tests.calendars.feeds import SOON, events, feed_of, poll
from tests.counting import counting
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.factories.samples import Orders, request_form

HOUR = timedelta(hours=1)
Times = list[tuple[str, datetime, str]]


@pytest.fixture
def now() -> datetime:
    return utcnow()


@pytest.fixture
def steward(session: Session) -> User:
    return make_user(session, "steward")


@pytest.fixture
def orders(session: Session, steward: User, now: datetime) -> Orders:
    instrument = make_instrument(session, name_zh="质谱仪", model="Q-TOF", policy={"closes_on_holidays": False})
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    return for_asker(session, instrument.id, make_user(session, "asker"), steward, now)


def for_asker(session: Session, instrument_id: int, asker: User, steward: User, now: datetime) -> Orders:
    asks, works = (actor_for(session, one, now=now) for one in (asker, steward))
    return Orders(session, instrument_id, asks, works, now)


def received(orders: Orders, firm: Organisation | None = None) -> SampleOrder:
    form = request_form("private title", organisation_id=firm.id if firm else None)
    return orders.received(orders.sent(orders.accepted(orders.quoted(orders.asked(form)))))


def shown(client: FlaskClient, path: str) -> Times:
    answer = poll(client, path)
    for private in (b"private title", b"WT20", b"Steward", b"/reservations/"):
        assert private not in answer.data
    return [(one.summary.value, one.dtstart.value, one.status.value) for one in events(answer.data)]


def test_who_asked_sees_when_their_samples_are_tested_until_they_are_not(
    session: Session, client: FlaskClient, orders: Orders, steward: User, *, now: datetime
) -> None:
    beside = for_asker(session, orders.instrument_id, make_user(session, "beside"), steward, now)
    people = [session.get_one(User, one.asker.id) for one in (orders, beside)]
    mine, theirs, nobodys = (feed_of(session, one) for one in (*people, make_user(session, "stranger")))
    before = shown(client, mine)
    order, other = received(orders), received(beside)
    run = orders.run(order, other, period=Period(SOON, SOON + HOUR))
    session.commit()
    first = [shown(client, path) for path in (mine, theirs, nobodys)]
    later = Period(SOON + 2 * HOUR, SOON + 3 * HOUR)
    move_reservation(session, run.reservation_id, later, actor=orders.staff, now=now)
    session.commit()
    moved = [shown(client, path) for path in (mine, theirs)]
    handling.cancel_order(session, order.id, reason="停", windows=Windows(), actor=orders.asker, now=now)
    session.commit()

    at_first, at_last = (("样品测试 · 质谱仪 Q-TOF", start, "CONFIRMED") for start in (SOON, later.start))
    assert (before, first, moved) == ([], [[at_first], [at_first], []], [[at_last], [at_last]])
    assert [shown(client, path) for path in (mine, theirs)] == [[], [at_last]]
    assert [one.summary.value for one in events(poll(client, feed_of(session, steward)).data)] == ["质谱仪 Q-TOF"]


def test_agents_see_when_their_firms_samples_are_tested_while_they_act_for_it(
    session: Session, client: FlaskClient, orders: Orders, steward: User, now: datetime
) -> None:
    firm = make_organisation(session, kind=OrganisationKind.ENTERPRISE)
    agent, successor = (make_user(session, name) for name in ("agent", "successor"))
    grants = [give(session, one, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id) for one in (agent, successor)]
    theirs = for_asker(session, orders.instrument_id, agent, steward, now)
    paths = [feed_of(session, one) for one in (agent, successor)]
    empty = [shown(client, path) for path in paths]

    theirs.run(received(theirs, firm), period=Period(SOON, SOON + HOUR))
    session.commit()
    both = [len(shown(client, path)) for path in paths]
    grants[0].starts_on, grants[0].ends_on = date(2020, 1, 1), date(2020, 2, 1)
    session.commit()

    assert (empty, both) == ([[], []], [1, 1])
    left = feed_of(session, agent)
    assert (shown(client, left), len(shown(client, paths[1]))) == ([], 1)


def test_a_new_agent_sees_their_firms_tests_with_the_next_look_and_no_more_when_they_act_no_longer(
    session: Session, client: FlaskClient, orders: Orders, steward: User, now: datetime
) -> None:
    firm = make_organisation(session, kind=OrganisationKind.ENTERPRISE)
    agent, heir = (make_user(session, name) for name in ("agent", "heir"))
    give(session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    theirs = for_asker(session, orders.instrument_id, agent, steward, now)
    theirs.run(received(theirs, firm), period=Period(SOON, SOON + HOUR))
    session.commit()
    path = feed_of(session, heir)
    before = shown(client, path)

    grant = give(session, heir, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    session.commit()
    named = shown(client, path)
    grant.starts_on, grant.ends_on = date(2020, 1, 1), date(2020, 2, 1)
    session.commit()

    assert (before, len(named), shown(client, path)) == ([], 1, [])


def test_many_tests_take_no_more_statements(session: Session, client: FlaskClient, orders: Orders) -> None:
    path = feed_of(session, session.get_one(User, orders.asker.id))
    counts: list[tuple[int, int]] = []
    for hour in range(3):
        start = SOON + hour * HOUR
        orders.run(received(orders), period=Period(start, start + HOUR))
        session.commit()
        with counting() as statements:
            found = shown(client, path)
        counts.append((len(found), len(statements)))

    assert [found for found, _count in counts] == [1, 2, 3]
    assert counts[1][1] == counts[2][1]
