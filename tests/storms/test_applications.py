"""The last of a budget goes to whom it is enough for, exactly; and one application is decided on once."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from booking.core.clock import local_date, utcnow
from models.applications import ApplicationEvent, VoucherApplication
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.applications import ApplicationState, ApplicationStep
from models.vocabulary.directory import OrganisationKind
from models.vouchers import Voucher
from tests.factories.applications import BEIBEI, Office, make_agent, make_office, user_of
from tests.factories.instruments import make_organisation
from tests.factories.people import give, make_user
from tests.storms.conftest import token_of
from tests.storms.sending import Call, Reply
from tests.storms.weather import Storm

FACE, FIRMS, COVERED, FEW = 100_000, 30, 10, 10


def make_firms(session: Session, count: int, **terms: Any) -> tuple[Office, list[VoucherApplication]]:
    """So many firms whose applications wait for the first review."""
    now = utcnow()
    today = local_date(now)
    days = {"valid_from": today, "counts_from": today, "use_by": today + timedelta(days=99)}
    said = {**days, "redeem_by": today + timedelta(days=199), "year": today.year, "documents": [], **terms}
    office = make_office(session, now, **said)
    found = [submitted(session, office, number) for number in range(count)]
    session.commit()
    return office, found


def submitted(session: Session, office: Office, number: int) -> VoucherApplication:
    """The application of one more firm."""
    code = f"91500109MA1{number:06d}"
    firm = make_organisation(
        session,
        name_zh=f"第{number}家公司",
        kind=OrganisationKind.ENTERPRISE,
        uscc=code + uscc.calc_check_digit(code),
        adcode=BEIBEI,
    )
    agent = make_agent(session, firm, f"agent-{number}", now=office.now)
    theirs = Office(**{**office.__dict__, "firm": firm, "agent": agent})
    return theirs.submitted(theirs.drafted(amount_fen=FACE))


def decision(token: str, application: VoucherApplication, step: str, **said: Any) -> Call:
    """What somebody decides on an application as it was read."""
    path = f"/api/v1/voucher-applications/{application.id}/{step}"
    return Call(token, "POST", path, {"version": application.version, **said})


def test_of_thirty_firms_ten_get_the_last_of_a_budget_that_is_enough_for_ten_and_the_others_are_told(
    session: Session, storm: Storm
) -> None:
    office, found = make_firms(session, FIRMS, budget_fen=COVERED * FACE)
    for application in found:
        office.passed(application)
    token = token_of(session, user_of(session, office.second))
    session.commit()

    replies = storm.volley([decision(token, one, "issue") for one in found])

    session.rollback()
    states = Counter(session.scalars(select(VoucherApplication.state)))
    assert Counter((one.status, one.body.get("code")) for one in replies) == {
        (200, None): COVERED,
        (409, "budget_spent"): FIRMS - COVERED,
    }
    assert states == {ApplicationState.ISSUED: COVERED, ApplicationState.PROVINCE_REVIEW: FIRMS - COVERED}
    assert int(session.scalar(select(func.sum(Voucher.face_fen))) or 0) == COVERED * FACE


def colleague(session: Session, authority_id: int, name: str) -> str:
    """The token of one more officer of an authority."""
    made = make_user(session, name)
    give(session, made, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, authority_id)
    return token_of(session, made)


def both(replies: Sequence[Reply]) -> set[tuple[tuple[int, str], ...]]:
    """Every way in which the two decisions on an application ended."""
    told = [(one.status, one.body.get("code", "")) for one in replies]
    return {tuple(sorted(pair)) for pair in zip(told[::2], told[1::2], strict=True)}


def test_two_officers_at_one_application_make_one_decision_and_the_other_is_told(
    session: Session, storm: Storm
) -> None:
    office, found = make_firms(session, FEW, budget_fen=FIRMS * FACE)
    first = [token_of(session, user_of(session, office.first)), colleague(session, office.district.id, "beside")]
    second = [token_of(session, user_of(session, office.second)), colleague(session, office.authority.id, "other")]

    passed = storm.volley([decision(token, one, "review") for one in found for token in first])
    session.expire_all()
    calls = []
    for place, one in enumerate(found):
        calls.append(decision(second[0], one, "issue"))
        against = {"step": "refuse", "reason": "不符"} if place % 2 else {"step": "issue"}
        calls.append(decision(second[1], one, **against))
    decided = storm.volley(calls)

    session.rollback()
    assert both(passed) == both(decided) == {((200, ""), (409, "application_changed"))}
    steps = Counter(session.scalars(select(ApplicationEvent.step)))
    assert steps[ApplicationStep.PASS] == steps[ApplicationStep.ISSUE] + steps[ApplicationStep.REFUSE] == FEW
    issued = select(VoucherApplication.voucher_id).where(VoucherApplication.state == ApplicationState.ISSUED)
    vouchers = session.scalars(select(Voucher.id).order_by(Voucher.id)).all()
    assert sorted(one for one in session.scalars(issued) if one) == list(vouchers)
    assert len(vouchers) == steps[ApplicationStep.ISSUE] >= FEW // 2
