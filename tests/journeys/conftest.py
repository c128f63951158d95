"""Fixtures of the journeys: a browser, the running service, and a session on its database."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, expect, sync_playwright
from sqlalchemy.orm import Session

from booking.core.clock import utcnow
from models.accounts import User
from tests.databases import postgresql_database
from tests.journeys.browsers import FLAGS, chromium
from tests.journeys.clocks import serving_by_clock
from tests.journeys.houses import House

PATIENCE = 30_000
"""Milliseconds until something counts as missing; long, because the machine is busy when everything runs."""
expect.set_options(timeout=PATIENCE)

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 812}
WIDEST = {"width": 1440, "height": 900}

HARMLESS = ("Failed to load resource", "htmx:sendAbort", "htmx:afterRequest")
"""What the console says of statuses that a journey checks itself, and of questions that leaving the page broke off."""

OpenContext = Callable[..., BrowserContext]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here as a journey."""
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all journeys; without one they fail."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def sqlite_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The service on SQLite, one for the whole run."""
    with serving_by_clock(tmp_path_factory.mktemp("sqlite_house")) as running:
        yield running


@pytest.fixture(scope="session")
def postgresql_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The service on PostgreSQL, one for the whole run."""
    with (
        postgresql_database(f"journeys_{os.getpid()}") as url,
        serving_by_clock(tmp_path_factory.mktemp("postgresql_house"), url) as running,
    ):
        yield running


@pytest.fixture
def house(request: pytest.FixtureRequest) -> House:
    """The service that a journey visits: on SQLite, else the one that its parameter names."""
    found: House = request.getfixturevalue(getattr(request, "param", "sqlite_house"))
    return found


@pytest.fixture
def session(house: House) -> Iterator[Session]:
    """A session on the service's database, for arranging; commit what the service must see."""
    with Session(house.engine, expire_on_commit=False) as opened:
        yield opened


@pytest.fixture
def now() -> datetime:
    """The real time, because the service runs by it."""
    return utcnow()


@pytest.fixture
def open_context(browser: Browser, house: House) -> Iterator[OpenContext]:
    """Opens windows of their own: `open_context(user, viewport=…, locale=…, java_script_enabled=…)`.

    Whatever the pages complain about in the console, refused content included, fails the journey.
    """
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(HARMLESS):
            complaints.append(message.text)

    def open_one(user: User | None = None, **options: Any) -> BrowserContext:
        wishes = {"base_url": house.address, "locale": "zh-CN", "viewport": WIDE, "timezone_id": "Europe/Berlin"}
        context = browser.new_context(**{**wishes, **options})
        context.set_default_timeout(PATIENCE)
        context.on("console", hear)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        if user is not None:
            house.sign_in(context, user)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()
    assert complaints == []
