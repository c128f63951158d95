import io
import re
from pathlib import Path
from typing import Any

import openpyxl
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.catalogue import Instrument
from models.vocabulary.accounts import Role, ScopeKind
from tests.factories.instruments import make_organisation
from tests.factories.people import give, make_user
from tests.journeys.conftest import OpenContext

HEADER = ["Nr.", "仪器名称", "规格型号", "原值(万元)", "启用时间", "国标分类", "使用单位名称"]
LONG = 60_000


def register(folder: Path) -> Path:
    """Forty instruments under a title; four of them cannot be taken."""
    book = openpyxl.Workbook()
    book.active.append(["大型仪器台账"])
    book.active.append(HEADER)
    for number in range(1, 41):
        value: Any = "很多" if number % 10 == 0 else 185.5
        book.active.append([f"ZX-{number}", f"扫描电镜 {number}", "JSM-7800F", value, "2020/5/1", "010102", "测试中心"])
    path = folder / "台账.xlsx"
    book.save(path)
    return path


def upload(page: Page, path: Path) -> None:
    page.goto("/imports")
    page.get_by_label("文件").set_input_files(str(path))
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("button", name="试运行")).to_be_visible(timeout=LONG)


def test_a_centre_moves_in_from_a_workbook_with_errors(
    open_context: OpenContext, session: Session, tmp_path: Path
) -> None:
    owner = make_organisation(session, name_zh="迁入的大学")
    admin = make_user(session, "moving")
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, owner.id)
    page = open_context(admin).new_page()

    upload(page, register(tmp_path))
    page.get_by_label("Nr.").select_option("inner_id")
    page.get_by_label("使用单位名称").select_option("unit")
    page.get_by_role("button", name="试运行").click()
    expect(page.get_by_role("heading", name="试运行的结果")).to_be_visible(timeout=LONG)
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
    of_owner = select(func.count()).select_from(Instrument).where(Instrument.organisation_id == owner.id)
    session.rollback()
    assert session.scalar(of_owner) == 40
