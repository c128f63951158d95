"""The main job from end to end: find, book, see it in a calendar app, move, cancel."""

import re
from datetime import datetime
from typing import Literal

import vobject
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from booking.catalogue.listing import refresh
from booking.core.clock import SHANGHAI
from booking.web.filters import local_input
from models.vocabulary.accounts import Language
from tests.factories.instruments import make_instrument
from tests.factories.people import make_user
from tests.journeys.conftest import OpenContext
from tests.journeys.languages import IN_BOTH_LANGUAGES, said
from tests.journeys.test_booking import WORKING_WEEK, at

ZH, EN = Language.CHINESE, Language.ENGLISH


def subscribe(page: Page, language: Language = Language.CHINESE) -> str:
    """Make a feed on its page; the address."""
    page.goto("/account/feeds")
    page.get_by_role("button", name=said(language, "生成订阅地址")).click()
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


def fill_time(page: Page, start: datetime, end: datetime, language: Language) -> None:
    for field, moment in (("开始", start), ("结束", end)):
        page.get_by_role("textbox", name=said(language, field)).fill(local_input(moment))
    expect(page.get_by_text(said(language, "这段时间可以预约。"))).to_be_visible()


def press(page: Page, language: Language, role: Literal["button", "link"], name: str, answer: str = "") -> None:
    """Press what has the name in this language, and wait for the answer."""
    page.get_by_role(role, name=said(language, name), exact=True).click()
    if answer:
        expect(page.get_by_text(said(language, answer))).to_be_visible()


@IN_BOTH_LANGUAGES
def test_found_booked_seen_in_a_calendar_app_moved_and_cancelled(
    open_context: OpenContext, session: Session, language: Language
) -> None:
    names = {ZH: "订阅用透射电镜", EN: "Subscribed electron microscope"}
    instrument = make_instrument(session, hours=WORKING_WEEK, model="FEED-2100", name_zh=names[ZH], name_en=names[EN])
    refresh(session, [instrument.id])
    session.commit()
    page = open_context(make_user(session, "subscriber", language=language)).new_page()
    address = subscribe(page, language)
    assert seen(page, address) == []

    page.goto("/")
    page.get_by_role("searchbox").fill("FEED2100")
    press(page, language, "button", "查找")
    page.get_by_role("link", name=names[language]).click()
    fill_time(page, at(10), at(12), language)
    press(page, language, "button", "提交预约", "预约成功。")
    booked = seen(page, address)

    press(page, language, "link", "改时间")
    fill_time(page, at(14), at(15), language)
    press(page, language, "button", "确认改时间", "时间已更改。")
    moved = seen(page, address)

    press(page, language, "link", "取消预约")
    press(page, language, "button", "确认取消", "预约已取消。")
    cancelled = seen(page, address)

    name = f"{names[language]} FEED-2100"
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
