"""An institution looks after its people: a roster of 300, its renewal, and a visitor who comes and goes."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.clock import local_date
from models.accounts import AuditEntry, User
from models.affiliations import Affiliation, Invitation, Visit
from models.directory import Organisation
from models.notifications import Mail
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.affiliations import AffiliationState, VisitState
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import give, make_user
from tests.journeys.axe import violations
from tests.journeys.conftest import PHONE, OpenContext

HEAD = "工号,姓名,邮箱,用户类别\n"
WITH_ACCOUNTS = 20


@pytest.fixture
def organisation(session: Session) -> Organisation:
    return make_organisation(session)


@pytest.fixture
def admin(session: Session, organisation: Organisation) -> User:
    user = make_user(session, f"roster-admin-{organisation.id}")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    return user


def rows(organisation: Organisation, numbers: range) -> bytes:
    lines = [f"N{n},人员{n},p{n}@o{organisation.id}.example.cn,本组\n" for n in numbers]
    return (HEAD + "".join(lines)).encode("gb18030")


def preview(page: Page, organisation: Organisation, data: bytes, *, complete: bool = False) -> None:
    page.goto(f"/organisations/{organisation.id}/rosters")
    page.get_by_label("CSV 文件").set_input_files({"name": "人员.csv", "mimeType": "text/csv", "buffer": data})
    if complete:
        page.get_by_label("这是完整的名册").check()
    page.get_by_role("button", name="预览").click()


def test_a_roster_of_three_hundred_is_previewed_applied_and_renewed_with_three_missing(
    open_context: OpenContext, session: Session, organisation: Organisation, admin: User
) -> None:
    for number in range(WITH_ACCOUNTS):
        person = make_user(session, f"p{number}-{organisation.id}", email=f"p{number}@o{organisation.id}.example.cn")
        if number == 0:
            instrument = make_instrument(session, organisation, name_zh="无人接手的光谱仪")
            give(session, person, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    page = open_context(admin).new_page()

    preview(page, organisation, rows(organisation, range(300)))
    expect(page.get_by_role("heading", name="应用后会怎样")).to_be_visible()
    assert session.scalar(select(func.count()).where(Affiliation.organisation_id == organisation.id)) == 0
    page.get_by_role("button", name="应用名册").click()
    expect(page.get_by_text("名册已应用。")).to_be_visible()
    session.rollback()
    invited = select(func.count()).where(Invitation.organisation_id == organisation.id)
    held = select(func.count()).where(Affiliation.organisation_id == organisation.id)
    assert (session.scalar(held), session.scalar(invited)) == (WITH_ACCOUNTS, 300 - WITH_ACCOUNTS)

    session.rollback()
    preview(page, organisation, rows(organisation, range(3, 300)), complete=True)
    expect(page.get_by_role("heading", name="不在名册上的人（3）")).to_be_visible()
    expect(page.get_by_text("仪器管理员（无人接手的光谱仪）")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("结束不在名册上的 3 人的隶属").check()
    page.get_by_role("button", name="应用名册").click()
    expect(page.get_by_text("名册已应用。")).to_be_visible()
    session.rollback()
    ending = select(func.count()).where(
        Affiliation.organisation_id == organisation.id,
        Affiliation.state == AffiliationState.CONFIRMED,
        Affiliation.ended_by_id == admin.id,
    )
    assert session.scalar(ending) == 3
    session.rollback()
    page.goto("/home")
    page.get_by_role("link", name="无人接手的光谱仪", exact=True).click()
    expect(page.get_by_text("等待接任者")).to_be_visible()


CONFIRMED = "来访已确认：访客甲"


def subjects_to(session: Session, page: Page, email: str, count: int) -> list[str]:
    """What the service wrote to an address, as soon as it is that many mails."""
    for _half_a_second in range(20):
        session.rollback()
        found = session.scalars(select(Mail.subject).where(Mail.recipient == email).order_by(Mail.id)).all()
        if len(found) >= count:
            break
        page.wait_for_timeout(500)
    return list(found)


def test_a_visitor_comes_and_goes(
    open_context: OpenContext, session: Session, organisation: Organisation, admin: User, now: datetime
) -> None:
    host = make_user(session, f"host-{organisation.id}")
    affiliate(session, host, organisation)
    hosting, deciding = open_context(host, viewport=PHONE).new_page(), open_context(admin).new_page()
    last_day = local_date(now) + timedelta(days=2)

    hosting.goto("/account/affiliations")
    hosting.get_by_role("link", name="我的访客").click()
    hosting.get_by_label("姓名").fill("访客甲")
    hosting.locator("[name=email]").fill("guest@other.edu.cn")
    hosting.get_by_label("证件类型").select_option("passport")
    hosting.get_by_label("证件号码").fill("G12345678")
    hosting.get_by_label("至", exact=False).last.fill(last_day.isoformat())
    hosting.get_by_label("事由").fill("合作测试")
    hosting.get_by_role("button", name="登记").click()
    expect(hosting.get_by_text("待确认")).to_be_visible()
    assert violations(hosting) == []

    deciding.goto(f"/organisations/{organisation.id}/visitors")
    deciding.get_by_role("link", name="访客甲").click()
    expect(deciding.get_by_text("•••••••78")).to_be_visible()
    deciding.get_by_role("button", name="查看全部号码").click()
    expect(deciding.get_by_text("G12345678")).to_be_visible()
    deciding.get_by_role("button", name="确认来访").click()
    expect(deciding.get_by_text("已确认来访")).to_be_visible()

    told = subjects_to(session, hosting, "guest@other.edu.cn", 1)
    hosting.reload()
    expect(hosting.get_by_text("G12345678")).to_have_count(0)
    hosting.get_by_role("button", name="结束或取消来访").click()
    expect(hosting.get_by_text("来访已结束。")).to_be_visible()
    session.rollback()
    looks = select(func.count()).where(
        AuditEntry.action == "affiliations.identity_seen", AuditEntry.actor_id == admin.id
    )
    assert session.scalar(looks) == 1
    told_again = subjects_to(session, hosting, "guest@other.edu.cn", 2)
    assert (told, told_again) == ([CONFIRMED], [CONFIRMED, "来访提前结束：访客甲"])
    visit = session.scalars(select(Visit).where(Visit.host_id == host.id)).one()
    ended = (visit.state, visit.nobody_came, visit.starts_on, visit.ends_on, visit.name)
    assert ended == (VisitState.ENDED, False, local_date(now), local_date(now), "访客甲")
