"""What waits for a person: which cards, in which order, and how many statements they cost."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.affiliations.leaving import end_over
from booking.core.clock import local_date, utcnow
from booking.home import queries
from booking.ledger.rules import Move
from booking.ledger.service import post_entry
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Wish
from booking.settings import Settings
from models.accounts import User
from models.catalogue import Instrument, SharedSettings
from models.directory import Organisation
from models.enquiries import Enquiry
from models.imports import Import
from models.jobs import JobRun
from models.publishing import RecordEditor, Review, ReviewRound
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.enquiries import EnquiryState, WishState
from models.vocabulary.imports import ImportState
from models.vocabulary.jobs import RunOutcome
from models.vocabulary.pricing import Offer
from models.vocabulary.publishing import ReviewDecision
from tests.counting import counting
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.letters import mailed, path_in
from tests.factories.many_waiting import add_waiting
from tests.factories.payers import make_payer
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.prices import make_hourly_price
from tests.house.worlds import Builder

SETTINGS = Settings()
REFUSED = {"state": ImportState.APPLIED, "refused_count": 3}


@pytest.fixture
def asking(session: Session) -> Instrument:
    return make_instrument(session, policy={"needs_approval": True, "closes_on_holidays": False})


def ask_for(session: Session, instrument: Instrument, user: User, days: int) -> int:
    now = utcnow()
    wish = Wish(instrument.id, Builder(session, now).at(days, 10))
    made = request_reservation(session, wish, actor=actor_for(session, user, now=now), now=now)
    session.commit()
    return made.id


def codes(session: Session, user: User) -> list[str]:
    session.expire_all()
    now = utcnow()
    actor = actor_for(session, user, now=now)
    return [card.code for card in queries.cards(session, actor, settings=SETTINGS, now=now)]


def test_who_is_new_reads_one_kind_sentence(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session))

    page = client.get("/home").get_data(as_text=True)

    assert ("现在没有等您处理的事。" in page, "card-title" in page) == (True, False)
    assert client.get("/api/v1/home").get_json() == {"cards": []}


def test_the_administrator_of_a_house_without_instruments_reads_what_to_do_first(
    client: FlaskClient, session: Session
) -> None:
    new, other = make_organisation(session), make_organisation(session)
    make_instrument(session, other)
    pages = []
    for name, houses in (("both", (other, new)), ("settled", (other,))):
        user = make_user(session, name)
        for house in houses:
            give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, house.id)
        sign_in(client, user)
        pages.append(client.get("/home").text)

    first = [f"/organisations/{new.id}/settings", f"/grants/organisation/{new.id}", 'href="/imports"']
    assert [[path in page for path in first] for page in pages] == [[True] * 3, [False] * 3]


def test_a_researcher_sees_requests_and_the_hint_of_calendars(session: Session, asking: Instrument) -> None:
    user = make_user(session)
    ask_for(session, asking, user, 2)

    assert codes(session, user) == ["own_requests", "feeds_hint"]


def test_a_steward_decides_in_place_and_comes_back(client: FlaskClient, session: Session, asking: Instrument) -> None:
    steward, user = make_user(session, "steward"), make_user(session)
    give(session, steward, Role.STEWARD, ScopeKind.INSTRUMENT, asking.id)
    reservation_id = ask_for(session, asking, user, 2)
    sign_in(client, steward)

    page = client.get("/home").get_data(as_text=True)
    decided = client.post(f"/reservations/{reservation_id}/approve", data={"version": "1", "back": "/home"})

    assert (page.count(f'action="/reservations/{reservation_id}/approve"'), user.name in page) == (1, True)
    assert (decided.status_code, decided.location) == (303, "/home")
    assert codes(session, steward) == []
    assert codes(session, user) == ["own_bookings", "feeds_hint"]


def test_a_steward_of_one_institution_never_sees_the_others(
    client: FlaskClient, session: Session, asking: Instrument
) -> None:
    elsewhere = make_instrument(session, publishing_state=PublishingState.DRAFT, name_zh="别处的草稿")
    steward, user = make_user(session, "steward"), make_user(session, "asker")
    give(session, steward, Role.STEWARD, ScopeKind.ORGANISATION, elsewhere.organisation_id)
    ask_for(session, asking, user, 2)
    sign_in(client, steward)

    page = client.get("/home").get_data(as_text=True)
    cards = client.get("/api/v1/home").get_json()["cards"]

    assert [(card["code"], card["count"]) for card in cards] == [("drafts", 1)]
    assert ("别处的草稿" in page, user.name in page, asking.name_zh in page) == (True, False, False)


def test_who_has_several_roles_sees_the_cards_of_all_by_hat(
    client: FlaskClient, session: Session, asking: Instrument
) -> None:
    user = make_user(session, "both")
    give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, asking.id)
    give(session, user, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    ask_for(session, asking, make_user(session), 2)
    now = utcnow()
    session.add(JobRun(job="send_mails", fire_at=now, started_at=now, outcome=RunOutcome.FAILED, last_error="broken"))
    session.commit()
    sign_in(client, user)

    page = client.get("/home").get_data(as_text=True)
    cards = client.get("/api/v1/home").get_json()["cards"]

    assert [(card["hat"], card["code"]) for card in cards] == [
        ("steward", "decisions"),
        ("platform", "failing_jobs"),
        ("platform", "backup"),
    ]
    assert page.index("管理仪器") < page.index("管理平台")


@pytest.mark.parametrize(
    ("role", "menu"),
    [
        (Role.VOUCHER_OFFICER, ["创新券申请", "兑付待办", "预算与创新券", "兑付公示", "创新券清算"]),
        (Role.ENTERPRISE_AGENT, ["找仪器", "首页", "我的预约", "创新券", "创新券申请"]),
        (Role.INSTITUTION_FINANCE, ["找仪器", "结算", "费用管理", "创新券兑付", "首页"]),
    ],
)
def test_the_pages_of_the_only_role_come_first_in_the_menu(
    client: FlaskClient, session: Session, role: Role, menu: list[str]
) -> None:
    user, place = make_user(session, "only"), make_organisation(session)
    give(session, user, role, ScopeKind.ORGANISATION, place.id)
    sign_in(client, user)

    page = client.get("/home?lang=zh").get_data(as_text=True)

    assert re.findall(r'class="site-menu-link"[^>]*>([^<]+)<', page) == menu


def test_the_role_one_acts_in_comes_first_in_menu_and_on_the_home_page_and_changes_no_permission(
    client: FlaskClient, session: Session, asking: Instrument
) -> None:
    user = make_user(session, "both")
    give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, asking.id)
    give(session, user, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    ask_for(session, asking, make_user(session), 2)
    sign_in(client, user)

    def shown(language: str = "zh") -> tuple[str, list[str], list[str]]:
        page = client.get(f"/home?lang={language}").get_data(as_text=True)
        acting = re.findall(r'menu-role truncate" title="([^"]+)"', page)
        return page, re.findall(r'class="site-menu-link"[^>]*>([^<]+)<', page), acting

    _page, menu, acting = shown()
    worn = client.post("/home/role", data={"role": "platform_admin", "next": "/organisations?q=x"})
    page, menu_worn, acting_worn = shown()
    board = client.get("/board").status_code
    refused = client.post("/home/role", data={"role": "auditor"}).status_code
    english = shown("en")[2]
    all_again = client.post("/home/role", data={"role": "", "next": "//example.org"})

    assert (menu, acting) == (["找仪器", "首页", "我的预约", "看板", "仪器"], ["当前角色：全部角色"])
    assert (worn.status_code, worn.location) == (303, "/organisations?q=x")
    assert menu_worn == ["找仪器", "单位名录", "用户", "任务", "日志"]
    assert (acting_worn, english) == (["当前角色：平台管理员"], ["Acting as: Platform admin"])
    assert page.index("管理平台") < page.index("管理仪器")
    assert (board, refused, all_again.location) == (200, 422, "/home")
    assert shown()[1:] == (menu, acting)


def test_who_has_one_role_has_nothing_to_switch(client: FlaskClient, session: Session, asking: Instrument) -> None:
    user = make_user(session, "steward")
    give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, asking.id)
    sign_in(client, user)

    client.post("/home/role", data={"role": "steward"})
    page = client.get("/home").get_data(as_text=True)

    assert ('action="/home/role"' in page, "menu-role" in page) == (False, False)
    assert page.index("首页") < page.index("看板")


def test_only_what_one_may_still_decide_waits_for_ones_review(session: Session) -> None:
    reviewer, organisation, now = make_user(session, "reviewer"), make_organisation(session), utcnow()
    give(session, reviewer, Role.REVIEWER, ScopeKind.ORGANISATION, organisation.id)
    typed, approved, open_still, changed = (
        make_instrument(session, organisation, publishing_state=PublishingState.IN_REVIEW) for _ in range(4)
    )
    rounds = {
        one.id: ReviewRound(instrument_id=one.id, is_update=False, opened_at=now, changed_at=now)
        for one in (typed, approved, open_still, changed)
    }
    session.add_all([RecordEditor(instrument_id=typed.id, user_id=reviewer.id, edited_at=now), *rounds.values()])
    session.flush()
    own = {"reviewer_id": reviewer.id, "reviewer_name": "R", "decision": ReviewDecision.APPROVED, "decided_at": now}
    session.add_all(Review(round_id=rounds[one.id].id, round_version=1, **own) for one in (approved, changed))
    rounds[changed.id].version = 2
    session.commit()

    actor = actor_for(session, reviewer, now=now)
    cards = {card.code: card for card in queries.cards(session, actor, settings=SETTINGS, now=now)}

    assert [one.subject_id for one in cards["reviews"].found.items] == [rounds[open_still.id].id, rounds[changed.id].id]
    assert cards["reviews"].found.count == 2


def test_a_job_that_works_again_waits_for_nobody(session: Session) -> None:
    admin, now = make_user(session, "admin"), utcnow()
    give(session, admin, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    for minutes, outcome in ((0, RunOutcome.FAILED), (1, RunOutcome.DONE)):
        moment = now + timedelta(minutes=minutes)
        session.add(JobRun(job="send_mails", fire_at=moment, started_at=moment, outcome=outcome, last_error=""))
    session.commit()

    assert codes(session, admin) == ["backup"]


def test_the_number_of_statements_does_not_depend_on_the_rows(session: Session, asking: Instrument) -> None:
    boss, organisation = make_user(session, "boss"), session.get_one(Organisation, asking.organisation_id)
    give(session, boss, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, asking.organisation_id)
    give(session, boss, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    now = utcnow()
    counts = []
    for number in range(2, 6):
        ask_for(session, asking, make_user(session, f"person{number}"), number)
        ask_for(session, asking, boss, number + 10)
        accepted = local_date(now) - timedelta(days=200)
        make_instrument(session, organisation, publishing_state=PublishingState.DRAFT, accepted_on=accepted)
        add_waiting(session, organisation, boss, f"mark{number}", now)
        session.expire_all()
        actor = actor_for(session, boss, now=now)
        with counting() as statements:
            queries.cards(session, actor, settings=SETTINGS, now=now)
        counts.append(len(statements))

    assert counts == [counts[0]] * 4
    assert counts[0] <= 62


def test_each_role_meets_what_waits_at_its_own_place_and_nothing_of_the_others(
    client: FlaskClient, session: Session
) -> None:
    now = utcnow()
    ours, theirs = make_organisation(session), make_organisation(session)
    boss, operator, lead = (make_user(session, name) for name in ("boss", "operator", "lead"))
    give(session, boss, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, ours.id)
    give(session, operator, Role.OPERATOR, ScopeKind.ORGANISATION, theirs.id)
    add_waiting(session, ours, lead, "ours", now)
    add_waiting(session, theirs, make_user(session, "their_lead"), "theirs", now)
    for owner, organisation in ((boss, ours), (lead, theirs)):
        people = {"user_id": owner.id, "asked_by_id": owner.id, "organisation_id": organisation.id}
        session.add(Import(file_name=f"{owner.name}.csv", created_at=now, applied_at=now, **people, **REFUSED))
    session.commit()

    pages = {}
    for user in (boss, operator, lead):
        sign_in(client, user)
        pages[user.email] = client.get("/home").get_data(as_text=True)

    institution = ["imports", "reports", "affiliations", "visits", "rosters", "affiliations_ending"]
    assert codes(session, boss) == ["drafts", *institution]
    assert codes(session, operator) == ["registrations"]
    assert codes(session, lead) == ["team_requests", "answers", "visits_hosted", "team_members_ending"]
    joiner = session.scalars(select(User).where(User.email == "ours_joiner@example.org")).one()
    assert codes(session, joiner) == ["lead_asked"]
    platform = make_user(session, "platform")
    give(session, platform, Role.PLATFORM_ADMIN, ScopeKind.PLATFORM)
    assert codes(session, platform) == ["registrations", "affiliations_unmanaged", "exemptions", "backup"]
    assert ["theirs" in page for page in pages.values()] == [False, True, False]
    assert "3 行被拒绝" in pages["boss@example.org"]
    assert "Lead.csv" not in pages["boss@example.org"]
    assert "应在" in pages["boss@example.org"]


def test_an_asker_reads_offers_first_then_new_answers_and_nothing_settled_or_old(
    client: FlaskClient, session: Session, asking: Instrument
) -> None:
    user, now = make_user(session), utcnow()
    months = now - timedelta(days=60)
    rows = [
        (EnquiryState.ANSWERED, None, now),
        (EnquiryState.ANSWERED, WishState.OFFERED, months),
        (EnquiryState.ANSWERED, WishState.AGREED, now),
        (EnquiryState.ANSWERED, None, months),
        (EnquiryState.CLOSED, WishState.OFFERED, now),
    ]
    made = [
        Enquiry(
            instrument_id=asking.id, asked_by_id=user.id, asked_at=months, state=state, wish_state=wish, changed_at=at
        )
        for state, wish, at in rows
    ]
    other = {"instrument_id": asking.id, "asked_by_id": make_user(session, "other").id}
    session.add_all([*made, Enquiry(state=EnquiryState.ANSWERED, asked_at=now, changed_at=now, **other)])
    session.commit()
    sign_in(client, user)

    [card] = client.get("/api/v1/home").get_json()["cards"]

    assert (card["code"], card["count"]) == ("answers", 2)
    assert [item["subject_id"] for item in card["items"]] == [made[1].id, made[0].id]
    assert f'href="/enquiries/{made[1].id}"' in client.get("/home").get_data(as_text=True)


def test_signing_in_leads_to_what_waits(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session))

    assert client.get("/sign-in").location == "/home"
    assert client.get("/sign-in?next=/account").location == "/account"
    assert client.get("/sign-in?next=https://example.org/").location == "/home"


def test_bookings_of_whoever_ran_out_are_told_to_the_admins_and_wait_on_their_home_page(
    client: FlaskClient, session: Session, asking: Instrument
) -> None:
    now = utcnow()
    place, yesterday = session.get_one(Organisation, asking.organisation_id), local_date(now) - timedelta(days=1)
    boss, their_boss, lin, wei = (make_user(session, name) for name in ("boss", "their_boss", "lin", "wei"))
    give(session, boss, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, place.id)
    give(session, their_boss, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, make_organisation(session).id)
    over = [affiliate(session, one, place, ends_on=yesterday) for one in (lin, wei)]
    session.get_one(Reservation, ask_for(session, asking, lin, 2)).created_at = now - timedelta(days=3)
    ask_for(session, asking, wei, 3)
    mailed(session, now=now)
    for one in over:
        end_over(session, one.id, now=now)
    session.commit()

    letters = [one for one in mailed(session, now=now) if one.template == "reservations/left_behind"]
    sign_in(client, boss)
    page = client.get("/home").get_data(as_text=True)

    leaving = f"/organisations/{place.id}/people/{lin.id}/leaving"
    told = [(one.recipient, one.values["count"], path_in(one)) for one in letters]
    assert told == [("boss@example.org", 1, leaving)]
    assert ("left_behind" in codes(session, boss), "left_behind" in codes(session, their_boss)) == (True, False)
    assert (page.count(f'href="{leaving}"'), "1 条预约待移交或取消" in page) == (1, True)
    assert client.get(leaving).status_code == 200
    assert f"/people/{wei.id}/leaving" not in page


def test_finance_meets_accounts_that_run_out_or_low_and_what_must_be_paid_but_has_no_price(
    client: FlaskClient, session: Session
) -> None:
    ours, theirs = make_organisation(session), make_organisation(session)
    finance, holder = make_user(session, "finance"), make_user(session, "holder")
    give(session, finance, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, ours.id)
    today = local_date(utcnow())
    spent = make_payer(session, ours, holder, 100_000, number="1", name="快用完", expires_on=today + timedelta(days=31))
    for number, place, days in (("2", ours, 30), ("3", ours, 31), ("4", theirs, 3)):
        name, last = f"账户{number}", today + timedelta(days=days)
        make_payer(session, place, holder, 100_000, number=number, name=name, expires_on=last)
    for number, fen in (("5", 0), ("6", 100)):
        last = today - timedelta(days=40)
        make_payer(session, ours, holder, fen, number=number, name=f"账户{number}", expires_on=last)
    post_entry(session, "spent", "payers", [Move(spent.left_id, spent.held_id, 90_001)], now=utcnow())
    needing = {"needs_payer": True}
    unpriced = make_instrument(session, ours, name_zh="没有价格", policy=needing)
    priced = make_instrument(session, ours, name_zh="有价格", policy=needing)
    make_hourly_price(session, priced, 30_000, finance)
    not_yet = make_instrument(session, ours, name_zh="明天起有价格", policy=needing)
    make_hourly_price(session, not_yet, 30_000, finance, valid_from=today + timedelta(days=1))
    session.add(SharedSettings(organisation_id=ours.id, policy=needing))
    given_up = make_instrument(session, ours, name_zh="不再提供", inherits="horizon_days needs_payer")
    make_hourly_price(session, given_up, 30_000, finance)
    make_hourly_price(session, given_up, 0, finance, valid_from=today, offer=Offer.NOT_OFFERED)
    came = make_instrument(session, theirs, name_zh="从别家来", policy=needing)
    make_hourly_price(session, came, 30_000, finance)
    came.organisation_id = ours.id
    make_instrument(session, ours, name_zh="不收费")
    make_instrument(session, theirs, name_zh="别家的", policy=needing)
    session.commit()

    sign_in(client, finance)
    cards = {card["code"]: card for card in client.get("/api/v1/home").get_json()["cards"]}
    page = client.get("/home").get_data(as_text=True)

    titles = {code: [item["title_zh"] for item in card["items"]] for code, card in cards.items()}
    assert titles == {
        "payers_expiring": ["账户2", "账户6"],
        "payers_low": ["快用完 · ¥99.99"],
        "prices_missing": ["没有价格", "明天起有价格", "不再提供", "从别家来"],
    }
    assert f'href="/payer-accounts/{spent.id}"' in page
    assert f'href="/instruments/{unpriced.id}/prices/edit"' in page
