"""Vouchers of one province used in the other: from the application to what two provinces owe each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.clearing import verifying as clearing
from booking.core.clock import at_local, utcnow
from booking.redemptions import verifying as redemptions
from booking.vouchers import verifying as vouchers
from booking.vouchers.issuing import Issue
from booking.vouchers.issuing import issue as issue_voucher
from models.accounts import User
from models.catalogue import Instrument
from models.clearing import ClearingStatement
from models.directory import Organisation
from models.programmes import Programme
from models.vocabulary.accounts import Language, Role, ScopeKind
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.programmes import ProgrammeDocument
from models.vouchers import Voucher
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.factories.prices import make_hourly_price
from tests.factories.programmes import CHONGQING, SICHUAN, make_authority, make_programme
from tests.factories.vouchers import accept as recognise
from tests.journeys import vouching
from tests.journeys.axe import violations
from tests.journeys.billing import bill, press, receive_money
from tests.journeys.clocks import ClockedHouse
from tests.journeys.conftest import PHONE, OpenContext
from tests.journeys.languages import IN_BOTH_LANGUAGES, said
from tests.journeys.vouching import yuan

BEIBEI, MIANYANG = "500109", "510704"
FIRST = date(2026, 10, 12)
"""A Monday on which a journey begins."""
HOURLY = 50_000
LISTED = [ProgrammeDocument.APPLICATION, ProgrammeDocument.BUSINESS_LICENCE, ProgrammeDocument.INVOICE]
ROLES = (
    ("agent", Role.ENTERPRISE_AGENT),
    ("district", Role.VOUCHER_OFFICER),
    ("officer", Role.VOUCHER_OFFICER),
    ("second", Role.VOUCHER_OFFICER),
    ("neighbour", Role.VOUCHER_OFFICER),
    ("steward", Role.STEWARD),
    ("finance", Role.INSTITUTION_FINANCE),
)


@pytest.fixture
def clock(house: ClockedHouse) -> Iterator[ClockedHouse]:
    """The service by the time that a journey sets, and afterwards by the real one again."""
    yield house
    house.at(utcnow())


@dataclass(frozen=True)
class Border:
    """A firm with its authorities on one side, an instrument on the other, and a person for each task."""

    programme: Programme
    firm: Organisation
    lab: Organisation
    instrument: Instrument
    people: dict[str, User]


def arranged(session: Session, home: str, firm_columns: dict[str, Any], language: Language, **terms: Any) -> Border:
    """Everybody and everything of a journey with a voucher of this province, on its first day."""
    today = at_local(FIRST)
    near, far = ((CHONGQING, BEIBEI), (SICHUAN, MIANYANG))[:: 1 if home == "50" else -1]
    firm = make_organisation(session, kind=OrganisationKind.ENTERPRISE, adcode=near[1], **firm_columns)
    lab = make_organisation(session, adcode=far[1], name_zh=f"示例研究院{home}", name_en=f"Institute {home}")
    named: dict[str, Any] = {"name_zh": "扫描电镜", "name_en": "Scanning microscope"}
    instrument = make_instrument(session, lab, policy={"closes_on_holidays": False}, **named)
    authority, neighbour = make_authority(session, near[0]), make_authority(session, far[0])
    district = make_authority(session, near[1], name_zh=f"示例区县科技局{home}", name_en=f"District bureau {home}")
    people = {name: make_user(session, f"{home}-{name}", language=language) for name, _role in ROLES}
    places = {"agent": firm, "district": district, "neighbour": neighbour, "finance": lab}
    for name, role in ROLES:
        kind, scope_id = ScopeKind.ORGANISATION, places.get(name, authority).id
        if role == Role.STEWARD:
            kind, scope_id = ScopeKind.INSTRUMENT, instrument.id
        give(session, people[name], role, kind, scope_id)
    affiliate(session, people["agent"], firm)
    make_hourly_price(session, instrument, HOURLY, people["steward"])
    officer = actor_for(session, people["officer"], now=today)
    programme = make_programme(session, authority, officer, now=today, budget_fen=10_000_000, **terms)
    recognise(session, authority, [lab], now=today)
    return Border(programme, firm, lab, instrument, people)


def said_in(language: Language, place: Organisation) -> str:
    """What a place is called."""
    return place.name_zh if language == Language.CHINESE else place.name_en or ""


def day(days: int, hour: int = 9) -> datetime:
    """An hour of a day of the journey."""
    return at_local(FIRST + timedelta(days=days), hour * 60)


def share_said(language: Language) -> str:
    """The share of the programme as the panel says it."""
    return said(language, "不超过服务费 %(share)s") % {"share": "30%"}


@IN_BOTH_LANGUAGES
def test_a_voucher_is_applied_for_used_across_the_border_billed_redeemed_and_cleared(
    open_context: OpenContext, clock: ClockedHouse, session: Session, language: Language
) -> None:
    clock.at(day(0))
    columns = {"name_zh": "北碚示例材料", "name_en": "Beibei Materials", "uscc": "91500103MA5U00001G"}
    ways = {"redeemed_by": "provider", "reserves_budget": "issue", "border_way": "advance_then_net"}
    border = arranged(session, "50", columns, language, documents=LISTED, **ways)
    pages = {one: open_context(user, viewport=PHONE).new_page() for one, user in border.people.items()}
    firm, finance = pages["agent"], open_context(border.people["finance"]).new_page()

    get_voucher(pages, border, language)
    session.rollback()
    voucher = session.scalars(select(Voucher).where(Voucher.organisation_id == border.firm.id)).one()
    print_voucher(firm, voucher, language)
    covered = said(language, "券抵扣 %(covered)s，自付 %(own)s")
    credit = said(language, "券余额 %(left)s") % {"left": yuan(10_000, language)}
    both = ((30_000, share_said(language), 9), (10_000, credit, 13))
    for fen, limit, hour in both:
        shown = covered % {"covered": yuan(fen, language), "own": yuan(2 * HOURLY - fen, language)}
        vouching.book(firm, border.instrument.id, day(1, hour), language, shown=shown, limit=limit)

    clock.at(day(1, 18))
    settle(pages["steward"], firm, finance, border, language, fen=[70_000, 90_000])
    number = vouching.claim(finance, LISTED[:2], language)
    approve(pages, number, language)
    public = open_context(viewport=PHONE, locale=language.value).new_page()
    read_notice(public, said_in(language, border.lab), yuan(36_000, language))
    clock.at(day(14))
    vouching.pay(pages["officer"], number, yuan(36_000, language), language)

    clock.at(day(21))
    clear(pages["officer"], pages["neighbour"], language)
    firm.goto(f"/vouchers/{voucher.id}")
    assert vouching.parts(firm) == [yuan(fen, language) for fen in (0, 0, 0, 36_000)]
    amounts = budget_of(pages["officer"], border.programme.id)
    assert amounts == [yuan(fen, language) for fen in (10_000_000, 9_964_000, 0, 36_000)]
    session.rollback()
    statement = session.scalars(select(ClearingStatement).where(ClearingStatement.month == date(2026, 10, 1))).one()
    assert (abs(statement.net_fen), faults(session)) == (36_000, [])


def faults(session: Session) -> list[str]:
    """What is off in the books of vouchers, their payment and what provinces owe each other."""
    return [line for one in (vouchers, redemptions, clearing) for line in one.faults(session)]


def get_voucher(pages: dict[str, Page], border: Border, language: Language) -> None:
    """The firm applies, the district and the province review, the province issues."""
    name = said_in(language, border.firm)
    vouching.apply(pages["agent"], border.programme, LISTED[:2], language)
    vouching.pass_on(pages["district"], name, date(2027, 10, 1), language)
    vouching.issue(pages["officer"], name, language)


def print_voucher(firm: Page, voucher: Voucher, language: Language) -> None:
    """The firm prints its voucher."""
    firm.reload()
    firm.get_by_role("link", name=said(language, "查看电子券"), exact=True).click()
    expect(firm.get_by_text(voucher.number).first).to_be_visible()
    assert violations(firm) == []
    with firm.expect_download() as download:
        firm.get_by_role("link", name=said(language, "下载 PDF"), exact=True).click()
    opened = pypdfium2.PdfDocument(download.value.path())
    text = "".join(opened[0].get_textpage().get_text_bounded().split())
    dark = sum(opened[0].render(scale=1).to_pil().convert("L").histogram()[:128])
    opened.close()
    told = (voucher.number, "91500103MA5U00001G", "400.00", voucher.use_by.isoformat(), voucher.redeem_by.isoformat())
    assert ([words for words in told if words not in text], dark > 1_000) == ([], True)


def settle(staff: Page, firm: Page, finance: Page, border: Border, language: Language, *, fen: Sequence[int]) -> None:
    """What was used is confirmed and accepted; finance bills it, gets the money, and records the invoice."""
    today = FIRST + timedelta(days=1)
    vouching.confirm(staff, len(fen), language)
    vouching.accept(firm, language)
    bill(finance, border.lab.id, language, today)
    receive_money(finance, f"回单 {border.firm.id}", language)
    vouching.record_invoice(finance, border.firm, f"{sum(fen) / 100:.2f}", today, language)


def approve(pages: dict[str, Page], number: str, language: Language) -> None:
    """One officer approves less of the second use, another agrees, and everybody can read it."""
    vouching.find(pages["officer"], number)
    vouching.item(pages["officer"], 1, "approved").fill("60")
    vouching.item(pages["officer"], 1, "reason").fill("其中一小时与研发无关")
    press(pages["officer"], language, "初审通过", said(language, "审核意见已保存。"))
    vouching.find(pages["second"], number)
    press(pages["second"], language, "复审通过，开始公示", said(language, "审核意见已保存。"))


def read_notice(public: Page, claimant: str, amount: str) -> None:
    """Whoever wants to can read who is about to be paid how much."""
    public.goto("/redemptions/notices")
    expect(public.get_by_role("row").filter(has_text=claimant)).to_contain_text(amount)
    assert violations(public) == []


def clear(officer: Page, neighbour: Page, language: Language) -> None:
    """The month is over: one side closes it, the other confirms it and records what came in."""
    officer.goto("/clearing?month=2026-10")
    officer.get_by_role("link", name=said(language, "查看本月清算"), exact=True).click()
    press(officer, language, "关账", said(language, "已关账，等待对方确认。"))
    neighbour.goto("/clearing")
    neighbour.get_by_role("link", name="2026-10").click()
    expect(neighbour.get_by_role("button", name=said(language, "确认这张清算单"), exact=True)).to_be_visible()
    figures = neighbour.locator("main tbody tr").first.locator("td").all_inner_texts()
    assert figures == [yuan(fen, language) if fen else "–" for fen in (40_000, 0, 4_000, 36_000, 0, 36_000)]
    press(neighbour, language, "确认这张清算单", said(language, "已确认。"))
    neighbour.locator("[name=receipt]").fill("回单 2026-10")
    press(neighbour, language, "登记", said(language, "已登记，清算单已结清。"))


def budget_of(officer: Page, programme_id: int) -> list[str]:
    """What the programme's budget is in all, has left, has promised and has paid."""
    officer.goto(f"/vouchers/budgets/{programme_id}")
    return officer.locator("main dl").first.locator("dd").all_inner_texts()


@IN_BOTH_LANGUAGES
def test_a_firm_that_paid_in_full_first_is_paid_back_what_its_voucher_covers(
    open_context: OpenContext, clock: ClockedHouse, session: Session, language: Language
) -> None:
    clock.at(day(0))
    columns = {"name_zh": "绵阳示例电子", "name_en": "Mianyang Electronics", "uscc": "91510704MA6X00001D"}
    listed = [*LISTED, ProgrammeDocument.BANK_RECEIPT]
    border = arranged(session, "51", columns, language, documents=listed)
    officer = actor_for(session, border.people["officer"], now=day(0))
    voucher = issue_voucher(session, Issue(border.programme.id, border.firm.id, 100_000), actor=officer, now=day(0))
    session.commit()
    pages = {one: open_context(user).new_page() for one, user in border.people.items()}
    firm, finance = open_context(border.people["agent"], viewport=PHONE).new_page(), pages["finance"]

    shown = said(language, "先付 %(first)s，预计兑付 %(expected)s")
    amounts = {"first": yuan(2 * HOURLY, language), "expected": yuan(30_000, language)}
    vouching.book(firm, border.instrument.id, day(1), language, shown=shown % amounts, limit=share_said(language))
    clock.at(day(1, 18))
    settle(pages["steward"], firm, finance, border, language, fen=[100_000])
    number = vouching.claim(firm, [*LISTED[:2], ProgrammeDocument.BANK_RECEIPT], language)
    names = vouching.pack_of(firm, language)

    vouching.review(pages["district"], number, "初审通过", language)
    vouching.review(pages["second"], number, "复审通过，开始公示", language)
    clock.at(day(14))
    vouching.pay(pages["officer"], number, yuan(30_000, language), language)
    firm.goto(f"/vouchers/{voucher.id}")
    assert vouching.parts(firm) == [yuan(fen, language) for fen in (70_000, 0, 0, 30_000)]
    session.rollback()
    assert (len(names), faults(session)) == (6, [])
