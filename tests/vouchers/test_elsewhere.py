"""Vouchers that live elsewhere: registered with evidence, used by the same rules, and in no budget and no clearing."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from booking.attachments.preparing import Prepared, prepare
from booking.clearing import queries as clearing
from booking.clearing.budgets import budget_of
from booking.clearing.verifying import faults as clearing_faults
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from booking.ledger.queries import balance_of
from booking.vouchers.ending import NotNow, take_step
from booking.vouchers.forms import RegisterVoucherForm, VoucherReasonForm
from booking.vouchers.holding import hold
from booking.vouchers.issuing import Issue, ProgrammeOver, issue
from booking.vouchers.listing import OwnVoucher, budget, budgets, readable
from booking.vouchers.registering import evidence_for, evidence_of, register
from models.accounts import AuditEntry, User
from models.attachments import Attachment
from models.programmes import Programme
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.programmes import Limit
from models.vocabulary.vouchers import VoucherState, VoucherStep
from models.vouchers import ProgrammeBook, ProvincePair, Voucher, VoucherCapture
from tests.counting import counting
from tests.factories.letters import mailed
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.pictures import PDF
from tests.factories.programmes import version_form
from tests.factories.vouchers import EVIDENCE, LIMITS, make_elsewhere, make_firm, make_registered
from tests.vouchers.using import NOON, Bench

LATER = local_date(utcnow()) + timedelta(days=100)
ENDED_THERE = VoucherReasonForm(reason="号码写错了")


def agent_of(bench: Bench, name: str = "agentofthefirm") -> User:
    user = make_user(bench.session, name)
    give(bench.session, user, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, bench.firm.id)
    return user


def the_agent(bench: Bench) -> User:
    return bench.session.scalars(select(User).where(User.email.startswith("agentofthefirm"))).one()


def acting(bench: Bench, user: User) -> Actor:
    return actor_for(bench.session, user, now=NOON)


def registered(bench: Bench, fen: int = 100_000, **said: Any) -> Voucher:
    """A voucher of 科创通 of the firm."""
    agent = acting(bench, agent_of(bench))
    made = make_registered(bench.session, bench.firm, fen, agent=agent, providers=[bench.owner], now=NOON, **said)
    bench.vouchers.append(made)
    return made


def form_for(bench: Bench, programme: Programme, **said: Any) -> RegisterVoucherForm:
    named = {
        "organisation_id": bench.firm.id,
        "programme_id": programme.id,
        "number_there": "KCT-7",
        "face_fen": 50_000,
        "use_by": date(2026, 11, 30),
        "redeem_by": date(2027, 1, 31),
    }
    return RegisterVoucherForm.model_validate({**named, **said})


def files() -> list[Prepared]:
    return prepare([EVIDENCE], LIMITS)


def test_it_covers_a_share_by_the_same_rules_and_the_firm_pays_in_full_first(bench: Bench) -> None:
    voucher = registered(bench)

    plan = bench.plan(200_000)
    purpose = bench.hold(200_000)
    held = bench.amounts(voucher)
    found = bench.capture(purpose, bench.charge(purpose, 200_000), 200_000)

    (part,) = plan.parts
    assert part.covered.decided_by == (Limit.SHARE,)
    assert (plan.covered_fen, plan.deducted_fen, plan.expected_fen, plan.own_fen) == (60_000, 0, 60_000, 200_000)
    assert held == (40_000, 60_000, 0)
    assert (found.deducted_fen, found.expected_fen) == (0, 60_000)
    assert bench.amounts(voucher) == (40_000, 0, 60_000)
    assert bench.faults() == [*clearing_faults(bench.session)] == []


def test_a_second_use_is_left_what_the_first_holds_not(bench: Bench) -> None:
    voucher = registered(bench)
    bench.hold(200_000)

    second = bench.plan(200_000)

    assert (second.covered_fen, second.limits) == (40_000, (Limit.CREDIT,))
    assert bench.amounts(voucher) == (40_000, 60_000, 0)


def test_the_cap_of_its_programme_limits_it_too(bench: Bench) -> None:
    registered(bench, year_cap_fen=50_000)

    assert bench.plan(200_000).limits == (Limit.YEAR_CAP,)


def test_no_budget_no_burn_down_and_no_clearing_knows_of_it(bench: Bench) -> None:
    session = bench.session
    ours = bench.issue(100_000, redeemed_by="enterprise", budget_fen=1_000_000, border_way="advance_then_net")
    purpose = bench.hold(100_000)
    bench.capture(purpose, bench.charge(purpose, 100_000), 100_000)
    officer = bench.officer(ours)
    give(session, auditor := make_user(session, "theauditor"), Role.AUDITOR, ScopeKind.PLATFORM)

    def read() -> list[Any]:
        session.rollback()
        pairs = clearing.pairs_of(session)
        seen_by = acting(bench, auditor)
        return [
            budgets(session, officer, today=NOON.date())[0].standing,
            [(one.programme.id, one.standing, one.left_fen) for one in budgets(session, seen_by, today=NOON.date())],
            budget_of(session, ours.programme_id, officer, today=NOON.date()).days,
            [(one.issuer, one.provider) for one in pairs],
            clearing.figures_of(session, pairs, None),
            session.scalar(select(func.count(ProvincePair.id))),
        ]

    before = read()
    voucher = registered(bench, use_by=date(2026, 12, 31))
    theirs = bench.officer(voucher)
    again = bench.use()
    hold(session, again, bench.plan(200_000, again, voucher_id=voucher.id), now=NOON)
    bench.capture(again, bench.charge(again, 200_000), 200_000)

    assert bench.amounts(voucher)[2] > 0
    assert [one for one in read() if one not in before] == []
    assert read()[3:] == before[3:]
    assert budgets(session, theirs, today=NOON.date()) == []
    for work in (budget, budget_of):
        with pytest.raises(NotFound):
            work(session, voucher.programme_id, theirs, today=NOON.date())
    book = session.scalars(select(ProgrammeBook).where(ProgrammeBook.programme_id == voucher.programme_id)).one()
    assert [balance_of(session, one) for one in (book.budget_id, book.committed_id, book.paid_id)] == [0, 0, 0]
    assert bench.faults() == [*clearing_faults(session)] == []


def test_verifying_tells_of_one_that_does_not_live_where_its_programme_does(bench: Bench) -> None:
    voucher = registered(bench)
    voucher.number_there = None
    bench.session.commit()

    assert any("does not live where its programme does" in one for one in bench.faults())


def test_every_reason_against_a_registration_is_told_and_nothing_is_kept(bench: Bench) -> None:
    session, agent = bench.session, acting(bench, agent_of(bench))
    programme = make_elsewhere(session)
    known = register(session, form_for(bench, programme), files(), LIMITS, actor=agent, now=NOON)
    session.commit()
    wrong = form_for(bench, programme, use_by=date(2027, 1, 1), redeem_by=date(2027, 4, 1))
    over = form_for(bench, programme, number_there="KCT-8", use_by=date(2026, 6, 1), redeem_by=date(2026, 5, 1))

    refused = []
    for form, sent in ((wrong, []), (over, files())):
        with pytest.raises(InvalidInput) as told:
            register(session, form, sent, LIMITS, actor=agent, now=NOON)
        session.rollback()
        refused.append([one.field for one in told.value.problems])

    assert refused == [["number_there", "use_by", "redeem_by", "files"], ["use_by", "redeem_by"]]
    assert session.scalars(select(Voucher.id)).all() == [known.id]
    assert session.scalar(select(func.count(Attachment.id))) == 1


def test_only_agents_of_the_firm_register_for_it_and_only_what_lives_elsewhere(bench: Bench) -> None:
    session, other = bench.session, make_user(bench.session, "otheragent")
    give(session, other, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, make_firm(session).id)
    programme, ours = make_elsewhere(session), bench.programme(bench.issue(10_000))

    with pytest.raises(Forbidden):
        register(session, form_for(bench, programme), files(), LIMITS, actor=acting(bench, other), now=NOON)
    session.rollback()
    agent = acting(bench, agent_of(bench))
    with pytest.raises(InvalidInput) as told:
        register(session, form_for(bench, ours), files(), LIMITS, actor=agent, now=NOON)
    session.rollback()

    assert [one.field for one in told.value.problems] == ["programme_id"]
    assert session.scalars(select(Voucher.number_there)).all() == [None]


def test_none_is_issued_here_of_a_programme_whose_vouchers_live_elsewhere(bench: Bench) -> None:
    voucher = registered(bench)

    with pytest.raises(ProgrammeOver):
        issue(
            bench.session,
            Issue(voucher.programme_id, bench.firm.id, 10_000),
            actor=bench.officer(voucher),
            now=NOON,
        )


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"reserves_budget": "hold"}, ["reserves_budget"]),
        ({"budget_fen": 100}, ["budget_fen"]),
        ({"redeemed_by": "provider"}, ["redeemed_by"]),
    ],
)
def test_a_programme_elsewhere_has_no_budget_here_and_its_firms_pay_first(
    bench: Bench, said: dict[str, Any], fields: list[str]
) -> None:
    ways = {"redeemed_by": "enterprise", "reserves_budget": "never", **said}

    with pytest.raises(InvalidInput) as told:
        version_form(**ways).check("科创通")

    assert [one.field for one in told.value.problems] == fields


def test_a_programme_of_ours_always_says_when_its_budget_is_reserved() -> None:
    with pytest.raises(InvalidInput) as told:
        version_form(reserves_budget="never").check("")

    assert [one.field for one in told.value.problems] == ["reserves_budget"]


def test_its_firm_takes_the_registration_back_and_registers_it_anew(bench: Bench) -> None:
    session, voucher = bench.session, registered(bench)
    agent = acting(bench, the_agent(bench))
    bench.hold(100_000)
    with pytest.raises(StaleVersion):
        take_step(session, voucher.id, VoucherStep.RETURN, ENDED_THERE, actor=agent, now=NOON, expected_version=9)
    session.rollback()

    take_step(session, voucher.id, VoucherStep.RETURN, ENDED_THERE, actor=agent, now=NOON)
    session.commit()
    assert [one.template for one in mailed(session, now=NOON) if one.template.startswith("vouchers/")] == []
    with pytest.raises(NotNow):
        take_step(session, voucher.id, VoucherStep.RETURN, ENDED_THERE, actor=agent, now=NOON)
    session.rollback()
    form = form_for(bench, bench.programme(voucher), number_there=voucher.number_there)
    again = register(session, form, files(), LIMITS, actor=agent, now=NOON)
    session.commit()

    assert voucher.state == VoucherState.RETURNED
    assert bench.amounts(voucher) == (0, 30_000, 0)
    assert again.number_there == voucher.number_there
    assert bench.faults() == []


def test_its_firm_neither_freezes_nor_revokes_it_and_gives_none_of_ours_back(bench: Bench) -> None:
    session, voucher, ours = bench.session, registered(bench), bench.issue(10_000)
    agent = acting(bench, the_agent(bench))

    for one, step in ((voucher, VoucherStep.FREEZE), (voucher, VoucherStep.REVOKE), (ours, VoucherStep.RETURN)):
        with pytest.raises(Forbidden):
            take_step(session, one.id, step, ENDED_THERE, actor=agent, now=NOON)
        session.rollback()

    assert {one.state for one in session.scalars(select(Voucher))} == {VoucherState.ISSUED}


def test_officers_of_its_authority_revoke_a_wrong_one_and_nobody_of_another_reads_it(bench: Bench) -> None:
    session, voucher, other = bench.session, registered(bench), bench.issue(10_000)
    officer, theirs = bench.officer(voucher), bench.officer(other)
    (file,) = evidence_of(session, voucher.id)

    assert evidence_for(session, voucher.id, file.id, officer, today=NOON.date()).id == file.id
    for work in (readable, lambda *said, today: evidence_for(said[0], said[1], file.id, said[2], today=today)):
        with pytest.raises(NotFound):
            work(session, voucher.id, theirs, today=NOON.date())
    bench.step(voucher, VoucherStep.REVOKE)
    assert bench.amounts(voucher) == (0, 0, 0)
    assert bench.faults() == []


def test_an_officer_who_belongs_to_the_firm_does_not_decide_on_it(bench: Bench) -> None:
    session, voucher = bench.session, registered(bench)
    officer = bench.officer(voucher)
    give(session, session.get_one(User, officer.id), Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, bench.firm.id)
    actor = acting(bench, session.get_one(User, officer.id))

    with pytest.raises(OwnVoucher):
        take_step(session, voucher.id, VoucherStep.REVOKE, ENDED_THERE, actor=actor, now=NOON)


def test_the_log_says_who_registered_what(bench: Bench) -> None:
    voucher = registered(bench)

    entry = bench.session.scalars(select(AuditEntry).where(AuditEntry.action == "vouchers.registered")).one()

    assert (entry.subject_id, (entry.after or {})["number_there"]) == (voucher.id, voucher.number_there)


def test_the_pages_show_it_apart_with_its_evidence(bench: Bench, client: FlaskClient) -> None:
    ours, voucher = bench.issue(70_000), registered(bench)
    purpose = bench.hold(100_000)
    bench.capture(purpose, bench.charge(purpose, 100_000), 100_000)
    sign_in(client, the_agent(bench))
    (file,) = evidence_of(bench.session, voucher.id)

    listed = client.get("/vouchers?lang=zh").text
    page = client.get(f"/vouchers/{voucher.id}?lang=zh").text
    sent = client.get(f"/vouchers/{voucher.id}/files/{file.id}")

    own, apart = listed.split('id="registered"')
    assert (ours.number in own, voucher.number in own) == (True, False)
    assert (ours.number in apart, voucher.number in apart) == (False, True)
    assert "各项政策的预算" not in listed
    for said in (voucher.number_there or "", "科创通", "注销登记", "kct.pdf", "不计入本平台的预算和清算", "登记"):
        assert said in page
    assert "冻结待查" not in page
    assert (sent.status_code, sent.data[:4]) == (200, b"%PDF")


def test_a_firm_registers_on_the_page_and_what_is_wrong_stands_at_its_field(bench: Bench, client: FlaskClient) -> None:
    session, user = bench.session, agent_of(bench)
    programme = make_elsewhere(session, use_by=LATER, redeem_by=LATER)
    sign_in(client, user)
    said: dict[str, Any] = {
        "organisation_id": bench.firm.id,
        "programme_id": programme.id,
        "number_there": "KCT-9",
        "face_fen": "1,234.50",
        "use_by": LATER.isoformat(),
        "redeem_by": LATER.isoformat(),
    }

    opened = client.get(f"/vouchers/register?lang=zh&programme={programme.id}")
    empty = client.post("/vouchers/register?lang=zh", data={**said, "face_fen": "很多"})
    without = client.post("/vouchers/register?lang=zh", data=said)
    made = client.post("/vouchers/register", data={**said, "files": (io.BytesIO(PDF), "kct.pdf")})

    session.rollback()
    voucher = session.scalars(select(Voucher)).one()
    assert (opened.status_code, empty.status_code, without.status_code, made.status_code) == (200, 422, 422, 303)
    assert "请上传证明" in without.text
    assert made.headers["Location"].endswith(f"/vouchers/{voucher.id}")
    assert (voucher.face_fen, voucher.number_there) == (123_450, "KCT-9")
    assert voucher.number == f"科创通-{programme.id}-00001"


def test_by_api_it_is_registered_read_and_taken_back(bench: Bench, client: FlaskClient) -> None:
    session, user = bench.session, agent_of(bench)
    programme = make_elsewhere(session, use_by=LATER, redeem_by=LATER)
    sign_in(client, user)
    said = {
        "organisation_id": str(bench.firm.id),
        "programme_id": str(programme.id),
        "number_there": "KCT-9",
        "face_fen": "123450",
        "use_by": LATER.isoformat(),
        "redeem_by": LATER.isoformat(),
    }
    sent = {**said, "files": (io.BytesIO(PDF), "kct.pdf")}

    made = client.post("/api/v1/vouchers", data=sent)
    answer = made.get_json()
    again = client.post("/api/v1/vouchers", data={**said, "files": (io.BytesIO(PDF), "kct.pdf")})
    file = client.get(answer["evidence"][0]["url"])
    listed = client.get("/api/v1/vouchers").get_json()["items"]
    back = client.post(f"/api/v1/vouchers/{answer['id']}/return", json={"reason": "写错了"}).get_json()

    assert (made.status_code, again.status_code, file.status_code) == (201, 422, 200)
    assert (answer["runs_at"], answer["number_there"], answer["available_fen"]) == ("科创通", "KCT-9", 123_450)
    assert [(one["number_there"], one["runs_at"]) for one in listed] == [("KCT-9", "科创通")]
    assert (back["state"], back["available_fen"]) == ("returned", 0)


def test_registered_ones_are_listed_by_as_many_statements_however_many(bench: Bench, client: FlaskClient) -> None:
    agent = acting(bench, user := agent_of(bench))
    sign_in(client, user)
    programme = make_elsewhere(bench.session)

    def asked(more: int) -> int:
        for _ in range(more):
            make_registered(bench.session, bench.firm, 10_000, agent=agent, programme=programme, now=NOON)
        with counting() as counted:
            client.get("/vouchers")
        return len(counted)

    client.get("/vouchers")
    assert asked(2) == asked(3)


def test_captures_of_it_keep_their_provinces_without_a_pair(bench: Bench) -> None:
    registered(bench)
    purpose = bench.hold(100_000)
    bench.capture(purpose, bench.charge(purpose, 100_000), 100_000)

    capture = bench.session.scalars(select(VoucherCapture)).one()

    assert (capture.issuer_province, capture.provider_province) == ("51", "51")
    assert bench.session.scalar(select(func.count(ProvincePair.id))) == 0
