"""What firms, institutions and officers do about vouchers in journeys, in either language, each on their own page."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect

from booking.web.filters import local_input
from models.directory import Organisation
from models.programmes import Programme
from models.vocabulary.accounts import Language
from models.vocabulary.programmes import ProgrammeDocument
from tests.factories.pictures import PDF
from tests.journeys.axe import violations
from tests.journeys.billing import press
from tests.journeys.languages import said

PAPER: FilePayload = {"name": "材料.pdf", "mimeType": "application/pdf", "buffer": PDF}
HOURS = timedelta(hours=2)


def apply(firm: Page, programme: Programme, papers: Sequence[ProgrammeDocument], language: Language) -> None:
    """Look whether the firm may, write, upload, submit."""
    firm.goto(f"/applications/new?programme={programme.id}")
    expect(firm.get_by_text(said(language, "符合申请条件")).first).to_be_visible()
    assert violations(firm) == []
    firm.locator("[name=amount_fen]").fill("500")
    firm.locator("[name=statement]").fill("电池材料的失效分析")
    press(firm, language, "保存草稿", said(language, "已保存草稿。请上传材料，核对后提交。"))
    for document in papers:
        firm.locator("[name=document]").select_option(document.value)
        firm.locator("[name=files]").set_input_files(PAPER)
        press(firm, language, "上传材料", said(language, "材料已保存。"))
    press(firm, language, "提交审核", said(language, "已提交。审核有结果时，您会收到邮件。"))


def pass_on(district: Page, firm: str, licence_until: date, language: Language) -> None:
    """The district finds the application, and how long the licence is valid."""
    district.goto("/applications")
    district.get_by_role("row").filter(has_text=firm).get_by_role("link").click()
    district.locator("[name='expires_on.business_licence']").fill(licence_until.isoformat())
    press(district, language, "通过，转省市审核", said(language, "区县审核已通过，申请转省市审核。"))


def issue(province: Page, firm: str, language: Language) -> None:
    """The province grants a little less than was asked for."""
    province.goto("/home")
    province.get_by_role("link", name=firm, exact=True).click()
    province.locator("[name=granted_fen]").fill("400")
    province.locator("[name=reason]").fill("按计划核减")
    press(province, language, "通过并发券", said(language, "已发券，企业会收到邮件。"))


def book(firm: Page, instrument_id: int, start: datetime, language: Language, *, shown: str, limit: str) -> None:
    """Two hours; the panel says what the voucher covers, which limit decides, and what is to be paid."""
    times = f"starts_at={local_input(start)}&ends_at={local_input(start + HOURS)}"
    firm.goto(f"/instruments/{instrument_id}?{times}")
    grip = firm.get_by_role("button", name=said(language, "展开或收起"))
    if grip.is_visible():
        grip.click()
    panel = firm.locator("[data-vouchers]")
    expect(panel.get_by_role("img", name=shown, exact=True)).to_be_visible()
    quoted = said(language, "“%(limit)s”") % {"limit": limit}
    expect(panel).to_contain_text(said(language, "由%(limits)s决定") % {"limits": quoted})
    press(firm, language, "提交预约", said(language, "预约成功。"))


def confirm(staff: Page, count: int, language: Language) -> None:
    """The steward confirms that all of it took place as booked."""
    staff.goto("/uses")
    boxes = staff.locator("[name=reservation_ids]")
    expect(boxes).to_have_count(count)
    for box in boxes.all():
        box.check()
    answer = said(language, "已确认 %(count)s 次使用。") % {"count": count}
    press(staff, language, "所选按预约确认", answer)


def accept(firm: Page, language: Language) -> None:
    """The firm accepts everything that waits for it."""
    firm.goto("/charges")
    for box in firm.locator("[name=charges]").all():
        box.check()
    button = firm.get_by_role("button", name=said(language, "接受所选的费用"), exact=True)
    button.click()
    expect(button).to_have_count(0)
    assert violations(firm) == []


def record_invoice(finance: Page, firm: Organisation, amount: str, today: date, language: Language) -> None:
    """Record the invoice of the statement on the page."""
    finance.get_by_role("link", name=said(language, "发票"), exact=True).click()
    finance.get_by_role("link", name=said(language, "登记发票"), exact=True).click()
    filled = {
        "number": f"2650{firm.id:08d}",
        "issued_on": today.isoformat(),
        "title": firm.name_zh,
        "tax_number": firm.uscc or "",
    }
    for name, value in filled.items():
        finance.locator(f"[name={name}]").fill(value)
    finance.locator("[name^=covers-]").fill(amount)
    finance.locator("[name=files]").set_input_files({**PAPER, "name": "发票.pdf"})
    finance.get_by_role("button", name=said(language, "登记"), exact=True).click()
    expect(finance.get_by_role("heading", level=1)).to_contain_text(filled["number"])
    assert violations(finance) == []


def claim(claimant: Page, papers: Sequence[ProgrammeDocument], language: Language) -> str:
    """Ask for everything that can be claimed, and hand in what the list wants; its number."""
    claimant.goto("/redemptions")
    claimant.get_by_role("link", name=said(language, "申请兑付"), exact=True).click()
    assert violations(claimant) == []
    claimant.get_by_role("button", name=said(language, "提交兑付申请"), exact=True).click()
    heading = claimant.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile(r"DF\d{4}-\d+-\d{4}"))
    for document in papers:
        claimant.locator("[name=document]").select_option(document.value)
        claimant.locator("[name=files]").set_input_files(PAPER)
        press(claimant, language, "保存材料", said(language, "材料已保存。"))
    expect(claimant.get_by_text(said(language, "还缺这些材料"))).to_have_count(0)
    return heading.inner_text().split()[0]


def pack_of(page: Page, language: Language) -> list[str]:
    """The names in the pack, in its order."""
    with page.expect_download() as download:
        page.get_by_role("link", name=said(language, "下载材料包（ZIP）"), exact=True).click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as pack:
        return pack.namelist()


def item(officer: Page, place: int, name: str) -> Locator:
    """A field of the review form."""
    return officer.locator(f"[name^={name}-]").nth(place)


def review(officer: Page, number: str, button: str, language: Language) -> None:
    """Find the request in the queue, and let it pass as it stands there."""
    find(officer, number)
    press(officer, language, button, said(language, "审核意见已保存。"))


def find(officer: Page, number: str) -> None:
    """Open a request from the queue."""
    officer.goto("/redemptions/queue")
    assert violations(officer) == []
    officer.get_by_role("link", name=number, exact=True).click()


def pay(officer: Page, number: str, amount: str, language: Language) -> None:
    """Record that the bank has paid it."""
    find(officer, number)
    expect(officer.locator("main .chip").first).to_contain_text(said(language, "公示期满"))
    officer.locator("[name=receipt_number]").first.fill("回单 2026-9")
    button = said(language, "登记付款 %(amount)s") % {"amount": amount}
    officer.get_by_role("button", name=button, exact=True).click()
    expect(officer.get_by_text(said(language, "兑付已登记。")).first).to_be_visible()
    assert violations(officer) == []


def parts(page: Page) -> list[str]:
    """The amounts of a voucher's bar: available, held, deducted, redeemed."""
    return page.locator(".shares-legend").first.locator("a").all_inner_texts()


def yuan(fen: int, language: Language) -> str:
    """An amount as pages write it."""
    return f"{'¥' if language == Language.CHINESE else 'CNY '}{fen / 100:,.2f}"
