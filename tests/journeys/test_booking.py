import re
from datetime import date, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.core.clock import at_local, local_date, utcnow
from booking.core.period import Period
from booking.web.filters import local_input
from models.accounts import User
from models.catalogue import Instrument
from models.directory import Organisation
from models.reservations import Reservation
from models.vocabulary.reservations import ReservationState
from tests.factories.instruments import make_instrument
from tests.factories.payers import make_payer
from tests.factories.people import make_user
from tests.factories.prices import make_hourly_price
from tests.journeys.conftest import PHONE, OpenContext
from tests.journeys.houses import House

WORKING_WEEK = tuple((weekday, 540, 1080) for weekday in range(1, 8))
NEXT_MONDAY = local_date(utcnow()) + timedelta(days=7 - local_date(utcnow()).weekday())


def at(hour: float, *, days: int = 1) -> datetime:
    return at_local(NEXT_MONDAY + timedelta(days=days), int(hour * 60))


def bookings(session: Session, person: User) -> list[tuple[Period, ReservationState]]:
    session.rollback()
    mine = select(Reservation).where(Reservation.booked_by_id == person.id).order_by(Reservation.id)
    return [(Period(one.starts_at, one.ends_at), one.state) for one in session.scalars(mine)]


def column(page: Page, day: date) -> Locator:
    return page.locator(f'.calendar .ec-col-head:has(time[datetime="{day.isoformat()}"])')


def drag(page: Page, day: date, start: float, end: float, *, opens: int = 8, pixels_per_hour: int = 38) -> None:
    """Draw from hour to hour in the column of a day, as a hand would."""
    body, head = page.locator(".calendar .ec-body").bounding_box(), column(page, day).bounding_box()
    assert body
    assert head
    x = head["x"] + head["width"] / 2
    top, bottom = (body["y"] + (hour - opens) * pixels_per_hour for hour in (start, end))
    page.mouse.move(x, top + 3)
    page.mouse.down()
    page.mouse.move(x, top + 20, steps=4)
    page.mouse.move(x, bottom - 3, steps=8)
    page.mouse.up()


def swipe(page: Page, along: int, down: int, held: int) -> None:
    """Sweep a finger over the calendar, after it was held still for so many milliseconds."""
    page.locator(".calendar").evaluate("one => one.scrollIntoView()")
    body = page.locator(".calendar .ec-body").bounding_box()
    assert body
    x, y = body["x"] + body["width"] / 2 - along / 2, body["y"] + 100
    hand = page.context.new_cdp_session(page)
    hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    page.wait_for_timeout(held)
    for part in (0.1, 0.4, 0.7, 1):
        point = {"x": x + along * part, "y": y + down * part}
        hand.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def wish(page: Page) -> tuple[str, str]:
    return page.get_by_role("textbox", name="开始").input_value(), page.get_by_role(
        "textbox", name="结束"
    ).input_value()


def test_a_researcher_finds_books_moves_and_cancels(open_context: OpenContext, session: Session, house: House) -> None:
    instrument = make_instrument(session, hours=WORKING_WEEK, name_zh="拖动显微镜", model="DRAG-1")
    person, place = make_user(session, "dragging"), session.get_one(Organisation, instrument.organisation_id)
    make_hourly_price(session, instrument, 10_000, person)
    payers = [make_payer(session, place, person, fen, number=f"{fen}", name=f"课题{fen}") for fen in (10_000, 50_000)]
    page = open_context(person).new_page()

    page.goto(f"/instruments/{instrument.id}?week={NEXT_MONDAY.isoformat()}")
    expect(page.locator(".calendar .ec-body")).to_be_visible()
    drag(page, NEXT_MONDAY + timedelta(days=1), 10, 12)
    expect(page.get_by_text("这段时间可以预约。")).to_be_visible()
    assert wish(page) == (local_input(at(10)), local_input(at(12)))
    page.get_by_label("由哪个经费账户支付").select_option(str(payers[0].id))
    expect(page.get_by_text("经费账户“课题10000”剩余 ¥100.00，需要 ¥200.00。")).to_be_visible()
    page.get_by_role("button", name="改由“课题50000”支付").click()
    expect(page.get_by_text("由“课题50000”支付：可用 ¥500.00，预约后冻结 ¥200.00。")).to_be_visible()
    assert wish(page) == (local_input(at(10)), local_input(at(12)))
    page.get_by_label("用途").fill("断口分析")
    page.get_by_role("button", name="提交预约").click()
    expect(page.get_by_text("预约成功。")).to_be_visible()
    assert bookings(session, person) == [(Period(at(10), at(12)), ReservationState.CONFIRMED)]
    expect(page.locator("#payment, .card").filter(has_text="由谁支付").first).to_contain_text("¥200.00")

    page.get_by_role("link", name="我的预约").first.click()
    page.get_by_role("link", name="拖动显微镜").click()
    page.get_by_role("link", name="改时间").click()
    box = page.locator(".calendar .ec-event.is-wish").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 40, steps=4)
    page.mouse.move(box["x"] + 20, box["y"] + 20 + 2 * 38, steps=8)
    page.mouse.up()
    expect(page.get_by_text("这段时间可以预约。")).to_be_visible()
    page.get_by_role("button", name="确认改时间").click()
    expect(page.get_by_text("时间已更改。")).to_be_visible()
    assert bookings(session, person) == [(Period(at(12), at(14)), ReservationState.CONFIRMED)]

    page.get_by_role("link", name="取消预约").click()
    page.get_by_role("button", name="确认取消").click()
    expect(page.get_by_text("预约已取消。")).to_be_visible()
    assert bookings(session, person)[0][1] == ReservationState.CANCELLED


def test_a_time_typed_before_the_script_has_come_is_answered_when_it_has(
    open_context: OpenContext, session: Session
) -> None:
    instrument = make_instrument(session, hours=WORKING_WEEK)
    page, held = open_context(make_user(session, "slow")).new_page(), list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/js/panel[^/]*\.js"), hold)

    page.goto(f"/instruments/{instrument.id}", wait_until="commit")
    for field, moment in (("开始", at(10)), ("结束", at(12))):
        page.get_by_role("textbox", name=field).fill(local_input(moment))
    expect(page.get_by_text("这段时间可以预约。")).to_have_count(0)
    held[0].continue_()

    expect(page.get_by_text("这段时间可以预约。")).to_be_visible()


def test_a_refusal_shows_every_reason_and_a_remedy_cures_it(open_context: OpenContext, session: Session) -> None:
    instrument = make_instrument(session, hours=WORKING_WEEK, policy={"longest_minutes": 120})
    person = make_user(session, "refused")
    page = open_context(person).new_page()

    page.goto(f"/instruments/{instrument.id}?week={NEXT_MONDAY.isoformat()}")
    expect(page.locator(".calendar .ec-body")).to_be_visible()
    drag(page, NEXT_MONDAY + timedelta(days=1), 8, 12)
    expect(page.locator(".refusal")).to_have_count(2)
    page.locator(".remedies button").first.click()
    expect(page.get_by_text("这段时间可以预约。")).to_be_visible()
    expect(page.locator(".booking-when")).to_be_focused()
    page.get_by_role("button", name="提交预约").click()

    expect(page.get_by_text("预约成功。")).to_be_visible()
    assert len(bookings(session, person)) == 1


def test_booking_by_keyboard_alone(open_context: OpenContext, session: Session) -> None:
    instrument = make_instrument(session, hours=WORKING_WEEK, policy={"grid_minutes": 30})
    person = make_user(session, "keyboard")
    page = open_context(person).new_page()
    start, end = local_input(at(10)), local_input(at(11))
    page.goto(f"/instruments/{instrument.id}?starts_at={start}&ends_at={end}")
    expect(page.get_by_text("这段时间可以预约。")).to_be_visible()

    for _ in range(2):
        tab_to(page, "结束推后 30 分钟")
        page.keyboard.press("Enter")
    expect(page.locator(".booking-when")).to_contain_text("10:00–12:00")
    tab_to(page, "提交预约")
    page.keyboard.press("Enter")

    expect(page.get_by_text("预约成功。")).to_be_visible()
    assert bookings(session, person) == [(Period(at(10), at(12)), ReservationState.CONFIRMED)]


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the button with this name has the focus."""
    wanted = page.get_by_role("button", name=name)
    for _ in range(120):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard never reaches {name}")


def test_booking_moving_and_cancelling_without_script(open_context: OpenContext, session: Session) -> None:
    instrument = make_instrument(session, hours=WORKING_WEEK)
    person = make_user(session, "scriptless")
    page = open_context(person, java_script_enabled=False).new_page()

    page.goto(f"/instruments/{instrument.id}")
    page.get_by_role("link", name="下一周").click()
    page.locator(f'.week-table a[href*="starts_at={(NEXT_MONDAY + timedelta(days=1)).isoformat()}T10"]').click()
    expect(page.get_by_text("这段时间可以预约。")).to_be_visible()
    page.get_by_role("button", name="提交预约").click()
    expect(page.get_by_text("预约成功。")).to_be_visible()
    assert bookings(session, person) == [(Period(at(10), at(11)), ReservationState.CONFIRMED)]

    page.get_by_role("link", name="改时间").click()
    page.get_by_role("textbox", name="结束").fill(local_input(at(8)))
    page.get_by_role("button", name="确认改时间").click()
    expect(page.get_by_text("结束时间须晚于开始时间。").first).to_be_visible()
    page.get_by_role("textbox", name="开始").fill(local_input(at(7)))
    page.get_by_role("textbox", name="结束").fill(local_input(at(8)))
    page.get_by_role("button", name="先看看能否预约").click()
    page.locator(".remedies button").first.click()
    expect(page.get_by_text("这段时间可以预约。")).to_be_visible()
    page.get_by_role("button", name="确认改时间").click()
    expect(page.get_by_text("时间已更改。")).to_be_visible()

    page.get_by_role("link", name="取消预约").click()
    page.get_by_role("button", name="确认取消").click()
    expect(page.get_by_text("预约已取消。")).to_be_visible()
    assert [state for _, state in bookings(session, person)] == [ReservationState.CANCELLED]


def test_the_browsers_own_position_says_how_far_an_instrument_is(open_context: OpenContext, session: Session) -> None:
    near = make_instrument(session, name_zh="近处的轮廓仪", latitude=29.82, longitude=106.43)
    listing.refresh(session, [near.id])
    session.commit()
    here = {"latitude": 29.82, "longitude": 106.53}
    page = open_context(permissions=["geolocation"], geolocation=here).new_page()

    page.goto("/?q=近处的轮廓仪")
    page.locator("summary", has_text="空闲时间与距离").click()
    page.get_by_role("button", name="使用我的位置").click()

    expect(page).to_have_url(re.compile(r"near_lat=29\.8200&near_lon=106\.5300"))
    expect(page.locator("main").get_by_text("9.6 km")).to_be_visible()


def test_a_stranger_chooses_a_time_and_is_led_to_sign_in_and_back(open_context: OpenContext, session: Session) -> None:
    instrument = make_instrument(session, hours=WORKING_WEEK)
    page = open_context().new_page()

    page.goto(f"/instruments/{instrument.id}?week={NEXT_MONDAY.isoformat()}")
    expect(page.locator(".calendar .ec-body")).to_be_visible()
    drag(page, NEXT_MONDAY + timedelta(days=1), 10, 12)
    page.get_by_role("link", name="登录后预约").click()

    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    assert local_input(at(10)).replace(":", "") in page.url.replace("%253A", "").replace("%3A", "").replace(":", "")


def test_on_a_phone_the_panel_is_a_sheet_and_three_days_are_shown(open_context: OpenContext, session: Session) -> None:
    instrument = make_instrument(session, hours=WORKING_WEEK)
    person = make_user(session, "phone")
    page = open_context(person, viewport=PHONE, has_touch=True).new_page()
    start, end = local_input(at(10)), local_input(at(11))

    page.goto(f"/instruments/{instrument.id}?starts_at={start}&ends_at={end}")

    expect(page.locator(".calendar .ec-col-head")).to_have_count(3)
    first = page.locator(".calendar .ec-col-head time").first
    shown = date.fromisoformat(first.get_attribute("datetime") or "")
    for along, down, held, days in ((-150, 10, 0, 3), (150, 10, 0, 0), (-150, 10, 400, 0)):
        swipe(page, along, down, held)
        expect(first).to_have_attribute("datetime", (shown + timedelta(days=days)).isoformat())
        assert (wish(page) == (start, end)) is (not held)
    page.goto(f"/instruments/{instrument.id}?starts_at={start}&ends_at={end}")
    expect(page.locator(".booking-sheet")).to_be_visible()
    page.get_by_role("button", name="展开或收起").click()
    page.get_by_role("button", name="提交预约").click()
    expect(page.get_by_text("预约成功。")).to_be_visible()
    assert bookings(session, person) == [(Period(at(10), at(11)), ReservationState.CONFIRMED)]


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_the_calendar_shows_shanghai_time_wherever_the_browser_is(
    open_context: OpenContext, session: Session, zone: str
) -> None:
    instrument: Instrument = make_instrument(session, hours=WORKING_WEEK)
    page = open_context(make_user(session, f"zone-{zone.lower().replace('/', '-')}"), timezone_id=zone).new_page()

    page.goto(f"/instruments/{instrument.id}?starts_at={local_input(at(10))}&ends_at={local_input(at(11))}")

    expect(page.locator(".calendar .ec-event.is-wish")).to_contain_text("10:00")
    expect(page.locator(".calendar .ec-col-head").nth(0)).to_contain_text(str(NEXT_MONDAY.day))
    assert wish(page) == (local_input(at(10)), local_input(at(11)))


def test_a_calendar_that_cannot_be_loaded_says_so_and_opens_the_table(
    open_context: OpenContext, session: Session
) -> None:
    instrument = make_instrument(session, hours=WORKING_WEEK)
    page = open_context().new_page()
    page.route("**/calendar.json*", lambda route: route.abort())

    page.goto(f"/instruments/{instrument.id}")

    expect(page.get_by_text("时间表没有加载出来。")).to_be_visible()
    expect(page.locator("details.week-words table")).to_be_visible()
    page.unroute("**/calendar.json*")
    page.get_by_role("button", name="下一页").click()
    expect(page.get_by_text("时间表没有加载出来。")).to_be_hidden()
