"""A firm applies for a voucher, the district and the province review, and the firm prints what it got."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pypdfium2
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import local_date, utcnow
from models.accounts import User
from models.applications import VoucherApplication
from models.programmes import Programme
from models.vocabulary.accounts import Language, Role, ScopeKind
from models.vocabulary.applications import ApplicationState
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.programmes import ProgrammeDocument
from models.vouchers import Voucher
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.factories.pictures import PDF
from tests.factories.programmes import make_authority, make_programme
from tests.journeys.axe import violations
from tests.journeys.billing import press
from tests.journeys.conftest import PHONE, OpenContext
from tests.journeys.houses import House
from tests.journeys.languages import IN_BOTH_LANGUAGES, said

BEIBEI, YUBEI = "500109", "500112"
CODE = "91500103MA5U00001G"
PAPERS = (ProgrammeDocument.APPLICATION, ProgrammeDocument.BUSINESS_LICENCE)


def arranged(session: Session, language: Language, now: datetime) -> tuple[Programme, list[User]]:
    """A programme, the firm's agent, and an officer of each office."""
    today = local_date(now)
    authority = make_authority(session, YUBEI, name_zh="示例市科学局", name_en="Science bureau")
    district = make_authority(session, BEIBEI, name_zh="示例区科学局", name_en="District bureau")
    firm = make_organisation(
        session,
        name_zh="申请券公司",
        name_en="Applying Ltd",
        kind=OrganisationKind.ENTERPRISE,
        uscc=CODE,
        adcode=BEIBEI,
    )
    people = [make_user(session, f"voucher-{one}", language=language) for one in ("agent", "district", "province")]
    roles = (Role.ENTERPRISE_AGENT, Role.VOUCHER_OFFICER, Role.VOUCHER_OFFICER)
    for user, role, place in zip(people, roles, (firm, district, authority), strict=True):
        give(session, user, role, ScopeKind.ORGANISATION, place.id)
    programme = make_programme(
        session,
        authority,
        actor_for(session, people[2], now=now),
        now=now,
        name_zh="旅程创新券",
        name_en="Journey vouchers",
        year=today.year,
        valid_from=today,
        counts_from=today,
        use_by=today + timedelta(days=200),
        redeem_by=today + timedelta(days=300),
        documents=[one.value for one in PAPERS],
        reserves_budget="issue",
        budget_fen=100_000_000,
    )
    return programme, people


def apply(firm: Page, programme: Programme, licence: Path, language: Language) -> None:
    """Look whether the firm may, write, upload, submit; on a phone."""
    firm.goto(f"/applications/new?programme={programme.id}")
    expect(firm.get_by_text(said(language, "符合申请条件")).first).to_be_visible()
    assert violations(firm) == []
    firm.locator("[name=amount_fen]").fill("50,000")
    firm.locator("[name=statement]").fill("电池材料的失效分析")
    press(firm, language, "保存草稿", said(language, "已保存草稿。请上传材料，核对后提交。"))
    for document in PAPERS:
        firm.locator("[name=document]").select_option(document.value)
        firm.locator("[name=files]").set_input_files(licence)
        press(firm, language, "上传材料", said(language, "材料已保存。"))
    press(firm, language, "提交审核", said(language, "已提交。审核有结果时，您会收到邮件。"))


def last_day() -> date:
    return local_date(utcnow()) + timedelta(days=365)


@IN_BOTH_LANGUAGES
def test_a_firm_applies_two_officers_review_and_the_voucher_is_printed(
    open_context: OpenContext, house: House, session: Session, language: Language, tmp_path: Path
) -> None:
    programme, people = arranged(session, language, utcnow())
    licence = tmp_path / "licence.pdf"
    licence.write_bytes(PDF)
    firm, district, province = (open_context(one, viewport=PHONE).new_page() for one in people)
    name = {Language.CHINESE: "申请券公司", Language.ENGLISH: "Applying Ltd"}[language]

    apply(firm, programme, licence, language)
    district.goto("/applications")
    expect(district.get_by_text(name).first).to_be_visible()
    assert violations(district) == []
    district.locator("main table a").first.click()
    district.locator("[name='expires_on.business_licence']").fill(last_day().isoformat())
    press(district, language, "通过，转省市审核", said(language, "区县审核已通过，申请转省市审核。"))
    province.goto("/home")
    province.get_by_role("link", name=name, exact=True).click()
    province.locator("[name=granted_fen]").fill("40000")
    province.locator("[name=reason]").fill("按计划核减")
    press(province, language, "通过并发券", said(language, "已发券，企业会收到邮件。"))

    firm.reload()
    firm.get_by_role("link", name=said(language, "查看电子券"), exact=True).click()
    session.rollback()
    found = session.scalars(select(VoucherApplication).where(VoucherApplication.programme_id == programme.id)).one()
    voucher = session.get_one(Voucher, found.voucher_id)
    expect(firm.get_by_text(voucher.number).first).to_be_visible()
    assert violations(firm) == []
    with firm.expect_download() as download:
        firm.get_by_role("link", name=said(language, "下载 PDF"), exact=True).click()
    opened = pypdfium2.PdfDocument(download.value.path())
    text = "".join(opened[0].get_textpage().get_text_bounded().split())
    dark = sum(opened[0].render(scale=1).to_pil().convert("L").histogram()[:128])
    opened.close()

    assert (found.state, found.granted_fen) == (ApplicationState.ISSUED, 4_000_000)
    for words in (voucher.number, CODE, "40000.00", voucher.use_by.isoformat(), voucher.redeem_by.isoformat()):
        assert words in text
    assert dark > 1_000
