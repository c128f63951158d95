from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from booking.core.period import Period
from booking.database.transactions import transaction
from booking.reactions import letters_by
from booking.reservations import service
from booking.reservations.deciders import deciders_of
from booking.reservations.wishes import Wish
from models.accounts import Grant, User
from models.catalogue import Instrument
from models.notifications import Event
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_instrument
from tests.factories.letters import SETTINGS
from tests.factories.looking import look_again
from tests.factories.people import actor_for, give, make_user
from tests.journeys.axe import violations
from tests.journeys.conftest import OpenContext
from tests.journeys.houses import House

TOMORROW = local_date(utcnow()) + timedelta(days=1)


@pytest.fixture(params=["sqlite_house", "postgresql_house"])
def house(request: pytest.FixtureRequest) -> House:
    """Both engines, one after the other."""
    found: House = request.getfixturevalue(request.param)
    return found


def reserve(house: House, session: Session, instrument: Instrument, person: User, hour: int) -> int:
    now = utcnow()
    start = at_local(TOMORROW, hour * 60)
    wish = Wish(instrument.id, Period(start, start + timedelta(hours=1)))
    actor = actor_for(session, person, now=now)
    session.commit()
    return transaction(house.engine, service.request_reservation, wish, actor=actor, now=now).id


def passed_on(session: Session, moment: datetime) -> list[str]:
    """Who is written to about what waits, once the last day is over."""
    look_again(session)
    over = select(Event).where(Event.name == "accounts.grant_over", Event.handled_at.is_(None)).order_by(Event.id)
    letters = [letter for event in session.scalars(over) for letter in letters_by(SETTINGS)(session, event, moment)]
    return [letter.recipient for letter in letters if letter.template == "reservations/passed_on"]


def answers_of(page: Page, paths: list[str]) -> list[int]:
    """What the pages answer, one after the other."""
    found = [page.goto(path) for path in paths]
    return [answer.status for answer in found if answer is not None]


def test_a_steward_leaves_with_a_successor_and_nothing_is_left_behind(
    open_context: OpenContext, session: Session, house: House
) -> None:
    careful = make_instrument(session, name_zh="要交接的质谱仪", policy={"needs_approval": True})
    own = make_instrument(session, name_zh="常用的天平")
    own.organisation_id = careful.organisation_id
    names = {key: f"{key}-{careful.id}" for key in ("leaver", "heir", "admin", "asking")}
    people = {key: make_user(session, name) for key, name in names.items()}
    grant = give(session, people["leaver"], Role.STEWARD, ScopeKind.INSTRUMENT, careful.id)
    give(session, people["admin"], Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, careful.organisation_id)
    booking = reserve(house, session, own, people["leaver"], 9)
    waiting = reserve(house, session, careful, people["asking"], 10)
    page = open_context(people["admin"]).new_page()

    page.goto(f"/organisations/{careful.organisation_id}")
    page.get_by_role("link", name="离开与交接").click()
    page.get_by_label("离开的人的邮箱").fill(people["leaver"].email)
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_text("常用的天平")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("接手人的邮箱").fill(people["heir"].email)
    page.get_by_label("原因").fill("调往其他单位")
    page.get_by_role("button", name="移交所选预约").click()
    expect(page.get_by_text("已移交 1 条预约。")).to_be_visible()

    page.get_by_role("button", name="结束全部角色和成员身份").click()
    expect(page.get_by_text("请指定接任者")).to_be_visible()
    page.get_by_label("的接任者").fill(people["heir"].email)
    page.get_by_role("button", name="结束全部角色和成员身份").click()
    expect(page.get_by_text("已按最后一天结束全部角色。")).to_be_visible()

    look_again(session)
    assert session.get_one(Reservation, booking).booked_by_id == people["heir"].id
    assert session.get_one(Grant, grant.id).ends_on == local_date(utcnow())
    later = utcnow() + timedelta(days=1)
    instrument = session.get_one(Instrument, careful.id)
    assert [one.id for one in deciders_of(session, instrument, now=later).people] == [people["heir"].id]
    assert session.get_one(Reservation, waiting).decide_by is not None
    assert passed_on(session, at_local(TOMORROW, 1)) == [people["heir"].email]
    own_pages = [
        f"/catalogue/{careful.id}/edit",
        f"/board/instruments/{careful.id}",
        f"/reservations/{waiting}",
        f"/reservations/{booking}",
    ]
    leavers = open_context(people["leaver"]).new_page()
    assert answers_of(leavers, own_pages) == [200, 200, 200, 404]
    session.get_one(Grant, grant.id).ends_on = TOMORROW - timedelta(days=2)
    session.commit()
    assert answers_of(leavers, own_pages) == [403, 404, 404, 404]
    expect(leavers.get_by_text(people["asking"].name)).to_have_count(0)
    heirs = open_context(people["heir"]).new_page()
    heirs.goto(f"/board?day={TOMORROW.isoformat()}")
    expect(heirs.get_by_text(people["asking"].name).first).to_be_visible()
