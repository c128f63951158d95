"""The last of a budget goes to whom it is enough for, exactly; and one application is decided on once."""

from collections import Counter
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
from tests.storms.sending import Call
from tests.storms.weather import Storm

FACE, FIRMS, COVERED = 100_000, 30, 10


def make_firms(session: Session, **terms: Any) -> tuple[Office, list[VoucherApplication]]:
    """Thirty firms whose applications wait for the second review."""
    now = utcnow()
    today = local_date(now)
    days = {"valid_from": today, "counts_from": today, "use_by": today + timedelta(days=99)}
    said = {**days, "redeem_by": today + timedelta(days=199), "year": today.year, "documents": [], **terms}
    office = make_office(session, now, **said)
    found = [passed(session, office, number) for number in range(FIRMS)]
    session.commit()
    return office, found


def passed(session: Session, office: Office, number: int) -> VoucherApplication:
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
    return theirs.passed(theirs.submitted(theirs.drafted(amount_fen=FACE)))


def test_of_thirty_firms_ten_get_the_last_of_a_budget_that_is_enough_for_ten_and_the_others_are_told(
    session: Session, storm: Storm
) -> None:
    office, found = make_firms(session, budget_fen=COVERED * FACE)
    token = token_of(session, user_of(session, office.second))
    session.commit()
    calls = [
        Call(token, "POST", f"/api/v1/voucher-applications/{one.id}/issue", {"version": one.version}) for one in found
    ]

    replies = storm.volley(calls)

    session.rollback()
    states = Counter(session.scalars(select(VoucherApplication.state)))
    assert Counter((one.status, one.body.get("code")) for one in replies) == {
        (200, None): COVERED,
        (409, "budget_spent"): FIRMS - COVERED,
    }
    assert states == {ApplicationState.ISSUED: COVERED, ApplicationState.PROVINCE_REVIEW: FIRMS - COVERED}
    assert int(session.scalar(select(func.sum(Voucher.face_fen))) or 0) == COVERED * FACE


def test_two_officers_at_one_application_make_one_decision_and_the_other_is_told(
    session: Session, storm: Storm
) -> None:
    office, found = make_firms(session, budget_fen=FIRMS * FACE)
    colleague = make_user(session, "colleague")
    give(session, colleague, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, office.authority.id)
    one, other = (token_of(session, who) for who in (user_of(session, office.second), colleague))
    session.commit()
    calls = []
    for application in found:
        at, read = f"/api/v1/voucher-applications/{application.id}", {"version": application.version}
        calls += [
            Call(one, "POST", f"{at}/issue", read),
            Call(other, "POST", f"{at}/refuse", read | {"reason": "不符"}),
        ]

    replies = storm.volley(calls)

    session.rollback()
    pairs = zip(replies[::2], replies[1::2], strict=True)
    assert {tuple(sorted((first.status, second.status))) for first, second in pairs} == {(200, 409)}
    decided = ApplicationEvent.step.in_((ApplicationStep.ISSUE, ApplicationStep.REFUSE))
    rows = select(ApplicationEvent.application_id).where(decided)
    assert sorted(session.scalars(rows)) == sorted(application.id for application in found)
    told = {reply.body["code"] for reply in replies if reply.status == 409}
    assert told == {"application_changed"}
