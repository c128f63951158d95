import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from booking.web.filters import local_input
from models.accounts import User
from models.catalogue import Instrument
from models.directory import Organisation
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.directory import OrganisationKind
from tests.factories.instruments import make_organisation
from tests.factories.people import give, make_user
from tests.journeys.conftest import OpenContext
from tests.journeys.houses import House

HEADER = [
    "Nr.",
    "仪器名称",
    "规格型号",
    "原值(万元)",
    "验收日期",
    "国标分类",
    "使用单位名称",
    "功能",
    "用户须知",
    "收费",
]
CONTACT = ["联系人", "联系电话", "开放时间"]
SAID = ["形貌观察", "先培训", "每小时 300 元", "张三", "023-6825", "1-7 00:00-24:00"]
LONG = 60_000
LAST = Instrument.inner_id == "ZX-40"


def register(folder: Path) -> Path:
    """Forty instruments under a title; four of them cannot be taken."""
    book = openpyxl.Workbook()
    book.active.append(["大型仪器台账"])
    book.active.append([*HEADER, *CONTACT])
    for number in range(1, 41):
        value: Any = "很多" if number % 10 == 0 else 185.5
        what = [f"ZX-{number}", f"扫描电镜 {number}", "JSM-7800F", value, "2020/5/1", "010102", "测试中心"]
        book.active.append([*what, *SAID])
    path = folder / "台账.xlsx"
    book.save(path)
    return path


def register_owner(page: Page) -> str:
    """Register the university for which one acts; the path at which that can be verified."""
    page.goto("/registrations/new")
    page.get_by_label("单位名称").fill("迁入的大学")
    page.get_by_label("类型").select_option("university")
    page.get_by_label("统一社会信用代码").fill("12500000450403849F")
    page.get_by_label("所在地区").select_option("500109")
    page.get_by_role("button", name="提交核验").click()
    expect(page.get_by_text("单位管理员", exact=True)).to_be_visible()
    return page.url


def verify(page: Page, path: str, session: Session) -> Organisation:
    """Make it an institution, with whoever registered it as its administrator."""
    page.goto(path)
    page.get_by_label("由登记人担任单位管理员").check()
    page.get_by_role("button", name="核验通过").click()
    expect(page.get_by_text("已核验，并已发邮件告知。")).to_be_visible()
    session.rollback()
    return session.scalars(select(Organisation).where(Organisation.name_zh == "迁入的大学")).one()


def appoint_reviewers(page: Page, owner_id: int, *reviewers: User) -> None:
    """Give each of them the role on the institution's page of roles."""
    page.goto(f"/grants/organisation/{owner_id}")
    for reviewer in reviewers:
        giving = page.locator("form", has=page.get_by_role("button", name="授予", exact=True))
        giving.locator("[name=email]").fill(reviewer.email)
        giving.locator("[name=role]").select_option("reviewer")
        giving.get_by_role("button", name="授予", exact=True).click()
        expect(page.get_by_role("cell", name=reviewer.email)).to_be_visible()


def upload(page: Page, path: Path) -> None:
    page.goto("/imports")
    page.get_by_label("文件").set_input_files(str(path))
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("button", name="试运行")).to_be_visible(timeout=LONG)


def try_out(page: Page) -> None:
    """Have the rows compared, and load the page anew meanwhile."""
    page.get_by_role("button", name="试运行").click()
    page.reload()
    expect(page.get_by_role("heading", name="试运行的结果")).to_be_visible(timeout=LONG)


def approve(page: Page) -> None:
    """Read the one version that waits and let it through."""
    page.goto("/reviews")
    page.get_by_role("link", name="扫描电镜 40").click()
    page.get_by_role("button", name="同意公开").click()
    expect(page.get_by_role("status").first).to_be_visible()


def approve_the_others(page: Page) -> None:
    """Read what is left, tick each of it, and let all of it through in one go."""
    page.goto("/reviews")
    page.get_by_role("link", name="逐条审查，一起提交").click()
    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(39)
    for box in boxes.all():
        box.check()
    page.get_by_role("button", name="同意勾选的记录").click()
    expect(page.get_by_text("已同意 39 条")).to_be_visible(timeout=LONG)


def book_found(page: Page, name: str) -> None:
    """Search for an instrument and reserve an hour of tomorrow."""
    page.goto(f"/?q={name}")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    tomorrow = at_local(local_date(utcnow()) + timedelta(days=1), 600)
    starts_at, ends_at = local_input(tomorrow), local_input(tomorrow + timedelta(hours=1))
    page.goto(f"{page.url.partition('?')[0]}?starts_at={starts_at}&ends_at={ends_at}")
    expect(page.get_by_text("这段时间可以预约。")).to_be_visible()
    page.get_by_role("button", name="提交预约").click()
    expect(page.get_by_text("预约成功。")).to_be_visible()


def test_a_centre_registers_and_moves_in_from_a_workbook_with_errors_until_it_is_booked(
    open_context: OpenContext, session: Session, house: House, tmp_path: Path
) -> None:
    names = ("moving", "finder", "verifier", "reader-one", "reader-two")
    admin, finder, operator, *reviewers = (make_user(session, name) for name in names)
    centre = make_organisation(session, kind=OrganisationKind.PLATFORM)
    give(session, operator, Role.OPERATOR, ScopeKind.ORGANISATION, centre.id)
    page = open_context(admin).new_page()

    owner = verify(open_context(operator).new_page(), register_owner(page), session)
    appoint_reviewers(page, owner.id, *reviewers)
    upload(page, register(tmp_path))
    page.get_by_label("Nr.").select_option("inner_id")
    page.get_by_label("使用单位名称").select_option("unit")
    try_out(page)
    page.get_by_role("link", name=re.compile("^已拒绝")).click()
    expect(page.get_by_text("应为以万元计的金额").first).to_be_visible()
    with page.expect_download() as refused:
        page.get_by_role("link", name="下载被拒绝的行 XLSX").click()
    page.get_by_role("button", name="写入 36 行").click()
    expect(page.get_by_role("heading", name="结果", exact=True)).to_be_visible(timeout=LONG)

    book = openpyxl.load_workbook(io.BytesIO(refused.value.path().read_bytes()))
    for row in book.active.iter_rows(min_row=2):
        row[3].value = 90
    book.save(tmp_path / "corrected.xlsx")
    upload(page, tmp_path / "corrected.xlsx")
    page.get_by_label("Nr.").select_option("inner_id")
    page.get_by_role("button", name="试运行").click()
    page.get_by_role("button", name="写入 4 行").click(timeout=LONG)
    expect(page.get_by_role("heading", name="结果", exact=True)).to_be_visible(timeout=LONG)
    page.get_by_role("link", name="查看仪器").click()
    page.get_by_role("link", name="扫描电镜 40", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("扫描电镜 40")
    session.rollback()
    last = session.scalars(select(Instrument).where(Instrument.organisation_id == owner.id, LAST)).one()
    page.goto("/catalogue/bulk?all=1")
    page.get_by_label("预约方式").select_option("here")
    page.get_by_role("button", name="预览").click()
    page.get_by_role("button", name="保存对 40 台的修改").click()
    page.goto(f"/catalogue/{last.id}/publishing")
    page.get_by_role("button", name="提交密级审查").click()
    readers = [open_context(reviewer).new_page() for reviewer in reviewers]
    for reader in readers:
        approve(reader)
    page.goto("/catalogue/bulk?all=1&state=draft")
    page.get_by_role("button", name="送审", exact=True).click()
    expect(page.get_by_text("已送审 39 台，0 台没有送审。")).to_be_visible()
    for reader in readers:
        approve_the_others(reader)

    session.rollback()
    states = select(Instrument.publishing_state, func.count()).where(Instrument.organisation_id == owner.id)
    assert session.execute(states.group_by(Instrument.publishing_state)).all() == [(PublishingState.PUBLISHED, 40)]
    book_found(open_context(finder).new_page(), "扫描电镜 40")
    session.rollback()
    booked = select(Reservation.instrument_id).join(Instrument).where(Instrument.organisation_id == owner.id)
    assert session.scalars(booked).all() == [last.id]
