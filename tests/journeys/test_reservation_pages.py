from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from booking.core.period import Period
from booking.database.transactions import transaction
from booking.reservations import blocks, service
from booking.reservations.wishes import Details, Wish
from booking.web.filters import local_input
from models.accounts import User
from models.catalogue import Instrument
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.reservations import BlockKind
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.journeys.axe import violations
from tests.journeys.conftest import PHONE, WIDE, OpenContext
from tests.journeys.houses import House

TOMORROW = local_date(utcnow()) + timedelta(days=1)
PAGES = {
    "the wish refused": "/instruments/{instrument}?starts_at={start}&ends_at={end}",
    "the wish granted": "/instruments/{instrument}?starts_at={later}&ends_at={latest}",
    "mine": "/reservations",
    "mine, empty": "/reservations?past=1&state=lapsed",
    "one": "/reservations/{reservation}",
    "move": "/reservations/{reservation}/move",
    "edit": "/reservations/{reservation}/edit",
    "cancel": "/reservations/{reservation}/cancel",
    "board": "/board?day={day}",
    "board of a week": "/board?day={day}&view=week",
    "board of an instrument": "/board/instruments/{instrument}?week={day}",
    "blocks": "/instruments/{instrument}/blocks",
}


@pytest.fixture(scope="module")
def places(sqlite_house: House) -> dict[str, object]:
    """A steward with reservations, requests, a block and its conflict: what fills every page."""
    with Session(sqlite_house.engine, expire_on_commit=False) as session:
        owner = make_organisation(session)
        instrument = make_instrument(session, owner, capacity=2, policy={"needs_approval": True, "setup_minutes": 15})
        steward = make_user(session, "page-steward")
        give(session, steward, Role.STEWARD, ScopeKind.ORGANISATION, owner.id)
        other = make_user(session, "page-other")
        number = _reserve(sqlite_house, session, instrument, steward, (9, 11))
        _reserve(sqlite_house, session, instrument, other, (13, 15))
        _block(sqlite_house, session, instrument, steward)
        return {
            "steward": steward,
            "instrument": instrument.id,
            "reservation": number,
            "day": TOMORROW.isoformat(),
            "start": local_input(at_local(TOMORROW, 9 * 60 + 7)),
            "end": local_input(at_local(TOMORROW, 23 * 60)),
            "later": local_input(at_local(TOMORROW + timedelta(days=1), 9 * 60)),
            "latest": local_input(at_local(TOMORROW + timedelta(days=1), 10 * 60)),
        }


def _reserve(house: House, session: Session, instrument: Instrument, person: User, hours: tuple[int, int]) -> int:
    now = utcnow()
    period = Period(*(at_local(TOMORROW, hour * 60) for hour in hours))
    actor, wish = actor_for(session, person, now=now), Wish(instrument.id, period, details=Details("断口分析"))
    session.commit()
    return transaction(house.engine, service.request_reservation, wish, actor=actor, now=now).id


def _block(house: House, session: Session, instrument: Instrument, steward: User) -> None:
    now = utcnow()
    period = Period(at_local(TOMORROW, 14 * 60), at_local(TOMORROW, 18 * 60))
    actor = actor_for(session, steward, now=now)
    session.commit()
    transaction(house.engine, blocks.add_block, instrument.id, period, BlockKind.OUTAGE, "停电", actor=actor, now=now)


@pytest.fixture(params=["zh-CN light wide", "en dark phone"])
def context(
    request: pytest.FixtureRequest, open_context: OpenContext, places: dict[str, object], house: House
) -> BrowserContext:
    """The steward's window in either language, scheme and width."""
    language, scheme, width = str(request.param).split()
    size = PHONE if width == "phone" else WIDE
    opened = open_context(places["steward"], viewport=size, color_scheme=scheme)
    opened.add_cookies([{"name": "language", "value": language[:2], "url": house.address}])
    return opened


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_violations_and_never_scrolls_sideways(
    context: BrowserContext, places: dict[str, object], name: str
) -> None:
    page = context.new_page()

    page.goto(PAGES[name].format(**places))

    expect(page.locator("h1, h2").first).to_be_visible()
    if page.locator("[data-calendar]").count():
        expect(page.locator(".calendar .ec-event").first).to_be_visible()
    assert violations(page) == []
    assert sideways(page) == 0


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_a_stranger_sees_the_week_and_the_way_to_sign_in_without_violations(
    open_context: OpenContext, places: dict[str, object]
) -> None:
    page = open_context().new_page()

    page.goto(PAGES["the wish granted"].format(**places))

    expect(page.get_by_role("link", name="登录后预约")).to_be_visible()
    assert violations(page) == []
