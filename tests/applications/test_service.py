"""Applications from a draft to a voucher: papers, two reviews by two persons, what is refused and sent back."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from booking.applications import register, service, steps
from booking.applications.eligibility import NotEligible, taken_fen
from booking.applications.forms import ApplicationForm, IssueVoucherForm, PassApplicationForm, RefuseApplicationForm
from booking.applications.queries import Wanted, applications, papers_of, whole_application
from booking.applications.service import ApplicationNotNow
from booking.applications.steps import ApplicationChanged, NotYours
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from booking.programmes.forms import VersionForm
from booking.programmes.service import write_version
from booking.recognitions.forms import RecognitionForm
from booking.recognitions.service import recognise
from booking.vouchers.ending import expire_voucher
from booking.vouchers.issuing import BudgetSpent
from booking.vouchers.offices import office_of
from models.applications import ApplicationEvent, ApplicationPaper, VerifiedDocument, VoucherApplication
from models.attachments import Attachment
from models.directory import Organisation
from models.notifications import Event
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.applications import ApplicationState as State
from models.vocabulary.applications import ApplicationStep as Step
from models.vocabulary.applications import Ineligible
from models.vocabulary.directory import OrganisationKind
from models.vocabulary.programmes import ProgrammeDocument
from models.vocabulary.recognitions import RecognitionKind
from models.vocabulary.vouchers import VoucherStep
from models.vouchers import Voucher
from tests.factories.affiliations import affiliate
from tests.factories.applications import (
    BEIBEI,
    CODES,
    WANTED,
    YUZHONG,
    Office,
    a_file,
    make_agent,
    make_office,
    user_of,
)
from tests.factories.applications import LIMITS as FILE_LIMITS
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.factories.programmes import SICHUAN, TERMS, make_authority, make_officer, make_programme
from tests.vouchers.using import NOON, Bench

LICENCE, KIND, LETTER = (
    ProgrammeDocument.BUSINESS_LICENCE,
    ProgrammeDocument.ENTERPRISE_KIND,
    ProgrammeDocument.APPLICATION,
)


def codes(raised: Any) -> list[Ineligible]:
    return [one.code for one in raised.value.reasons]


def count(session: Session, table: Any) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def steps_of(session: Session, application: VoucherApplication) -> list[tuple[Step, State]]:
    rows = select(ApplicationEvent).where(ApplicationEvent.application_id == application.id)
    return [(one.step, one.state) for one in session.scalars(rows.order_by(ApplicationEvent.id))]


def test_an_application_becomes_a_voucher_after_both_reviews(session: Session, office: Office) -> None:
    found = office.issued()

    voucher = session.get_one(Voucher, found.voucher_id)
    assert (found.state, found.granted_fen, found.due_on) == (State.ISSUED, WANTED, None)
    assert (voucher.organisation_id, voucher.face_fen, voucher.use_by, voucher.redeem_by) == (
        office.firm.id,
        WANTED,
        date(office.today.year + 1, 12, 31),
        date(office.today.year + 2, 3, 31),
    )
    assert [one for one in steps_of(session, found) if one[0] != Step.EDIT] == [
        (Step.DRAFT, State.DRAFT),
        (Step.SUBMIT, State.DISTRICT_REVIEW),
        (Step.PASS, State.PROVINCE_REVIEW),
        (Step.ISSUE, State.ISSUED),
    ]


def test_less_is_granted_for_a_reason_and_never_more(session: Session, office: Office) -> None:
    found = office.passed()

    for form in ({"granted_fen": WANTED - 1}, {"granted_fen": WANTED + 1, "reason": "多给"}):
        with pytest.raises(InvalidInput):
            office.issued(found, **form)
    assert count(session, Voucher) == 0
    office.issued(found, granted_fen=WANTED - 1, reason="按合同核减")

    assert (found.granted_fen, found.reason) == (WANTED - 1, "按合同核减")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        pytest.param({"kind": OrganisationKind.RESEARCH_INSTITUTE}, Ineligible.NOT_AN_ENTERPRISE, id="an institute"),
        pytest.param({"uscc": None}, Ineligible.USCC_MISSING, id="without a code"),
        pytest.param({"uscc": "91500109MA0000001K"}, Ineligible.USCC_MISSING, id="with a code that is wrong"),
        pytest.param({"adcode": SICHUAN}, Ineligible.OTHER_PROVINCE, id="of the other province"),
    ],
)
def test_who_may_not_apply_begins_no_draft(
    session: Session, office: Office, columns: dict[str, Any], expected: Ineligible
) -> None:
    for name, value in columns.items():
        setattr(office.firm, name, value)
    session.commit()

    with pytest.raises(NotEligible) as refused:
        office.drafted()

    assert codes(refused) == [expected]
    assert count(session, VoucherApplication) == 0


def test_a_programme_whose_days_are_over_or_that_has_not_begun_is_not_applied_for(
    session: Session, office: Office
) -> None:
    today = local_date(office.now)
    later = make_programme(
        session,
        office.authority,
        office.second,
        now=office.now,
        name_zh="以后",
        valid_from=today + timedelta(days=1),
        counts_from=today,
        use_by=today + timedelta(days=90),
        redeem_by=today + timedelta(days=99),
    )
    over = make_programme(
        session, office.authority, office.second, now=office.now, name_zh="以前", use_by=today - timedelta(days=1)
    )

    for programme, expected in ((later, Ineligible.NOT_IN_FORCE), (over, Ineligible.DAYS_OVER)):
        with pytest.raises(NotEligible) as refused:
            office.drafted(programme_id=programme.id)
        assert codes(refused) == [expected]


def test_a_firm_has_one_open_application_of_a_programme_and_another_once_it_is_over(
    session: Session, office: Office
) -> None:
    first = office.drafted()

    with pytest.raises(NotEligible) as refused:
        office.drafted()
    steps.withdraw_application(session, first.id, actor=office.agent, now=office.now)
    office.drafted()

    assert codes(refused) == [Ineligible.OPEN_APPLICATION]
    assert count(session, VoucherApplication) == 2


def test_issued_vouchers_take_up_the_years_cap(session: Session, office: Office) -> None:
    office.issued(office.passed(office.submitted(amount_fen=15_000_000)))
    again = office.drafted(amount_fen=5_000_001)
    office.handed_in(again, LETTER)

    with pytest.raises(NotEligible) as refused:
        office.submitted(again)
    form = ApplicationForm(amount_fen=5_000_000, statement="更少")
    service.edit_application(session, again.id, form, actor=office.agent, now=office.now)
    office.issued(office.passed(office.submitted(again)))

    assert [(one.code, one.left_fen) for one in refused.value.reasons] == [(Ineligible.OVER_CAP, 5_000_000)]
    with pytest.raises(NotEligible) as full:
        office.submitted(office.handed_in(office.drafted(amount_fen=1), LETTER))
    assert codes(full) == [Ineligible.CAP_TAKEN_UP]


def _used(session: Session) -> tuple[Bench, Voucher]:
    """A voucher of 100,000.00, of which 600.00 is captured and 300.00 held."""
    bench = Bench.made(session)
    voucher = bench.issue(10_000_000)
    done = bench.hold(200_000)
    bench.capture(done, bench.charge(done, 200_000), 200_000)
    bench.hold(100_000, bench.use(NOON + timedelta(hours=3)))
    assert bench.amounts(voucher) == (9_910_000, 30_000, 60_000)
    return bench, voucher


@pytest.mark.parametrize("step", [VoucherStep.RETURN, VoucherStep.REVOKE])
def test_a_voucher_that_was_ended_takes_up_of_the_cap_what_was_used_of_it(session: Session, step: VoucherStep) -> None:
    bench, voucher = _used(session)
    before = taken_fen(session, voucher.programme_id, bench.firm.id)
    bench.step(voucher, VoucherStep.FREEZE)
    frozen = taken_fen(session, voucher.programme_id, bench.firm.id)
    bench.step(voucher, VoucherStep.THAW)
    bench.step(voucher, step)

    held, captured = bench.amounts(voucher)[1:]
    assert (before, frozen) == (10_000_000, 10_000_000)
    assert (captured, taken_fen(session, voucher.programme_id, bench.firm.id)) == (60_000, captured + held)


def test_a_voucher_that_expired_takes_up_of_the_cap_what_is_held_captured_and_paid_of_it(session: Session) -> None:
    bench, voucher = _used(session)
    unused = bench.issue(5_000_000, programme=bench.programme(voucher))
    behind = at_local(voucher.use_by + timedelta(days=1), 60)
    for one in (voucher, unused):
        expire_voucher(session, one.id, now=behind)
    bench.step(bench.issue(1_000_000, programme=bench.programme(voucher)), VoucherStep.FREEZE)

    assert [one.state for one in (voucher, unused)] == ["expired", "expired"]
    assert taken_fen(session, voucher.programme_id, bench.firm.id) == 60_000 + 30_000 + 1_000_000
    assert taken_fen(session, voucher.programme_id, bench.owner.id) == 0


def test_what_expired_unused_does_not_stand_in_the_way_of_another_application(session: Session, office: Office) -> None:
    first = office.issued(office.passed(office.submitted(amount_fen=20_000_000)))
    voucher = session.get_one(Voucher, first.voucher_id)
    with pytest.raises(NotEligible) as full:
        office.submitted(office.handed_in(office.drafted(amount_fen=1), LETTER))
    withdrawn = session.scalars(select(VoucherApplication).order_by(VoucherApplication.id.desc()).limit(1)).one()
    steps.withdraw_application(session, withdrawn.id, actor=office.agent, now=office.now)
    yesterday = local_date(office.now) - timedelta(days=1)
    session.execute(update(Voucher).where(Voucher.id == voucher.id).values(use_by=yesterday))
    session.commit()
    assert expire_voucher(session, voucher.id, now=office.now)

    draft = office.handed_in(office.drafted(amount_fen=20_000_000), LETTER)
    again = office.issued(office.passed(office.submitted(draft)))

    assert codes(full) == [Ineligible.CAP_TAKEN_UP]
    assert again.voucher_id is not None


def test_an_application_waits_while_the_budget_is_short_of_it(session: Session, now: Any) -> None:
    office = make_office(session, now, budget_fen=WANTED)
    other = make_organisation(
        session, name_zh="另一公司", kind=OrganisationKind.ENTERPRISE, uscc=CODES[1], adcode=YUZHONG
    )
    theirs = make_agent(session, other, "other", now=now)
    mine = office.passed()
    rival = Office(**{**office.__dict__, "firm": other, "agent": theirs})
    second = rival.passed(rival.submitted(), actor=make_officer(session, office.authority, "third", now=now))
    office.issued(mine)
    session.commit()

    with pytest.raises(BudgetSpent) as refused:
        rival.issued(second)
    session.rollback()

    assert refused.value.left_fen == 0
    assert (second.state, second.voucher_id, count(session, Voucher)) == (State.PROVINCE_REVIEW, None, 1)
    form = RefuseApplicationForm(version=second.version, reason="预算用完")
    steps.refuse_application(session, second.id, form, actor=office.second, now=now)
    again = service.apply_again(session, second.id, actor=theirs, now=now)
    with pytest.raises(NotEligible) as spent:
        rival.submitted(again)
    assert codes(spent) == [Ineligible.BUDGET_SPENT]


def test_papers_that_lack_are_named_at_once(session: Session, office: Office) -> None:
    found = office.handed_in(office.drafted(), LETTER)

    with pytest.raises(InvalidInput) as refused:
        office.submitted(found)

    assert [one.field for one in refused.value.problems] == ["document.business_licence", "document.enterprise_kind"]
    assert found.state == State.DRAFT


def test_a_paper_of_a_redemption_is_not_taken_with_an_application(session: Session, office: Office) -> None:
    found = office.drafted()

    with pytest.raises(InvalidInput):
        office.handed_in(found, ProgrammeDocument.INVOICE)

    assert count(session, ApplicationPaper) == 0


def test_another_file_takes_the_place_of_a_paper_and_the_one_before_goes_unless_an_officer_saw_it(
    session: Session, office: Office
) -> None:
    found = office.handed_in(office.drafted())
    office.handed_in(found, LICENCE)
    before = count(session, Attachment)
    office.returned(office.submitted(found))

    office.handed_in(found, LICENCE)

    assert (before, count(session, Attachment)) == (3, 4)
    assert len(papers_of(session, found.id)) == 3


def test_a_verified_paper_is_used_again_without_being_handed_in_or_verified(session: Session, office: Office) -> None:
    first = office.issued()

    again = office.drafted()
    office.handed_in(again, LETTER)
    office.submitted(again)
    form = PassApplicationForm(version=again.version)
    steps.pass_on(session, again.id, form, actor=office.first, now=office.now)

    used = {one: paper.attachment_id for one, paper in papers_of(session, again.id).items()}
    before = {one: paper.attachment_id for one, paper in papers_of(session, first.id).items()}
    assert {one: used[one] for one in (LICENCE, KIND)} == {one: before[one] for one in (LICENCE, KIND)}
    assert count(session, VerifiedDocument) == 2


def test_a_paper_that_has_expired_is_asked_for_again(session: Session, office: Office) -> None:
    office.issued()
    office.now = at_local(office.today + timedelta(days=366), 600)
    again = office.handed_in(office.drafted(), LETTER)

    with pytest.raises(InvalidInput) as lacking:
        office.submitted(again)
    office.submitted(office.handed_in(again, LICENCE, KIND))
    with pytest.raises(InvalidInput) as unverified:
        steps.pass_on(session, again.id, PassApplicationForm(version=again.version), actor=office.first, now=office.now)
    office.passed(again)

    assert {one.field for one in lacking.value.problems} == {"document.business_licence", "document.enterprise_kind"}
    assert {one.field for one in unverified.value.problems} == {
        "expires_on.business_licence",
        "expires_on.enterprise_kind",
    }
    assert count(session, VerifiedDocument) == 4


def test_a_paper_that_expires_between_submission_and_review_is_verified_again(session: Session, office: Office) -> None:
    office.issued()
    again = office.submitted(office.handed_in(office.drafted(), LETTER))
    office.now = at_local(office.today + timedelta(days=366), 600)

    with pytest.raises(InvalidInput) as refused:
        steps.pass_on(session, again.id, PassApplicationForm(version=again.version), actor=office.first, now=office.now)

    assert {one.field for one in refused.value.problems} == {
        "expires_on.business_licence",
        "expires_on.enterprise_kind",
    }


def test_a_review_does_not_pass_while_a_paper_is_not_verified(session: Session, office: Office) -> None:
    found = office.submitted()
    form = PassApplicationForm(version=found.version, expires_on={LICENCE: local_date(office.now)})

    with pytest.raises(InvalidInput) as refused:
        steps.pass_on(session, found.id, form, actor=office.first, now=office.now)

    assert [one.field for one in refused.value.problems] == ["expires_on.enterprise_kind"]
    assert (found.state, count(session, VerifiedDocument)) == (State.DISTRICT_REVIEW, 0)


def test_papers_verified_on_the_other_side_are_used_as_far_as_the_authority_recognises_them(
    session: Session, office: Office
) -> None:
    office.issued()
    their = make_authority(session, SICHUAN, name_zh="对方科技厅")
    officer = make_officer(session, their, "theirs", now=office.now)
    today = local_date(office.now)
    before = register.usable(session, their, office.firm.id, today=today)
    form = RecognitionForm(
        organisation_id=their.id,
        kind=RecognitionKind.DOCUMENT,
        province="500000",
        document=LICENCE,
        starts_on=today,
        notice="互认通知",
    )
    recognise(session, form, actor=officer, now=office.now)

    after = register.usable(session, their, office.firm.id, today=today)

    assert before == []
    assert [one.document for one in after] == [LICENCE]


def test_a_firm_that_moved_over_the_border_hands_in_only_what_its_new_province_does_not_recognise(
    session: Session, office: Office
) -> None:
    office.issued()
    their = make_authority(session, SICHUAN, name_zh="对方科技厅", name_en="Theirs")
    first, second = (make_officer(session, their, name, now=office.now) for name in ("their1", "their2"))
    programme = make_programme(session, their, first, now=office.now, **_terms(office))
    office.firm.adcode = SICHUAN
    recognise(session, _recognition(office, their), actor=first, now=office.now)
    session.commit()
    moved = replace(office, authority=their, programme=programme, first=first, second=second)

    again = moved.handed_in(moved.drafted(), LETTER)
    with pytest.raises(InvalidInput) as lacking:
        moved.submitted(again)
    moved.submitted(moved.handed_in(again, KIND))
    found = moved.issued(moved.passed(again))
    whole = whole_application(session, again.id, second, today=moved.today)

    assert [one.field for one in lacking.value.problems] == ["document.enterprise_kind"]
    assert session.get_one(Voucher, found.voucher_id).programme_id == programme.id
    verified = {one: whole.verified_as(one) for one in (LICENCE, KIND)}
    assert {one: row.authority_id for one, row in verified.items() if row} == {
        LICENCE: office.district.id,
        KIND: their.id,
    }
    assert count(session, VerifiedDocument) == 3


def test_what_the_other_province_verified_is_asked_for_again_once_it_has_expired(
    session: Session, office: Office
) -> None:
    office.issued()
    their = make_authority(session, SICHUAN, name_zh="对方科技厅", name_en="Theirs")
    officer = make_officer(session, their, "theirs", now=office.now)
    programme = make_programme(session, their, officer, now=office.now, **_terms(office))
    office.firm.adcode = SICHUAN
    recognise(session, _recognition(office, their), actor=officer, now=office.now)
    session.commit()
    later = at_local(office.today + timedelta(days=366), 600)
    moved = replace(office, authority=their, programme=programme, first=officer, now=later)

    with pytest.raises(InvalidInput) as lacking:
        moved.submitted(moved.handed_in(moved.drafted(), LETTER))

    assert {one.field for one in lacking.value.problems} == {"document.business_licence", "document.enterprise_kind"}


def _terms(office: Office) -> dict[str, Any]:
    """What a programme of the other province says: as that of the office."""
    last = date(office.today.year + 1, 12, 31)
    days = {"use_by": last, "redeem_by": date(last.year + 1, 3, 31)}
    return {"documents": office.papers, "reserves_budget": "issue", "budget_fen": 100_000_000, **days}


def _recognition(office: Office, authority: Organisation) -> RecognitionForm:
    """An authority recognises business licences that Chongqing's have verified."""
    return RecognitionForm(
        organisation_id=authority.id,
        kind=RecognitionKind.DOCUMENT,
        province="500000",
        document=LICENCE,
        starts_on=local_date(office.now),
        notice="互认通知",
    )


def test_one_person_does_not_do_both_reviews_also_after_it_was_sent_back(session: Session, office: Office) -> None:
    both = user_of(session, office.first)
    give(session, both, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, office.authority.id)
    first = actor_for(session, both, now=office.now)
    found = office.passed(actor=first)

    with pytest.raises(NotYours):
        office.issued(found, actor=first)
    office.returned(found, actor=office.second)
    office.submitted(found)
    second = user_of(session, office.second)
    give(session, second, Role.VOUCHER_OFFICER, ScopeKind.ORGANISATION, office.district.id)
    with pytest.raises(NotYours):
        office.passed(found, actor=actor_for(session, second, now=office.now))
    office.passed(found, actor=first)

    assert (office.issued(found).state, count(session, Voucher)) == (State.ISSUED, 1)


@pytest.mark.parametrize("how", ["agent", "belongs", "filed"])
def test_nobody_of_the_firm_reviews_its_application(session: Session, office: Office, how: str) -> None:
    user = user_of(session, office.first)
    make_officer(session, office.district, "colleague", now=office.now)
    if how == "belongs":
        affiliate(session, user, office.firm)
    found = None
    if how in {"agent", "filed"}:
        grant = give(session, user, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, office.firm.id)
        if how == "filed":
            found = office.handed_in(office.drafted(actor_for(session, user, now=office.now)))
            grant.ends_on = local_date(office.now) - timedelta(days=1)
            session.commit()
    found = office.submitted(found)
    reviewer = actor_for(session, user, now=office.now)

    with pytest.raises(NotYours):
        office.passed(found, actor=reviewer)

    assert found.state == State.DISTRICT_REVIEW
    assert applications(session, reviewer, Wanted(to_review=True), today=local_date(office.now), limit=9).items == []


def test_what_somebody_else_has_decided_is_not_decided_again(session: Session, office: Office) -> None:
    colleague = make_officer(session, office.district, "colleague", now=office.now)
    found = office.submitted()
    read = found.version
    office.passed(found)

    with pytest.raises(ApplicationChanged):
        steps.refuse_application(
            session, found.id, RefuseApplicationForm(version=read, reason="重复"), actor=colleague, now=office.now
        )

    assert found.state == State.PROVINCE_REVIEW


def test_what_was_sent_back_is_completed_and_goes_through_both_reviews(session: Session, office: Office) -> None:
    found = office.returned(office.submitted())
    whole = whole_application(session, found.id, office.agent, today=local_date(office.now))
    told = (found.reason, whole.events[-1].facts["lacking"])

    office.handed_in(found, LICENCE)
    office.issued(office.passed(office.submitted(found)))

    assert told == ("执照不清楚", ["business_licence"])
    assert [one for one in steps_of(session, found) if one[0] != Step.EDIT][1:] == [
        (Step.SUBMIT, State.DISTRICT_REVIEW),
        (Step.RETURN, State.RETURNED),
        (Step.SUBMIT, State.DISTRICT_REVIEW),
        (Step.PASS, State.PROVINCE_REVIEW),
        (Step.ISSUE, State.ISSUED),
    ]


def test_a_new_application_begins_with_the_content_of_the_one_that_was_refused(
    session: Session, office: Office
) -> None:
    found = office.refused(office.submitted(statement="原来的用途"))
    session.commit()

    again = service.apply_again(session, found.id, actor=office.agent, now=office.now)

    assert (again.statement, again.wanted_fen, again.before_id, again.state) == (
        "原来的用途",
        WANTED,
        found.id,
        State.DRAFT,
    )
    old, new = ({one: row.attachment_id for one, row in papers_of(session, i.id).items()} for i in (found, again))
    assert new == old
    office.submitted(again)
    assert again.state == State.DISTRICT_REVIEW


def test_the_firm_takes_it_back_until_it_is_decided(session: Session, office: Office) -> None:
    found = office.passed()

    steps.withdraw_application(session, found.id, reason="不需要了", actor=office.agent, now=office.now)

    assert (found.state, found.due_on) == (State.WITHDRAWN, None)
    with pytest.raises(ApplicationNotNow):
        steps.withdraw_application(session, found.id, actor=office.agent, now=office.now)
    with pytest.raises(ApplicationNotNow):
        office.issued(found)


def test_the_first_review_is_the_districts_then_the_citys_else_the_authoritys(session: Session, office: Office) -> None:
    today = local_date(office.now)
    found = office.submitted()

    assert found.district_id == office.district.id
    found.organisation.adcode = YUZHONG
    session.flush()
    assert office_of(session, found.organisation, found.programme.organisation, today).id == office.authority.id


def test_an_office_that_has_no_officers_any_more_leaves_its_reviews_to_the_authority(
    session: Session, office: Office
) -> None:
    found = office.submitted()
    third = make_officer(session, office.authority, "third", now=office.now)
    with pytest.raises(Forbidden):
        office.passed(found, actor=third)
    user_of(session, office.first).deactivated_at = office.now
    session.commit()

    office.passed(found, actor=third)
    office.issued(found)

    assert found.state == State.ISSUED
    verified = session.scalars(select(VerifiedDocument).order_by(VerifiedDocument.id)).all()
    assert {one.authority_id for one in verified} == {office.authority.id}


@pytest.mark.parametrize("how", ["agent", "belongs"])
def test_an_office_whose_only_officer_is_of_the_firm_leaves_its_reviews_to_the_authority(
    session: Session, office: Office, how: str
) -> None:
    found, today = office.submitted(), local_date(office.now)
    third = make_officer(session, office.authority, "third", now=office.now)
    waiting = Wanted(to_review=True)
    before = applications(session, third, waiting, today=today, limit=9).items
    user = user_of(session, office.first)
    if how == "belongs":
        affiliate(session, user, office.firm)
    else:
        give(session, user, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, office.firm.id)

    queued = applications(session, third, waiting, today=today, limit=9).items
    elsewhere = office_of(session, found.organisation, found.programme.organisation, today).id
    office.passed(found, actor=third)

    assert (list(before), [one.id for one in queued]) == ([], [found.id])
    assert (found.state, elsewhere) == (State.PROVINCE_REVIEW, office.authority.id)


def test_reviews_are_due_in_working_days_and_queued_by_them(session: Session, office: Office) -> None:
    found = office.submitted()
    due = steps.due_after(session, office.district.id, date(2026, 3, 6))

    assert due == date(2026, 3, 13)
    page = applications(session, office.first, Wanted(to_review=True), today=local_date(office.now), limit=9)
    assert [one.id for one in page.items] == [found.id]
    assert (
        applications(session, office.second, Wanted(to_review=True), today=local_date(office.now), limit=9).items == []
    )


def test_officers_and_auditors_see_no_draft_and_those_of_the_other_province_nothing(
    session: Session, office: Office
) -> None:
    their = make_authority(session, SICHUAN, name_zh="对方科技厅")
    officer = make_officer(session, their, "theirs", now=office.now)
    today = local_date(office.now)
    auditor_user = make_user(session, "auditor")
    give(session, auditor_user, Role.AUDITOR, ScopeKind.PLATFORM)
    auditor = actor_for(session, auditor_user, now=office.now)

    def seen(actor: Actor) -> int:
        return len(applications(session, actor, Wanted(), today=today, limit=9).items)

    draft = office.handed_in(office.drafted())
    before = [seen(one) for one in (office.agent, office.first, office.second, auditor, officer)]
    office.submitted(draft)
    after = [seen(one) for one in (office.agent, office.first, office.second, auditor, officer)]

    assert (before, after) == ([1, 0, 0, 0, 0], [1, 1, 1, 1, 0])
    with pytest.raises(NotFound):
        whole_application(session, draft.id, officer, today=today)
    office.passed(draft)
    shown = [
        len(register.documents_for(session, one, limit=9).items)
        for one in (office.agent, office.first, office.second, auditor, officer)
    ]
    assert shown == [2, 2, 2, 2, 0]


def test_another_version_that_was_read_is_not_written_over(session: Session, office: Office) -> None:
    found = office.drafted()
    form = ApplicationForm(amount_fen=1, statement="改")

    with pytest.raises(StaleVersion):
        service.edit_application(session, found.id, form, version=found.version - 1, actor=office.agent, now=office.now)

    assert found.wanted_fen == WANTED


def test_a_version_that_asks_for_another_paper_is_met_before_it_passes(session: Session, now: Any) -> None:
    office = make_office(session, now, documents=["application"])
    found = office.submitted()
    said = {**TERMS, "documents": ["application", "business_licence"], "valid_from": local_date(now)}
    write_version(session, office.programme.id, VersionForm(**said), actor=office.second, now=now)

    with pytest.raises(InvalidInput) as refused:
        office.passed(found)

    assert [one.field for one in refused.value.problems] == ["document.business_licence"]


def test_each_step_is_told_to_whom_it_concerns(session: Session, office: Office) -> None:
    office.issued()

    names = session.scalars(select(Event.name).where(Event.name == "applications.changed")).all()
    assert len(names) == count(session, ApplicationEvent)


def test_one_file_is_handed_in_as_a_paper(session: Session, office: Office) -> None:
    found = office.drafted()

    with pytest.raises(InvalidInput):
        service.hand_in_paper(
            session, found.id, LICENCE, [*a_file(), *a_file("b.jpg")], FILE_LIMITS, actor=office.agent, now=office.now
        )

    assert count(session, ApplicationPaper) == 0


def test_an_officer_writes_nothing_in_an_application_and_a_stranger_does_not_find_it(
    session: Session, office: Office
) -> None:
    found = office.submitted()
    stranger = actor_for(session, make_user(session, "stranger"), now=office.now)
    form = IssueVoucherForm(version=found.version)

    with pytest.raises(Forbidden):
        steps.withdraw_application(session, found.id, actor=office.first, now=office.now)
    with pytest.raises(Forbidden):
        office.passed(found, actor=office.second)
    with pytest.raises(Forbidden):
        steps.pass_on(session, found.id, PassApplicationForm(version=found.version), actor=office.agent, now=office.now)
    with pytest.raises(NotFound):
        steps.issue_voucher(session, found.id, form, actor=stranger, now=office.now)

    assert found.state == State.DISTRICT_REVIEW
    assert office.firm.adcode == BEIBEI
