"""Applications for vouchers in the HTTP API: what a firm may apply for, each step of both sides, verified papers."""

from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, Flask, Response, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.applications import answers, eligibility, queries, register, service, steps, withdrawing
from booking.applications.answers import (
    ApplicationAnswer,
    ApplicationList,
    EligibilityAnswer,
    VerifiedDocumentAnswer,
    VerifiedDocumentList,
)
from booking.applications.eligibility import NotEligible
from booking.applications.forms import (
    ApplicationForm,
    ApplicationPaperForm,
    ApplicationsQuery,
    EligibilityQuery,
    IssueVoucherForm,
    NewApplicationForm,
    PassApplicationForm,
    RefuseApplicationForm,
    ReturnApplicationForm,
    VerifiedDocumentsQuery,
    WithdrawApplicationForm,
    WithdrawVerificationForm,
)
from booking.applications.handed_in import wanted_then
from booking.applications.rules import Side
from booking.applications.vouched import voucher_of
from booking.applications.voucher_papers import pdf_response, voucher_pdf
from booking.attachments.answers import UploadBody
from booking.attachments.uploads import file_response, has_uploads, limits_for, read_uploads
from booking.core.actors import Actor, Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, Refused
from booking.directory.queries import organisation
from booking.programmes.queries import shown
from booking.vouchers.issuing import BudgetSpent
from booking.web.errors import add_to_problem
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_form, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from booking.web.uploads import takes_files
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.programmes import ProgrammeDocument

bp = Blueprint("applications_api", __name__, url_prefix="/api/v1")

TAG = "vouchers"
MAKING = (400, 401, 403, 404, 415, 422)
STEP = (*MAKING, 409)
ALL = "/voucher-applications"
ONE = f"{ALL}/<int:application_id>"
PAPER = f"{ONE}/documents/<any({', '.join(one.value for one in ProgrammeDocument)}):document>"
KIND = OwnerKind.VOUCHER_APPLICATION


def _members(refused: Refused) -> dict[str, Any]:
    """Every reason why a firm may not apply, or what is left of a budget, as a member of the problem."""
    if isinstance(refused, BudgetSpent):
        return {"left_fen": refused.left_fen}
    if not isinstance(refused, NotEligible):
        return {}
    return {"refusals": [one.model_dump(mode="json") for one in answers.reasons_answer(refused.reasons)]}


bp.record_once(lambda state: add_to_problem(cast("Flask", state.app), _members))


class ApplicationPaperBody(UploadBody):
    """One file, and as which paper it is handed in."""

    document: ProgrammeDocument


@bp.get(ALL)
@documented(tag=TAG, query=ApplicationsQuery, answers={200: ApplicationList}, refusals=(400, 401, 422))
def list_applications() -> ResponseReturnValue:
    """Applications of the firms one acts for and those that concern one's authority; or the queue of reviews."""
    who, asked, today = require_actor(), read_query(ApplicationsQuery), local_date(utcnow())
    states = [asked.state] if asked.state else ()
    wanted = queries.Wanted(states, to_review=asked.to_review, programme_id=asked.programme)
    page = queries.applications(reading(), who, wanted, today=today, limit=asked.limit, cursor=asked.cursor)
    then = wanted_then(reading(), page.items, who)
    items = [answers.application_summary(one, then) for one in page.items]
    return _json(ApplicationList(items=items, next_cursor=page.next_cursor))


@bp.get(f"{ALL}/eligibility")
@documented(tag=TAG, query=EligibilityQuery, answers={200: EligibilityAnswer}, refusals=(400, 401, 403, 404, 422))
def check() -> ResponseReturnValue:
    """Whether a firm that one acts for may apply for a voucher of a programme, with every reason against."""
    who, asked, session, today = require_actor(), read_query(EligibilityQuery), reading(), local_date(utcnow())
    firm = organisation(session, asked.organisation)
    require(who, Permission.APPLY_FOR_VOUCHERS, Target(firm.id))
    policy = shown(session, asked.programme, today)
    found = eligibility.eligibility(session, policy, firm, asked.amount_fen, today=today)
    return _json(answers.eligibility_answer(found))


@bp.post(ALL)
@documented(tag=TAG, body=NewApplicationForm, answers={201: ApplicationAnswer}, refusals=MAKING)
def create() -> ResponseReturnValue:
    """Begin an application for a firm that one acts for."""
    form = read_json(NewApplicationForm)
    return _created(lambda one, who: service.start_application(one, form, actor=who, now=utcnow()).id)


@bp.get(ONE)
@documented(tag=TAG, answers={200: ApplicationAnswer}, refusals=(401, 404))
def show(application_id: int) -> ResponseReturnValue:
    """The whole application, for the firm, and for the authorities that it concerns once it was submitted."""
    return _application(application_id)


@bp.put(ONE)
@documented(tag=TAG, body=ApplicationForm, answers={200: ApplicationAnswer}, refusals=(*STEP, 412))
def change(application_id: int) -> ResponseReturnValue:
    """Ask for another amount or say something else of it, before it is submitted."""
    form, who, version = read_json(ApplicationForm), require_actor(), if_match()
    transaction(service.edit_application, application_id, form, version=version, actor=who, now=utcnow())
    return _application(application_id)


@bp.post(f"{ONE}/documents")
@takes_files
@documented(tag=TAG, form=ApplicationPaperBody, answers={200: ApplicationAnswer}, refusals=(*STEP, 413))
def hand_in(application_id: int) -> ResponseReturnValue:
    """Hand in a file as one of the papers, in the place of another one."""
    who, limits = require_actor(), limits_for(KIND)
    if queries.application_for(reading(), application_id, who)[1] != Side.FIRM:
        raise Forbidden
    form = read_form(ApplicationPaperForm)
    files = read_uploads(limits, keeps_originals=True) if has_uploads() else []
    transaction(service.hand_in_paper, application_id, form.document, files, limits, actor=who, now=utcnow())
    return _application(application_id)


@bp.get(PAPER)
@documented(tag=TAG, answers={200: None}, refusals=(401, 404))
def paper(application_id: int, document: str) -> Response:
    """The file of one paper."""
    session = reading()
    file = queries.file_for(session, application_id, ProgrammeDocument(document), require_actor())
    return file_response(session, file)


@bp.delete(PAPER)
@documented(tag=TAG, answers={200: ApplicationAnswer}, refusals=(401, 403, 404, 409))
def remove_paper(application_id: int, document: str) -> ResponseReturnValue:
    """Take a paper out again."""
    who, kind = require_actor(), ProgrammeDocument(document)
    transaction(service.remove_paper, application_id, kind, actor=who, now=utcnow())
    return _application(application_id)


@bp.post(f"{ONE}/submit")
@documented(tag=TAG, answers={200: ApplicationAnswer}, refusals=(401, 403, 404, 409, 422))
def submit(application_id: int) -> ResponseReturnValue:
    """Hand it in for review."""
    transaction(steps.submit_application, application_id, actor=require_actor(), now=utcnow())
    return _application(application_id)


@bp.post(f"{ONE}/withdraw")
@documented(tag=TAG, body=WithdrawApplicationForm, answers={200: ApplicationAnswer}, refusals=STEP)
def withdraw(application_id: int) -> ResponseReturnValue:
    """Take it back while nobody has decided."""
    form, who = read_json(WithdrawApplicationForm), require_actor()
    transaction(steps.withdraw_application, application_id, reason=form.reason, actor=who, now=utcnow())
    return _application(application_id)


@bp.post(f"{ONE}/review")
@documented(tag=TAG, body=PassApplicationForm, answers={200: ApplicationAnswer}, refusals=STEP)
def review(application_id: int) -> ResponseReturnValue:
    """The first review is done: on to the authority (for officers of the office that is due)."""
    form, who = read_json(PassApplicationForm), require_actor()
    transaction(steps.pass_on, application_id, form, actor=who, now=utcnow())
    return _application(application_id)


@bp.post(f"{ONE}/return")
@documented(tag=TAG, body=ReturnApplicationForm, answers={200: ApplicationAnswer}, refusals=STEP)
def send_back(application_id: int) -> ResponseReturnValue:
    """Send it back to be completed, with what lacks (for officers of the office that is due)."""
    form, who = read_json(ReturnApplicationForm), require_actor()
    transaction(steps.return_application, application_id, form, actor=who, now=utcnow())
    return _application(application_id)


@bp.post(f"{ONE}/refuse")
@documented(tag=TAG, body=RefuseApplicationForm, answers={200: ApplicationAnswer}, refusals=STEP)
def refuse(application_id: int) -> ResponseReturnValue:
    """Refuse it for a reason; the firm may apply again (for officers of the office that is due)."""
    form, who = read_json(RefuseApplicationForm), require_actor()
    transaction(steps.refuse_application, application_id, form, actor=who, now=utcnow())
    return _application(application_id)


@bp.post(f"{ONE}/issue")
@documented(tag=TAG, body=IssueVoucherForm, answers={200: ApplicationAnswer}, refusals=STEP)
def issue(application_id: int) -> ResponseReturnValue:
    """The second review is done: issue the voucher, unless the budget is short (for the authority's officers)."""
    form, who = read_json(IssueVoucherForm), require_actor()
    transaction(steps.issue_voucher, application_id, form, actor=who, now=utcnow())
    return _application(application_id)


@bp.post(f"{ONE}/again")
@documented(tag=TAG, answers={201: ApplicationAnswer}, refusals=(401, 403, 404, 409, 422))
def apply_again(application_id: int) -> ResponseReturnValue:
    """Another application with the content of one that was refused or withdrawn."""
    return _created(lambda one, who: service.apply_again(one, application_id, actor=who, now=utcnow()).id)


@bp.get(f"{ONE}/voucher.pdf")
@documented(tag=TAG, answers={200: None}, refusals=(401, 404))
def voucher_paper(application_id: int) -> Response:
    """The voucher that was issued, as a paper with its number and both deadlines."""
    found, voucher, version = voucher_of(reading(), application_id, require_actor())
    return pdf_response(voucher_pdf(found, voucher, version), voucher.number)


@bp.get("/verified-documents")
@documented(tag=TAG, query=VerifiedDocumentsQuery, answers={200: VerifiedDocumentList}, refusals=(400, 401, 422))
def list_documents() -> ResponseReturnValue:
    """Papers of firms that an authority has verified: one's firm's, one's authority's, and those used again there."""
    who, asked = require_actor(), read_query(VerifiedDocumentsQuery)
    page = register.documents_for(
        reading(), who, organisation_id=asked.organisation, limit=asked.limit, cursor=asked.cursor
    )
    items = [answers.document_answer(one, _document_address) for one in page.items]
    return _json(VerifiedDocumentList(items=items, next_cursor=page.next_cursor))


@bp.post("/verified-documents/<int:document_id>/withdraw")
@documented(tag=TAG, body=WithdrawVerificationForm, answers={200: VerifiedDocumentAnswer}, refusals=STEP)
def withdraw_verification(document_id: int) -> ResponseReturnValue:
    """Take back that a paper was verified, for a reason (for officers of the authority that verified it)."""
    form, who = read_json(WithdrawVerificationForm), require_actor()
    transaction(withdrawing.withdraw_verification, document_id, form, actor=who, now=utcnow())
    return _json(answers.document_answer(register.document_for(reading(), document_id, who), _document_address))


@bp.get("/verified-documents/<int:document_id>/file")
@documented(tag=TAG, answers={200: None}, refusals=(401, 404))
def verified_file(document_id: int) -> Response:
    """The file of a verified paper."""
    session = reading()
    return file_response(session, register.document_for(session, document_id, require_actor()).attachment)


def _document_address(document_id: int) -> str:
    """Where the file of a verified paper is."""
    return url_for("applications_api.verified_file", document_id=document_id)


def _paper_address(application_id: int, document: ProgrammeDocument) -> str:
    """Where the file of a paper is."""
    return url_for("applications_api.paper", application_id=application_id, document=document.value)


def _created(work: Callable[[Session, Actor], int]) -> Response:
    """What was made, once per key, answered as it is now."""
    who, now = require_actor(), utcnow()

    def made(session: Session) -> dict[str, Any]:
        return {"id": work(session, who)}

    application_id = create_once(made, actor=who, now=now)[0]["id"]
    response = _application(application_id, 201)
    response.headers["Location"] = url_for(".show", application_id=application_id)
    return response


def _application(application_id: int, status: int = 200) -> Response:
    """The application as it is now, with its version as ETag."""
    whole = queries.whole_application(reading(), application_id, require_actor(), today=local_date(utcnow()))
    response = _json(answers.application_answer(whole, _paper_address), status)
    response.set_etag(str(whole.application.version))
    return response


def _json(answer: BaseModel, status: int = 200) -> Response:
    """The answer as JSON, kept by nobody."""
    response = Response(answer.model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
