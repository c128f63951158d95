"""Submitting, the two reviews by two persons, and issuing: each decision once, with everybody told."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.applications import register
from booking.applications.forms import (
    IssueVoucherForm,
    PassApplicationForm,
    RefuseApplicationForm,
    ReturnApplicationForm,
    ReviewForm,
)
from booking.applications.queries import events_of, papers_of
from booking.applications.reviewers import reviewing_of
from booking.applications.rules import (
    Reviewing,
    Side,
    Verifying,
    target_of_step,
    verifying_problems,
)
from booking.applications.service import (
    ApplicationNotNow,
    Held,
    begin,
    check_eligible,
    fill_papers,
    finish,
    lock,
    needed_papers,
)
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, Problem
from booking.core.texts import N_
from booking.core.working_days import add_working_days
from booking.directory.queries import working_day_test
from booking.programmes.queries import shown
from booking.vouchers.issuing import Issue, issue
from booking.vouchers.offices import office_of
from models.applications import VerifiedDocument, VoucherApplication
from models.vocabulary.applications import KEPT_DOCUMENTS, ApplicationState, ApplicationStep
from models.vocabulary.programmes import ProgrammeDocument

LONGEST_WAIT = timedelta(days=60)


class NotYours(Forbidden):
    """Four eyes: the officer stands on the firm's side, or has decided on it at the other office."""

    code = "four_eyes"

    def __init__(self, reviewing: Reviewing) -> None:
        """Say which of the reasons it is."""
        super().__init__(
            N_("两次审核须由两个人分别进行，您已在另一级审核过这份申请。")
            if reviewing.did_other_review
            else N_("您是这家企业的人，或提交过这份申请，不能审核它。")
        )


class ApplicationChanged(Conflict):
    """Somebody else decided, or the firm changed something, since the officer read it."""

    code = "application_changed"
    sentence = N_("这份申请在您打开之后已由他人处理或有更改，您的决定没有保存。请重新查看。")


def submit_application(session: Session, application_id: int, *, actor: Actor, now: datetime) -> VoucherApplication:
    """Hand the application in for the first review; raises NotEligible, and InvalidInput where something lacks."""
    held = begin(session, application_id, ApplicationStep.SUBMIT, actor=actor)
    application, today = held.application, local_date(now)
    check_eligible(session, application, application.wanted_fen, now=now)
    programme = shown(session, application.programme_id, today)
    fill_papers(session, application, programme, now=now)
    papers = papers_of(session, application.id)
    lacking = [one for one in needed_papers(session, application, now=now) if one not in papers]
    problems = [Problem(f"document.{one.value}", N_("请先上传这份材料。")) for one in lacking]
    if not application.statement:
        problems.append(Problem("statement", N_("请先写明用途。")))
    if problems:
        raise InvalidInput(problems)
    office = office_of(session, application.organisation, application.programme.organisation, today)
    due_on = due_after(session, office.id, programme.version.review_days, today)
    values = {"district_id": office.id, "due_on": due_on, "submitted_at": now, "reason": ""}
    facts = {"district_id": office.id, "papers": _papers_said(session, application)}
    return finish(session, held, values=values, facts=facts, actor=actor, now=now)


def withdraw_application(
    session: Session, application_id: int, *, reason: str = "", actor: Actor, now: datetime
) -> VoucherApplication:
    """Take an application back that nobody has decided on; raises NotFound, Forbidden or ApplicationNotNow."""
    held = begin(session, application_id, ApplicationStep.WITHDRAW, actor=actor)
    return finish(session, held, values={"due_on": None}, reason=reason, actor=actor, now=now)


def pass_on(
    session: Session, application_id: int, form: PassApplicationForm, *, actor: Actor, now: datetime
) -> VoucherApplication:
    """The first review is done: the papers are verified, and another person of the authority reviews next.

    Raises NotFound, Forbidden, NotYours, ApplicationNotNow, ApplicationChanged and InvalidInput.
    """
    held = _begin_review(session, application_id, ApplicationStep.PASS, form, actor=actor, now=now)
    application = held.application
    kept = _verify(session, held, form.expires_on, actor=actor, now=now)
    today, authority_id = local_date(now), application.programme.organisation_id
    days = shown(session, application.programme_id, today).version.review_days
    due_on = due_after(session, authority_id, days, today)
    facts = {"papers": _papers_said(session, application), "verified": kept}
    return finish(session, held, values={"due_on": due_on}, reason=form.remark, facts=facts, actor=actor, now=now)


def return_application(
    session: Session, application_id: int, form: ReturnApplicationForm, *, actor: Actor, now: datetime
) -> VoucherApplication:
    """Send it back to the firm to be completed, with what lacks; both reviews come again afterwards."""
    held = _begin_review(session, application_id, ApplicationStep.RETURN, form, actor=actor, now=now)
    values, facts = {"due_on": None, "reason": form.reason}, {"lacking": [one.value for one in form.lacking]}
    return finish(session, held, values=values, reason=form.reason, facts=facts, actor=actor, now=now)


def refuse_application(
    session: Session, application_id: int, form: RefuseApplicationForm, *, actor: Actor, now: datetime
) -> VoucherApplication:
    """Refuse it for a reason; the firm may apply again with the same content."""
    held = _begin_review(session, application_id, ApplicationStep.REFUSE, form, actor=actor, now=now)
    values = {"due_on": None, "reason": form.reason}
    return finish(session, held, values=values, reason=form.reason, actor=actor, now=now)


def issue_voucher(
    session: Session, application_id: int, form: IssueVoucherForm, *, actor: Actor, now: datetime
) -> VoucherApplication:
    """The second review is done: the voucher is issued, of what was asked for or of less for a reason.

    While the budget is short of it nothing is stored, and the application goes on waiting. Raises what `pass_on`
    raises, NotEligible, and BudgetSpent where somebody was faster.
    """
    held = _begin_review(session, application_id, ApplicationStep.ISSUE, form, actor=actor, now=now)
    application = held.application
    granted = form.granted_fen or application.wanted_fen
    if granted > application.wanted_fen:
        raise InvalidInput([Problem("granted_fen", N_("不能多于申请的金额。"))])
    if granted < application.wanted_fen and not form.reason:
        raise InvalidInput([Problem("reason", N_("核发金额少于申请金额，请写明原因。"))])
    kept = _verify(session, held, form.expires_on, actor=actor, now=now)
    check_eligible(session, application, granted, minds_budget=False, now=now)
    wish = Issue(application.programme_id, application.organisation_id, granted)
    voucher = issue(session, wish, actor=actor, now=now)
    values = {"voucher_id": voucher.id, "granted_fen": granted, "due_on": None, "reason": form.reason}
    facts = {"papers": _papers_said(session, application), "verified": kept, "voucher": voucher.number}
    return finish(session, held, values=values, reason=form.reason, facts=facts, actor=actor, now=now)


def due_after(session: Session, office_id: int, days: int, today: date) -> date:
    """The last of the working days that an office has for a review, by the version in force on its first day."""
    is_working = working_day_test(session, office_id, today, today + LONGEST_WAIT)
    return add_working_days(today, days, is_working)


def _begin_review(
    session: Session, application_id: int, step: ApplicationStep, form: ReviewForm, *, actor: Actor, now: datetime
) -> Held:
    """The application, locked for a decision of an officer of the office that is due, as it was read."""
    found, _side = lock(session, application_id, actor=actor)
    if not reach(actor, Permission.REVIEW_APPLICATIONS):
        raise Forbidden
    target = target_of_step(step, found.state, Side.OFFICER)
    if form.version != found.version:
        raise ApplicationChanged
    if target is None:
        raise ApplicationNotNow
    reviewing = reviewing_of(session, found, events_of(session, found.id), actor, today=local_date(now))
    if reviewing is None:
        raise Forbidden
    if not reviewing.is_free:
        raise NotYours(reviewing)
    return Held(found, step, found.state, target)


def _verify(
    session: Session, held: Held, expires_on: Mapping[ProgrammeDocument, date], *, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    """Keep until when the papers hold that nobody has verified yet; raises InvalidInput with what lacks."""
    application, today = held.application, local_date(now)
    papers, needed = papers_of(session, application.id), needed_papers(session, application, now=now)
    rows = register.usable(session, application.programme.organisation, application.organisation_id, today=today)
    known = register.by_file(rows)
    wanted = [one for one in needed if one in KEPT_DOCUMENTS]
    lacking = [one for one in needed if one not in papers]
    if lacking:
        raise InvalidInput([Problem(f"document.{one.value}", N_("材料不全，请退回企业补正。")) for one in lacking])
    unverified = [one for one in wanted if (one, papers[one].attachment_id) not in known]
    if problems := verifying_problems(Verifying(unverified, expires_on, today)):
        raise InvalidInput(problems)
    at_district = held.source == ApplicationState.DISTRICT_REVIEW
    office = _office_of(application, actor, at_district=at_district)
    made = [
        VerifiedDocument(
            organisation_id=application.organisation_id,
            document=one,
            attachment_id=papers[one].attachment_id,
            authority_id=office,
            application_id=application.id,
            verified_by_id=actor.id,
            verified_on=today,
            expires_on=expires_on[one],
            created_at=now,
        )
        for one in unverified
    ]
    session.add_all(made)
    session.flush()
    return [{"document": one.document.value, "expires_on": one.expires_on.isoformat()} for one in made]


def _office_of(application: VoucherApplication, actor: Actor, *, at_district: bool) -> int:
    """The office for which an officer verifies: that of the district where they are one of it, else the authority."""
    ids = reach(actor, Permission.REVIEW_APPLICATIONS).organisation_ids
    if at_district and application.district_id is not None and application.district_id in ids:
        return application.district_id
    return application.programme.organisation_id


def _papers_said(session: Session, application: VoucherApplication) -> dict[str, str]:
    """The papers as history keeps them: by the hash of their files."""
    return {one.value: paper.attachment.sha256 for one, paper in papers_of(session, application.id).items()}
