"""Payer accounts: opened and kept by an institution's finance, each amount backed by transfers, read by few."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from booking.ledger.service import AlreadyCorrected, BelowFloor
from booking.ledger.verifying import faults
from booking.payers import amounts, papers, queries, service
from booking.payers.forms import NewPayerForm, PayerAmountForm, PayerChangeForm, PayerReceiptForm
from booking.payers.rules import Sight
from booking.privacy.queries import Hindrance, HindranceKind, hindrances
from models.accounts import AuditEntry, User
from models.directory import Organisation
from models.ledger import LedgerEntry
from models.payers import PayerAccount, PayerMember, PayerMovement
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.payers import MovementKind, PayerKind
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_organisation
from tests.factories.looking import count
from tests.factories.payers import make_payer
from tests.factories.people import actor_for, give, make_user, sign_in

TODAY = date(2026, 11, 23)
NOBODY = Actor(0, "", "")
NOBODY_HERE = "本单位没有使用这个邮箱的人。其他单位的人由单位财务添加。"


@pytest.fixture
def place(session: Session) -> Organisation:
    return make_organisation(session)


@pytest.fixture
def clerk(session: Session, place: Organisation) -> User:
    user = make_user(session, "finance")
    give(session, user, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, place.id)
    return user


@pytest.fixture
def finance(session: Session, clerk: User, now: datetime) -> Actor:
    return actor_for(session, clerk, now=now)


@pytest.fixture
def lead(session: Session) -> User:
    return make_user(session, "lead")


def opened(session: Session, place: Organisation, finance: Actor, now: datetime, **values: Any) -> PayerAccount:
    wanted = {"kind": PayerKind.GRANT, "number": "52170001", "name": "面上项目", "holder": "lead@example.org"}
    made = service.open_payer(session, place.id, NewPayerForm(**wanted | values), actor=finance, now=now)
    session.commit()
    return made


def receipt(fen: int, number: str = "R1", day: date = TODAY) -> PayerReceiptForm:
    return PayerReceiptForm(amount_fen=fen, receipt_number=number, receipt_on=day)


def left(session: Session, account: PayerAccount) -> list[int]:
    """What is left, and what its movements add up to."""
    session.flush()
    found = queries.Found(account, Sight(manages=True))
    lines = queries.lines_of(session, found, NOBODY, limit=50).items
    return [service.left_in(session, account), sum(one.posted.amount_fen for one in lines)]


def kinds(session: Session) -> list[MovementKind]:
    return list(session.scalars(select(PayerMovement.kind).order_by(PayerMovement.id)))


@pytest.mark.usefixtures("lead")
def test_what_a_grant_authorises_is_set_and_every_change_is_a_transfer(
    session: Session, place: Organisation, finance: Actor, now: datetime
) -> None:
    account = opened(session, place, finance, now)

    for number, (fen, version) in enumerate(((50_000, 1), (80_000, 2), (80_000, 3), (30_000, 3))):
        form = PayerAmountForm(amount_fen=fen, reason=f"第{number}次")
        amounts.set_amount(session, account.id, form, version=version, actor=finance, now=now)
    with pytest.raises(StaleVersion):
        amounts.set_amount(session, account.id, form, version=1, actor=finance, now=now)
    with pytest.raises(amounts.OtherKind):
        amounts.top_up(session, account.id, receipt(5), actor=finance, now=now)

    assert left(session, account) == [30_000, 30_000]
    assert (queries.total_of(session, account), account.budget_item) == (30_000, "测试化验加工费")
    assert kinds(session) == [MovementKind.RAISED, MovementKind.RAISED, MovementKind.LOWERED]
    assert list(faults(session)) == []


@pytest.mark.usefixtures("lead")
def test_money_that_comes_and_goes_is_recorded_once_per_receipt(
    session: Session, place: Organisation, finance: Actor, now: datetime
) -> None:
    account = opened(session, place, finance, now, kind=PayerKind.PREPAID)
    other = opened(session, place, finance, now, kind=PayerKind.DEPOSIT)

    made = amounts.top_up(session, account.id, receipt(1_000), actor=finance, now=now)
    again = amounts.top_up(session, account.id, receipt(1_000, " Ｒ１ "), actor=finance, now=now)
    amounts.refund(session, account.id, receipt(400), actor=finance, now=now)
    session.commit()
    refused = [
        (account, amounts.top_up, receipt(999)),
        (account, amounts.top_up, receipt(1_000, day=TODAY - timedelta(days=1))),
        (other, amounts.top_up, receipt(1_000)),
        (account, amounts.refund, receipt(601, "R2")),
        (account, amounts.top_up, receipt(5, "R3", TODAY + timedelta(days=1))),
    ]
    fields = []
    for one, record, form in refused:
        with pytest.raises(InvalidInput) as invalid:
            record(session, one.id, form, actor=finance, now=now)
        fields.append(invalid.value.problems[0].field)

    assert (again.movement is made.movement, made.is_new, again.is_new) == (True, True, False)
    assert fields == ["receipt_number", "receipt_number", "receipt_number", "amount_fen", "receipt_on"]
    assert left(session, account) == [600, 600]
    assert left(session, other) == [0, 0]
    assert count(session, LedgerEntry) == 2


@pytest.mark.usefixtures("lead")
def test_a_receipt_of_wide_signs_is_recorded_once_though_it_grows_when_it_is_compared(
    session: Session, place: Organisation, finance: Actor, now: datetime
) -> None:
    account = opened(session, place, finance, now, kind=PayerKind.PREPAID)
    wide, other = "\ufdfa" * 60, "\ufdfa" * 59 + "\ufdfb"

    made = amounts.top_up(session, account.id, receipt(1_000, wide), actor=finance, now=now)
    again = amounts.top_up(session, account.id, receipt(1_000, wide), actor=finance, now=now)
    amounts.top_up(session, account.id, receipt(500, other), actor=finance, now=now)
    amounts.refund(session, account.id, receipt(400, wide), actor=finance, now=now)
    session.commit()

    assert (made.is_new, again.is_new, again.movement is made.movement) == (True, False, True)
    assert made.movement is not None
    assert made.movement.receipt_number == wide
    assert left(session, account) == [1_100, 1_100]
    assert papers.topped_up_by(session, place.id, wide) == 1_000


@pytest.mark.usefixtures("lead")
def test_a_wrong_receipt_is_corrected_by_another_entry_and_may_be_recorded_anew(
    session: Session, place: Organisation, finance: Actor, now: datetime
) -> None:
    account = opened(session, place, finance, now, kind=PayerKind.PREPAID)
    wrong = amounts.top_up(session, account.id, receipt(1_000), actor=finance, now=now).movement
    assert wrong is not None

    made = amounts.correct(session, account.id, wrong.id, "少写一个零", actor=finance, now=now).movement
    assert made is not None
    amounts.top_up(session, account.id, receipt(10_000, "r1"), actor=finance, now=now)
    amounts.refund(session, account.id, receipt(10_000), actor=finance, now=now)
    session.commit()
    last = session.scalars(select(PayerMovement).where(PayerMovement.kind == MovementKind.TOPPED_UP)).all()[-1]
    for movement, why in ((wrong, AlreadyCorrected), (made, amounts.NotAReceipt), (last, BelowFloor)):
        with pytest.raises(why):
            amounts.correct(session, account.id, movement.id, "再改", actor=finance, now=now)

    assert left(session, account) == [0, 0]
    lines = queries.lines_of(session, queries.Found(account, Sight(manages=True)), NOBODY, limit=5).items
    assert [one.is_corrected for one in lines] == [False] * 3 + [True]
    assert list(faults(session)) == []


@pytest.mark.usefixtures("lead")
def test_an_account_is_closed_when_no_money_of_others_is_in_it_and_then_stays_as_it_is(
    session: Session, place: Organisation, finance: Actor, now: datetime
) -> None:
    grant = opened(session, place, finance, now)
    deposit = opened(session, place, finance, now, kind=PayerKind.DEPOSIT)
    amounts.set_amount(session, grant.id, PayerAmountForm(amount_fen=500, reason="立项"), actor=finance, now=now)
    amounts.top_up(session, deposit.id, receipt(500), actor=finance, now=now)

    amounts.close_payer(session, grant.id, "结题", actor=finance, now=now)
    with pytest.raises(amounts.StillHolds):
        amounts.close_payer(session, deposit.id, "退场", actor=finance, now=now)
    with pytest.raises(service.PayerClosed):
        amounts.set_amount(session, grant.id, PayerAmountForm(amount_fen=5, reason="x"), actor=finance, now=now)
    other = make_user(session, "other")
    said: dict[str, Any] = {"name": grant.name, "holder": other.email, "reason": "调离"}
    with pytest.raises(service.PayerClosed):
        service.change_payer(session, grant.id, PayerChangeForm(**said | {"name": "x"}), actor=finance, now=now)
    service.change_payer(session, grant.id, PayerChangeForm(**said), actor=finance, now=now)
    session.commit()

    assert grant.holder_id == other.id
    assert (left(session, grant), left(session, deposit)) == ([0, 0], [500, 500])
    assert (grant.closed_at, deposit.closed_at) == (now, None)
    assert kinds(session)[-1] == MovementKind.WITHDRAWN


@pytest.mark.usefixtures("lead")
def test_what_does_not_fit_is_refused_and_changes_are_kept_in_the_log(
    session: Session, place: Organisation, finance: Actor, now: datetime
) -> None:
    account = opened(session, place, finance, now, expires_on=TODAY)
    said = {"name": "面上项目", "holder": "lead@example.org", "reason": "延期一年"}
    rule = {"provinces": ["510000", "500000"], "province_rule": "渝科发〔2024〕1号"}
    misfits: list[dict[str, Any]] = [
        {"number": "52170001"},
        {"number": "2", "provinces": ["510000"]},
        {"number": "2", "provinces": ["500000"], "province_rule": "渝科发〔2024〕1号"},
        {"number": "2", "provinces": ["990000"], "province_rule": "渝科发〔2024〕1号"},
        {"number": "2", "kind": PayerKind.PREPAID, "budget_item": "测试化验加工费", **rule},
        {"number": "2", "expires_on": TODAY - timedelta(days=1)},
        {"number": "52170001", "holder": "nobody@example.org"},
    ]
    fields = []
    for values in misfits:
        with pytest.raises(InvalidInput) as invalid:
            opened(session, place, finance, now, **values)
        fields.append([one.field for one in invalid.value.problems])

    later = TODAY + timedelta(days=365)
    form = PayerChangeForm(**said, **rule, expires_on=later)
    service.change_payer(session, account.id, form, version=1, actor=finance, now=now)
    with pytest.raises(StaleVersion):
        service.change_payer(session, account.id, form, version=1, actor=finance, now=now)
    session.commit()

    assert fields == [
        ["number"],
        ["province_rule"],
        ["province_rule"],
        ["provinces"],
        ["budget_item", "provinces"],
        ["expires_on"],
        ["holder", "number"],
    ]
    assert count(session, PayerAccount) == 1
    found = session.get_one(PayerAccount, account.id)
    assert (
        len(queries.provinces_of(session, queries.found_account(session, found.id, finance, today=TODAY).account)) == 2
    )
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "payers.changed")).one()
    told = [(said or {})["expires_on"] for said in (entry.before, entry.after)]
    assert (entry.reason, told) == ("延期一年", [TODAY.isoformat(), later.isoformat()])


def test_the_lead_lets_others_use_it_and_nobody_else_knows_of_it(
    session: Session, place: Organisation, finance: Actor, lead: User, now: datetime
) -> None:
    account = opened(session, place, finance, now)
    holder = actor_for(session, lead, now=now)
    student, stranger = (make_user(session, name) for name in ("student", "stranger"))
    steward = make_user(session, "steward")
    give(session, steward, Role.STEWARD, ScopeKind.ORGANISATION, place.id)
    belonging = affiliate(session, student, place)

    for email in (stranger.email, "nobody@example.org"):
        with pytest.raises(InvalidInput) as unknown:
            service.add_member(session, account.id, email, actor=holder, now=now)
        assert [(one.field, one.message) for one in unknown.value.problems] == [("email", NOBODY_HERE)]
    member = service.add_member(session, account.id, student.email, actor=holder, now=now)
    with pytest.raises(service.AlreadyMember):
        service.add_member(session, account.id, lead.email, actor=finance, now=now)
    with pytest.raises(Forbidden):
        service.add_member(session, account.id, "x@example.org", actor=actor_for(session, student, now=now), now=now)
    with pytest.raises(Forbidden):
        amounts.set_amount(session, account.id, PayerAmountForm(amount_fen=5, reason="x"), actor=holder, now=now)
    for other in (stranger, steward):
        with pytest.raises(NotFound):
            queries.found_account(session, account.id, actor_for(session, other, now=now), today=TODAY)
    session.commit()
    mine = [queries.accounts_of(session, one.id, today=TODAY, limit=5).items for one in (lead, student, stranger)]
    belonging.ends_on = TODAY
    session.commit()
    after = queries.accounts_of(session, student.id, today=TODAY + timedelta(days=1), limit=5).items
    gone = actor_for(session, student, now=now)
    with pytest.raises(NotFound):
        queries.found_account(session, account.id, gone, today=TODAY + timedelta(days=1))
    amounts.close_payer(session, account.id, "结题", actor=finance, now=now)
    with pytest.raises(service.PayerClosed):
        service.add_member(session, account.id, student.email, actor=holder, now=now)
    service.remove_member(session, account.id, member.id, actor=holder, now=now)
    account.closed_at = None
    session.commit()

    assert after == []
    assert [[one.id for one in found] for found in mine] == [[account.id], [account.id], []]
    assert count(session, PayerMember) == 0
    assert hindrances(session, lead, now=now) == [
        Hindrance(HindranceKind.PAYER_ACCOUNT, account.id, "面上项目", "面上项目")
    ]


@pytest.mark.usefixtures("lead")
def test_finance_works_on_pages_and_the_lead_reads_every_transfer(
    client: FlaskClient, session: Session, place: Organisation, clerk: User, lead: User
) -> None:
    sign_in(client, clerk)
    new = {"kind": "prepaid", "number": "P-1", "name": "示例公司预付", "holder": lead.email}
    money = {"amount_fen": "1,234.50", "receipt_number": "R1", "receipt_on": local_date(lead.created_at).isoformat()}

    shown = client.post(f"/organisations/{place.id}/payer-accounts/new", data=new).location
    again = client.post(f"{shown}/refund", data=money)
    client.post(f"{shown}/top-up", data={**money, "idempotency_key": "k1"})
    client.post(f"{shown}/top-up", data={**money, "idempotency_key": "k1"})
    once_more = client.post(f"{shown}/top-up", data={**money, "idempotency_key": "k2"}, follow_redirects=True)
    too_much = client.post(f"{shown}/top-up", data={**money, "amount_fen": "100000000.01"}).get_data(as_text=True)
    as_text = client.post(f"/api/v1{shown}/top-up", json={**money, "amount_fen": "3.00", "receipt_number": "R2"})
    sign_in(client, lead)
    text = client.get(shown).get_data(as_text=True)
    answer = client.get(f"/api/v1{shown}/transfers").get_json()

    assert again.status_code == 422
    assert "没有再记一笔" in once_more.get_data(as_text=True)
    assert as_text.status_code == 422
    assert "金额最多 100000000.00 元。" in too_much
    assert 'value="1,234.50"' in again.get_data(as_text=True)
    assert text.count("¥1,234.50") == 3
    assert "登记充值" not in text
    assert [(one["amount_fen"], one["receipt_number"]) for one in answer["items"]] == [(123_450, "R1")]
    assert client.get("/payer-accounts").get_data(as_text=True).count("¥1,234.50") == 2
    assert count(session, PayerMovement) == 1


def test_one_asks_the_api_for_one_s_own_accounts_by_the_name_of_the_contract(
    client: FlaskClient, session: Session, place: Organisation, clerk: User, lead: User
) -> None:
    account = make_payer(session, place, lead, 0)
    make_payer(session, place, clerk, 0, number="2")
    at = "/api/v1/payer-accounts"
    sign_in(client, lead)

    mine = client.get(f"{at}?mine=1").get_json()["items"]
    both = client.get(f"{at}?mine=1&organisation={place.id}")
    sign_in(client, clerk)
    kept = client.get(f"{at}?mine=0&organisation={place.id}").get_json()["items"]

    assert [one["id"] for one in mine] == [account.id]
    assert (both.status_code, [one["field"] for one in both.get_json()["problems"]]) == (422, ["mine"])
    assert len(kept) == 2
