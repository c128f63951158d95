"""A firm sends six samples: quote, order form, labels, parcel, queue, test run, payment, report, and both its ends."""

import hashlib
import io
import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pypdfium2
import zxingcpp
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.contracts.forms import RequirementForm
from booking.contracts.requirements import set_requirement
from booking.core.clock import at_local, local_date, utcnow
from booking.statements.forms import BillingTermsForm
from booking.statements.terms import set_terms
from booking.web.filters import local_input
from models.accounts import User
from models.catalogue import Lane, LaneGroup
from models.charges import Charge
from models.directory import Organisation
from models.reservations import Claim
from models.samples import SampleOrder
from models.vocabulary.accounts import Language, Role, ScopeKind
from models.vocabulary.charges import ChargeState
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.samples import Leftover, SampleOrderState
from models.vocabulary.statements import Withholding
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.factories.pictures import PDF, photo
from tests.journeys import billing
from tests.journeys.axe import violations
from tests.journeys.conftest import PHONE, OpenContext
from tests.journeys.languages import IN_BOTH_LANGUAGES, said

PHOTO: FilePayload = {"name": "收样.jpg", "mimeType": "image/jpeg", "buffer": photo()}
REPORT: FilePayload = {"name": "报告.pdf", "mimeType": "application/pdf", "buffer": PDF}
DARK = 2_000
"""How many points of a printed page are at least dark when something stands on it."""

LAB = {Language.CHINESE: "沙坪坝示例学院", Language.ENGLISH: "Shapingba College"}
FIRM = {Language.CHINESE: "北碚示例铸造", Language.ENGLISH: "Beibei Foundry"}


def press(page: Page, language: Language, name: str, answer: str) -> None:
    """Press the button of this name, and wait for what the page says then."""
    page.get_by_role("button", name=said(language, name), exact=True).click()
    expect(page.get_by_text(said(language, answer))).to_be_visible()


def arrange_finance(session: Session, place: Organisation, language: Language) -> User:
    """Outside users accept the six clauses and get results once these are paid; contracts begin far above."""
    now, finance = utcnow(), make_user(session, f"spark-finance-{place.id}", language=language)
    give(session, finance, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, place.id)
    actor = actor_for(session, finance, now=now)
    form = RequirementForm(requires=True, threshold_fen=5_000_000)
    set_requirement(session, place.id, form, actor=actor, now=now)
    terms = BillingTermsForm(withholds_results=Withholding.OUTSIDE)
    set_terms(session, place.id, terms, actor=actor, now=now)
    session.commit()
    return finance


def quote(staff: Page, language: Language) -> None:
    """Find the order in the queue, and quote it by hand."""
    staff.goto("/sample-orders/queue")
    expect(staff.get_by_text(FIRM[language])).to_be_visible()
    staff.get_by_role("link", name="球墨铸铁").click()
    staff.locator("[name='lines.0.name']").fill("C, Si, Mn, P, S")
    staff.locator("[name='lines.0.count']").fill("6")
    staff.locator("[name='lines.0.unit_fen']").fill("120")
    assert violations(staff) == []
    press(staff, language, "发出报价", "已报价，用户会收到邮件。")


def labels_of(user: Page, language: Language) -> list[str]:
    """Print the labels before sending; what a camera reads from the screen is what it reads from the paper."""
    user.get_by_role("link", name=said(language, "打印标签"), exact=True).first.click()
    expect(user.locator(".sticker")).to_have_count(7)
    assert violations(user) == []
    user.set_viewport_size({"width": 1280, "height": 2400})
    shown = [one.text for one in zxingcpp.read_barcodes(Image.open(io.BytesIO(user.screenshot(full_page=True))))]
    user.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    with user.expect_download() as download:
        user.get_by_role("link", name=said(language, "下载 PDF（A4，每页 12 张）")).click()
    opened = pypdfium2.PdfDocument(download.value.path())
    try:
        (sheet,) = opened
        assert LAB[language] in sheet.get_textpage().get_text_bounded()
        printed = [one.text for one in zxingcpp.read_barcodes(sheet.render(scale=2).to_pil())]
    finally:
        opened.close()
    assert sorted(shown) == sorted(printed)
    return sorted(printed, key=len)


def receive(staff: Page, code: str, language: Language) -> None:
    """Find the order by typing what stands on the parcel's label, and say that all arrived, with a photo."""
    staff.goto("/sample-orders/queue")
    staff.locator("[name=number]").fill(code.lower())
    staff.get_by_role("button", name=said(language, "打开委托")).click()
    expect(staff.get_by_text("SF1234567890")).to_be_visible()
    staff.locator("[name=files]").set_input_files(PHOTO)
    press(staff, language, "登记收样", "已登记收样，用户会收到邮件。")


def lead_to_report(staff: Page, order_page: str, start: datetime, language: Language) -> None:
    """Take three hours for the order, and hand over its report."""
    staff.get_by_role("link", name=said(language, "安排测试"), exact=True).click()
    staff.locator("[name=starts_at]").fill(local_input(start))
    staff.locator("[name=ends_at]").fill(local_input(start + timedelta(hours=3)))
    press(staff, language, "占用时间并开始", "已安排测试，时间已占用，用户会收到邮件。")
    staff.goto(order_page)
    staff.locator("[name=files]").set_input_files(REPORT)
    staff.locator("[name=report_number]").fill("R-2026-1")
    staff.locator("[name=is_final]").check()
    press(staff, language, "交付结果", "已交付，用户会收到邮件。")


def pay(user: Page, finance: Page, place_id: int, language: Language) -> None:
    """The report is there and withheld; the agent accepts what it costs, finance bills it and is paid."""
    user.reload()
    expect(user.get_by_text(said(language, "结果在付清后交付")).first).to_be_visible()
    expect(user.get_by_text(hashlib.sha256(PDF).hexdigest())).to_have_count(0)
    assert violations(user) == []
    user.get_by_role("link", name=said(language, "查看费用")).first.click()
    billing.press(user.locator("main"), language, "接受", said(language, "已接受。"))
    billing.bill(finance, place_id, language)
    text, dark = billing.paper(finance, language)
    billing.receive_money(finance, "回单 2026-2", language)
    named = [one.replace(" ", "") in text for one in (FIRM[language], LAB[language], "720.00")]
    assert (named, dark > DARK) == ([True] * 3, True)


def end(user: Page, staff: Page, order_page: str, language: Language) -> None:
    """The agent reads the report and accepts it; staff say what became of what is left, and see how long it took."""
    user.goto(order_page)
    expect(user.get_by_text(hashlib.sha256(PDF).hexdigest())).to_be_visible()
    expect(user.get_by_text(said(language, "报告编号 %(number)s") % {"number": "R-2026-1"})).to_be_visible()
    assert violations(user) == []
    press(user, language, "确认结果", "已确认结果，委托完成。")
    staff.reload()
    press(staff, language, "登记", "已登记。")
    staff.goto("/sample-orders/queue")
    staff.get_by_role("link", name=said(language, "送样指标")).click()
    expect(staff.locator("[data-drawing] canvas")).to_have_count(2)


@IN_BOTH_LANGUAGES
def test_a_firm_sends_six_samples_and_gets_a_paid_report(
    open_context: OpenContext, session: Session, language: Language
) -> None:
    policy = {"closes_on_holidays": False}
    place = make_organisation(session, name_zh=LAB[Language.CHINESE], name_en=LAB[Language.ENGLISH])
    instrument = make_instrument(session, place, name_zh="直读光谱仪", name_en="Spark spectrometer", policy=policy)
    names = {"name_zh": FIRM[Language.CHINESE], "name_en": FIRM[Language.ENGLISH]}
    firm = make_organisation(session, kind=OrganisationKind.ENTERPRISE, **names)
    steward, agent = (make_user(session, name, language=language) for name in ("spark-steward", "foundry-agent"))
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    give(session, agent, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, firm.id)
    affiliate(session, agent, firm)
    clerk = arrange_finance(session, place, language)
    staff, user = open_context(steward).new_page(), open_context(agent, viewport=PHONE).new_page()

    user.goto(f"/instruments/{instrument.id}")
    user.get_by_role("link", name=said(language, "送样委托"), exact=True).first.click()
    user.locator("[name=title]").fill("球墨铸铁")
    user.locator("[name=sample_count]").fill("6")
    user.locator("[name=other_tests]").fill("C, Si, Mn, P, S")
    assert violations(user) == []
    press(user, language, "提出委托", "已提出委托。机主报价后会邮件通知您。")
    order_page = user.url

    quote(staff, language)

    user.reload()
    expect(user.get_by_text("720.00").first).to_be_visible()
    user.locator("[name=order_form]").check()
    press(user, language, "接受报价", "已接受报价，委托生效。请寄出样品。")
    addresses = labels_of(user, language)
    user.goto(order_page)
    user.locator("[name=courier]").fill("顺丰")
    user.locator("[name=tracking_number]").fill("SF1234567890")
    press(user, language, "样品已寄出", "已登记，机主会收到邮件。")

    receive(staff, addresses[0].partition("number=")[2], language)
    staff.goto(urlsplit(addresses[-1])._replace(scheme="", netloc="").geturl())
    expect(staff).to_have_url(re.compile(re.escape(urlsplit(order_page).path) + r"#sample-\d$"))
    user.reload()
    expect(user.get_by_text(said(language, "排第 %(place)s 位") % {"place": 1}, exact=True)).to_be_visible()

    start = at_local(local_date(utcnow()) + timedelta(days=1), 9 * 60)
    lead_to_report(staff, order_page, start, language)

    pay(user, open_context(clerk).new_page(), place.id, language)
    end(user, staff, order_page, language)

    session.rollback()
    order = session.scalars(select(SampleOrder).where(SampleOrder.instrument_id == instrument.id)).one()
    held = select(Claim.starts_at).join(Lane, Lane.id == Claim.lane_id).join(LaneGroup)
    taken = session.scalars(held.where(LaneGroup.own_instrument_id == instrument.id)).all()
    assert (order.state, order.organisation_id, order.given_back) == (
        SampleOrderState.DONE,
        firm.id,
        Leftover.DISPOSE,
    )
    assert taken == [start]
    charge = session.scalars(select(Charge).where(Charge.sample_order_id == order.id)).one()
    assert (charge.state, charge.gross_fen) == (ChargeState.PAID, 72_000)
