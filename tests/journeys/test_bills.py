"""A student books on a grant, the lead accepts what it cost, finance makes the slips of the term and is paid."""

from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date, utcnow
from booking.core.period import Period
from booking.database.transactions import transaction
from booking.reservations.moving import move_reservation
from booking.statements.labels import TITLES
from booking.web.filters import local_input
from models.accounts import User
from models.charges import Charge
from models.reservations import Reservation
from models.statements import Statement
from models.vocabulary.accounts import Language, Role, ScopeKind
from models.vocabulary.charges import ChargeState
from models.vocabulary.statements import StatementKind
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.payers import make_payer
from tests.factories.people import actor_for, give, make_user
from tests.factories.prices import make_hourly_price
from tests.journeys.billing import bill, paper, press, receive_money
from tests.journeys.conftest import PHONE, OpenContext
from tests.journeys.houses import House
from tests.journeys.languages import IN_BOTH_LANGUAGES, said

HOURLY = 12_500
DAY = timedelta(days=1)
PLACE = {Language.CHINESE: "渝北示例大学", Language.ENGLISH: "Yubei University"}
NAME = {Language.CHINESE: "透射电镜", Language.ENGLISH: "Transmission microscope"}


def day(hour: int, days: int) -> datetime:
    return at_local(local_date(utcnow()) + days * DAY, hour * 60)


def book(student: Page, instrument_id: int, payer_id: int, language: Language) -> None:
    """Tomorrow from nine to eleven, on a phone, from the grant."""
    start, end = local_input(day(9, 1)), local_input(day(11, 1))
    student.goto(f"/instruments/{instrument_id}?starts_at={start}&ends_at={end}")
    student.get_by_role("button", name=said(language, "展开或收起")).click()
    expect(student.locator("[name=payer_account_id]")).to_have_value(str(payer_id))
    expect(student.locator("#wish-panel")).to_contain_text("250.00")
    press(student, language, "提交预约", said(language, "预约成功。"))


def let_it_pass(house: House, session: Session, student: User) -> None:
    """As if the booking had been for yesterday: the service itself moves it there, as of the day before."""
    made = session.scalars(select(Reservation).where(Reservation.booked_by_id == student.id)).one()
    earlier, period = day(9, -2), Period(day(9, -1), day(11, -1))
    who = actor_for(session, student, now=earlier)
    session.rollback()
    transaction(house.engine, move_reservation, made.id, period, actor=who, now=earlier)


@IN_BOTH_LANGUAGES
def test_a_student_books_the_lead_accepts_and_finance_makes_the_transfer_slips(
    open_context: OpenContext, house: House, session: Session, language: Language
) -> None:
    place = make_organisation(session, name_zh=PLACE[Language.CHINESE], name_en=PLACE[Language.ENGLISH])
    names: dict[str, Any] = {"name_zh": NAME[Language.CHINESE], "name_en": NAME[Language.ENGLISH]}
    instrument = make_instrument(session, place, policy={"closes_on_holidays": False}, **names)
    people = [make_user(session, f"tem-{one}", language=language) for one in ("student", "lead", "steward", "finance")]
    student, lead, steward, clerk = people
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    give(session, clerk, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, place.id)
    make_hourly_price(session, instrument, HOURLY, steward)
    payer = make_payer(session, place, lead, 100_000, [student], number="TEM-0001", name="TEM 面上项目")

    book(open_context(student, viewport=PHONE).new_page(), instrument.id, payer.id, language)
    let_it_pass(house, session, student)

    staff = open_context(steward).new_page()
    staff.goto("/uses")
    staff.locator("[name=reservation_ids]").check()
    press(staff, language, "所选按预约确认", said(language, "已确认 %(count)s 次使用。") % {"count": 1})

    leads = open_context(lead, viewport=PHONE).new_page()
    leads.goto("/charges")
    leads.get_by_role("link", name=NAME[language], exact=True).click()
    expect(leads.get_by_text("250.00").first).to_be_visible()
    press(leads.locator("main"), language, "接受", said(language, "已接受。"))

    finance = open_context(clerk).new_page()
    bill(finance, place.id, language)
    text, dark = paper(finance, language)
    receive_money(finance, "回单 2026-1", language)
    leads.goto("/statements")
    expect(leads.get_by_text(said(language, "已付清")).first).to_be_visible()

    session.rollback()
    slip = session.scalars(select(Statement).where(Statement.organisation_id == place.id)).one()
    charge = session.scalars(select(Charge).where(Charge.organisation_id == place.id)).one()
    assert (slip.kind, slip.total_fen, charge.state) == (StatementKind.TRANSFER_SLIP, 2 * HOURLY, ChargeState.PAID)
    assert f"JS{slip.year}-{slip.number:05d}" in text
    named = (TITLES[slip.kind], "项目负责人（签字）", "财务部门（盖章）")
    told = (PLACE[language], "TEM-0001", "TEM 面上项目", student.name, lead.name, "250.00", "测试化验加工费")
    for words in (*told, *(said(language, one) for one in named)):
        assert words.replace(" ", "") in text
    assert dark > 2_000
