"""Register, confirm, sign in, forget and reset, in both languages."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import create_app
from booking.settings import ROOT
from models.notifications import Mail
from tests.databases import settings_for
from tests.journeys.conftest import PHONE, WIDE, OpenContext
from tests.journeys.houses import House
from tests.operations.restoring import run


def links_mailed_to(session: Session, house: House, email: str) -> list[str]:
    """Let the jobs run once, as the timetable would; the links of the mails in order."""
    url = house.engine.url.render_as_string(hide_password=False)
    app = create_app(settings_for(url, ROOT / ".tmp", base_url=house.address))
    assert run(app, "jobs", "run-due")[0] == 0
    session.rollback()
    texts = session.scalars(select(Mail.text).where(Mail.recipient == email).order_by(Mail.id))
    return [link for text in texts for link in re.findall(r"http://127\.0\.0\.1:\S+", text)]


def register(page: Page, email: str, password: str) -> None:
    page.locator("input[name=name]").fill("Zhang Min")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=agrees]").check()
    page.locator("main form button[type=submit]").last.click()


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/sign-in")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")


@pytest.mark.parametrize(("language", "viewport"), [("zh", PHONE), ("en", WIDE)])
def test_somebody_registers_confirms_forgets_and_resets(
    open_context: OpenContext, session: Session, house: House, language: str, viewport: dict[str, int]
) -> None:
    email = f"zhang.{language}@example.org"
    page = open_context(None, viewport=viewport).new_page()
    page.goto(f"/register?lang={language}")
    register(page, email, "correct horse battery")
    sign_in(page, email, "correct horse battery")
    expect(page.locator("main form input[name=password]")).to_be_visible()

    page.goto(links_mailed_to(session, house, email)[-1])
    page.locator("main form button[type=submit]").click()
    sign_in(page, email, "correct horse battery")
    expect(page.locator("input[name=password]")).to_have_count(0)
    page.goto("/account")
    expect(page.get_by_text(email).first).to_be_visible()

    elsewhere = open_context(None).new_page()
    elsewhere.goto("/forgot")
    elsewhere.locator("input[name=email]").fill(email)
    elsewhere.locator("main form button[type=submit]").click()
    elsewhere.goto(links_mailed_to(session, house, email)[-1])
    elsewhere.locator("input[name=password]").fill("another long sentence")
    elsewhere.locator("main form button[type=submit]").last.click()
    sign_in(elsewhere, email, "another long sentence")
    elsewhere.goto("/account")
    expect(elsewhere.get_by_text(email).first).to_be_visible()

    page.goto("/account")
    expect(page.locator("input[name=password]")).to_be_visible()
