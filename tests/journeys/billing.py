"""What finance does in journeys, in either language: draft, issue, print, record what came in."""

import re
from datetime import date

import pypdfium2
from playwright.sync_api import Locator, Page, expect

from booking.core.clock import local_date, utcnow
from models.vocabulary.accounts import Language
from tests.journeys.axe import violations
from tests.journeys.languages import said


def press(where: Page | Locator, language: Language, name: str, answer: str) -> None:
    """Press the button of this name, and wait for what the page says then; nothing on it may be amiss."""
    page = where.page if isinstance(where, Locator) else where
    where.get_by_role("button", name=said(language, name), exact=True).click()
    expect(page.get_by_text(answer).first).to_be_visible()
    assert violations(page) == []


def bill(finance: Page, place_id: int, language: Language, today: date | None = None) -> None:
    """Draft and issue everything until today."""
    until_on = today or local_date(utcnow())
    finance.goto(f"/organisations/{place_id}/statements/to-bill?until_on={until_on.isoformat()}")
    assert violations(finance) == []
    drafted = finance.get_by_role("button", name=said(language, "为选中的付款人生成草稿"))
    drafted.click()
    expect(finance.get_by_role("heading", level=1)).to_have_text(re.compile(said(language, "结算")))
    finance.get_by_role("button", name=said(language, "全部出具")).click()
    finance.get_by_role("link", name=said(language, "查看结算单"), exact=True).click()
    finance.get_by_role("link", name=re.compile(r"^JS\d{4}-\d{5}$")).click()
    expect(finance.get_by_text(said(language, "待付"), exact=True).first).to_be_visible()
    assert violations(finance) == []


def paper(page: Page, language: Language) -> tuple[str, int]:
    """What the printed paper says in any viewer, without its spaces, and how many of its points are dark."""
    with page.expect_download() as download:
        page.get_by_role("link", name=said(language, "打印（PDF）")).click()
    opened = pypdfium2.PdfDocument(download.value.path())
    try:
        first = opened[0]
        text = "".join(first.get_textpage().get_text_bounded().split())
        return text, sum(first.render(scale=1).to_pil().convert("L").histogram()[:128])
    finally:
        opened.close()


def receive_money(finance: Page, paper_number: str, language: Language) -> None:
    """Record that all of it came in."""
    finance.get_by_role("link", name=said(language, "登记收款")).click()
    finance.locator("[name=number]").fill(paper_number)
    press(finance, language, "登记", said(language, "已付清"))
