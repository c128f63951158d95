"""The main job from end to end: find, book, see it in a calendar app, move, cancel."""

import re
from datetime import datetime

import vobject
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from booking.catalogue.listing import refresh
from booking.core.clock import SHANGHAI
from booking.web.filters import local_input
from tests.factories.instruments import make_instrument
from tests.factories.people import make_user
from tests.journeys.conftest import OpenContext
from tests.journeys.test_booking import WORKING_WEEK, at


def subscribe(page: Page) -> str:
    """Make a feed on its page; the address."""
    page.goto("/account/feeds")
    page.get_by_role("button", name="生成订阅地址").click()
    address = page.locator("code").inner_text()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/feeds/[\w-]{40,}\.ics", address)
    return address


def seen(page: Page, address: str) -> list[tuple[str, str, datetime, datetime, int]]:
    """What a calendar app reads there: summary, status, start, end, sequence."""
    body = page.context.request.get(address).text()
    return [
        (
            event.summary.value,
            event.status.value,
            event.dtstart.value.astimezone(SHANGHAI),
            event.dtend.value.astimezone(SHANGHAI),
            int(event.sequence.value),
        )
        for event in vobject.readOne(body).contents.get("vevent", [])
    ]


def fill_time(page: Page, start: datetime, end: datetime) -> None:
    page.get_by_role("textbox", name="开始").fill(local_input(start))
    page.get_by_role("textbox", name="结束").fill(local_input(end))
    expect(page.get_by_text("这段时间可以预约。")).to_be_visible()


def test_found_booked_seen_in_a_calendar_app_moved_and_cancelled(open_context: OpenContext, session: Session) -> None:
    instrument = make_instrument(session, hours=WORKING_WEEK, name_zh="订阅用透射电镜", model="FEED-2100")
    refresh(session, [instrument.id])
    session.commit()
    page = open_context(make_user(session, "subscriber")).new_page()
    address = subscribe(page)
    assert seen(page, address) == []

    page.goto("/")
    page.get_by_role("searchbox").fill("FEED2100")
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name="订阅用透射电镜").click()
    fill_time(page, at(10), at(12))
    page.get_by_role("button", name="提交预约").click()
    expect(page.get_by_text("预约成功。")).to_be_visible()
    booked = seen(page, address)

    page.get_by_role("link", name="改时间").click()
    fill_time(page, at(14), at(15))
    page.get_by_role("button", name="确认改时间").click()
    expect(page.get_by_text("时间已更改。")).to_be_visible()
    moved = seen(page, address)

    page.get_by_role("link", name="取消预约").click()
    page.get_by_role("button", name="确认取消").click()
    expect(page.get_by_text("预约已取消。")).to_be_visible()
    cancelled = seen(page, address)

    name = "订阅用透射电镜 FEED-2100"
    assert booked == [(name, "CONFIRMED", at(10), at(12), 0)]
    assert moved == [(name, "CONFIRMED", at(14), at(15), 1)]
    assert cancelled == [(name, "CANCELLED", at(14), at(15), 2)]


def test_a_revoked_address_is_gone(open_context: OpenContext, session: Session) -> None:
    page = open_context(make_user(session, "revoker")).new_page()
    address = subscribe(page)

    page.goto("/account/feeds")
    page.get_by_role("button", name="撤销").click()

    expect(page.get_by_text("还没有订阅")).to_be_visible()
    assert page.context.request.get(address).status == 410
