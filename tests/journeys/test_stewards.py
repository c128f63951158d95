import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from booking.core.period import Period
from booking.database.transactions import transaction
from booking.reservations import service
from booking.reservations.wishes import Details, Wish
from booking.web.filters import local_input
from models.accounts import User
from models.catalogue import Instrument
from models.reservations import BlockConflict, Reservation
from models.vocabulary.accounts import Language, Role, ScopeKind
from models.vocabulary.reservations import ConflictState, ReservationState
from tests.factories.instruments import make_instrument
from tests.factories.people import actor_for, give, make_user
from tests.journeys.conftest import OpenContext
from tests.journeys.houses import House
from tests.journeys.languages import IN_BOTH_LANGUAGES, said

TOMORROW = local_date(utcnow()) + timedelta(days=1)


@pytest.fixture(params=["sqlite_house", "postgresql_house"])
def house(request: pytest.FixtureRequest) -> House:
    """Both engines, one after the other."""
    found: House = request.getfixturevalue(request.param)
    return found


def at(hour: float, *, days: int = 0) -> datetime:
    return at_local(TOMORROW + timedelta(days=days), int(hour * 60))


def reserve(house: House, session: Session, instrument: Instrument, person: User, hours: tuple[float, float]) -> int:
    now = utcnow()
    period = Period(at(hours[0]), at(hours[1]))
    wish = Wish(instrument.id, period, details=Details(purpose="断口分析"))
    actor = actor_for(session, person, now=now)
    session.commit()
    return transaction(house.engine, service.request_reservation, wish, actor=actor, now=now).id


def make_steward(session: Session, instrument: Instrument, language: Language = Language.CHINESE) -> User:
    steward = make_user(session, f"steward-{instrument.id}", language=language)
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    return steward


@IN_BOTH_LANGUAGES
def test_a_steward_blocks_a_day_with_a_booking_in_it_and_settles_the_conflict(
    open_context: OpenContext, session: Session, house: House, language: Language
) -> None:
    def words(sentence: str) -> str:
        return said(language, sentence)

    instrument = make_instrument(session, name_zh="要维护的显微镜", name_en="Microscope to maintain")
    holder = make_user(session, "zhaoliu")
    number = reserve(house, session, instrument, holder, (9, 10))
    page = open_context(make_steward(session, instrument, language)).new_page()

    page.goto(f"/board?day={TOMORROW.isoformat()}")
    page.get_by_role("link", name=re.compile("要维护的显微镜|Microscope to maintain")).click()
    page.get_by_role("link", name=words("停用时段")).click()
    page.get_by_role("textbox", name=words("开始")).fill(local_input(at(0)))
    page.get_by_role("textbox", name=words("结束")).fill(local_input(at(24)))
    page.get_by_label(words("说明")).fill("更换灯丝")
    page.get_by_role("button", name=words("添加"), exact=True).click()
    expect(page.get_by_role("heading", name=words("与预约冲突"))).to_be_visible()
    expect(page.get_by_text("Zhaoliu")).to_be_visible()

    page.get_by_role("link", name=words("改时间"), exact=True).click()
    page.get_by_role("textbox", name=words("开始")).fill(local_input(at(9, days=1)))
    page.get_by_role("textbox", name=words("结束")).fill(local_input(at(10, days=1)))
    page.get_by_role("textbox", name=words("结束")).blur()
    expect(page.get_by_text(words("这段时间可以预约。"))).to_be_visible()
    page.get_by_role("textbox", name=words("原因")).fill("设备维护，改到后一天")
    page.get_by_role("button", name=words("确认改时间")).click()
    expect(page.get_by_text(words("时间已更改。"))).to_be_visible()

    page.get_by_role("link", name=words("看板")).first.click()
    expect(page.get_by_text(words("没有要办的事。"))).to_be_visible()
    session.rollback()
    moved = session.get_one(Reservation, number)
    assert (moved.starts_at, moved.state) == (at(9, days=1), ReservationState.CONFIRMED)
    assert session.scalars(select(BlockConflict.state).where(BlockConflict.reservation_id == number)).all() == [
        ConflictState.SETTLED
    ]


def test_a_steward_decides_in_place_on_the_board(open_context: OpenContext, session: Session, house: House) -> None:
    instrument = make_instrument(session, policy={"needs_approval": True}, capacity=2)
    holder = make_user(session, f"asking-{instrument.id}")
    accepted = reserve(house, session, instrument, holder, (9, 10))
    turned_down = reserve(house, session, instrument, holder, (9, 11))
    page = open_context(make_steward(session, instrument)).new_page()

    page.goto(f"/board?day={TOMORROW.isoformat()}")
    page.get_by_role("button", name="通过", exact=True).first.click()
    expect(page.get_by_text("已通过，预约人会收到通知。")).to_be_visible()
    page.get_by_text("拒绝", exact=True).click()
    page.get_by_label("拒绝的原因").fill("当天人手不足")
    page.get_by_role("button", name="确认拒绝").click()

    expect(page.get_by_text("已拒绝，预约人会收到您写的原因。")).to_be_visible()
    session.rollback()
    assert session.get_one(Reservation, accepted).state == ReservationState.CONFIRMED
    assert session.get_one(Reservation, turned_down).state == ReservationState.REJECTED
