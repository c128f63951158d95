"""Redemptions in the HTTP API: what can be claimed, requests with their papers, reviews, payments, notices, samples."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, url_for
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.attachments.answers import UploadBody
from booking.attachments.uploads import file_response, limits_for, read_uploads
from booking.core import forms
from booking.core.actors import Actor, Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden
from booking.programmes.queries import programme
from booking.redemptions import documents, drawn, elsewhere, paying, queries, sampling, service
from booking.redemptions.answers import (
    RedemptionAnswer,
    RedemptionList,
    RedemptionNoticeList,
    notice_answer,
    redemption_answer,
    redemption_row,
)
from booking.redemptions.claimable import claimable_page
from booking.redemptions.claimable_answers import ClaimableList, claimable_answer
from booking.redemptions.differences import differences
from booking.redemptions.flags import flags_of, is_told
from booking.redemptions.forms import (
    ClaimableQuery,
    ClawBackForm,
    PaidElsewhereForm,
    RedemptionDocumentForm,
    RedemptionFindingForm,
    RedemptionForm,
    RedemptionNoticesQuery,
    RedemptionPaymentForm,
    RedemptionRejectionForm,
    RedemptionReviewForm,
    RedemptionSampleForm,
    RedemptionSamplesQuery,
    RedemptionsQuery,
    SubmittedElsewhereForm,
    WithdrawRedemptionForm,
)
from booking.redemptions.pack import pack_response
from booking.redemptions.queries import Wanted
from booking.redemptions.sample_answers import (
    RedemptionFindingAnswer,
    RedemptionSampleAnswer,
    RedemptionSampleList,
    finding_answer,
    sample_answer,
)
from booking.redemptions.service_types import types_of
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import posted, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from booking.web.uploads import takes_files
from models.attachments import Attachment
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.redemptions import RedemptionState

bp = Blueprint("redemptions_api", __name__, url_prefix="/api/v1")

TAG = "vouchers"
ONE = "/redemptions/<int:redemption_id>"
STEP = (400, 401, 403, 404, 409, 415, 422)
KIND = OwnerKind.REDEMPTION


class RedemptionDocumentBody(UploadBody):
    """Files of one paper of the list; `document` is one of the programme's documents."""

    document: str


@bp.get("/redemptions")
@documented(tag=TAG, query=RedemptionsQuery, answers={200: RedemptionList}, refusals=(400, 401, 422))
def redemptions() -> Response:
    """The redemptions that one may read: as claimant, as officer of the authority, or as auditor; the newest first."""
    asked, who = read_query(RedemptionsQuery), require_actor()
    wanted = Wanted(asked.organisation, asked.programme, asked.state, asked.waiting)
    page = queries.redemptions(reading(), who, wanted, limit=asked.limit, cursor=asked.cursor)
    return _json(RedemptionList(items=[redemption_row(one) for one in page.items], next_cursor=page.next_cursor))


@bp.get("/redemptions/claimable")
@documented(tag=TAG, query=ClaimableQuery, answers={200: ClaimableList}, refusals=(400, 401, 403, 422))
def show_claimable() -> Response:
    """What a claimant has not claimed yet of what vouchers covered, with every reason against, the first due first."""
    asked, who = read_query(ClaimableQuery), require_actor()
    require(who, Permission.CLAIM_REDEMPTIONS, Target(asked.organisation))
    today = local_date(utcnow())
    page = claimable_page(
        reading(),
        asked.organisation,
        today=today,
        programme_id=asked.programme,
        limit=asked.limit,
        cursor=asked.cursor,
    )
    return _json(ClaimableList(items=[claimable_answer(one) for one in page.items], next_cursor=page.next_cursor))


@bp.get("/redemptions/queue")
@documented(tag=TAG, query=RedemptionNoticesQuery, answers={200: RedemptionList}, refusals=(400, 401, 422))
def queue() -> Response:
    """What an officer can review or pay today, by the day on which it is due."""
    asked, who = read_query(RedemptionNoticesQuery), require_actor()
    today = local_date(utcnow())
    page = queries.queue(reading(), who, today=today, limit=asked.limit, cursor=asked.cursor)
    return _json(RedemptionList(items=[redemption_row(one) for one in page.items], next_cursor=page.next_cursor))


@bp.get("/redemption-notices")
@documented(tag=TAG, query=RedemptionNoticesQuery, answers={200: RedemptionNoticeList}, refusals=(400, 401, 422))
def notices() -> Response:
    """What authorities are about to pay or have paid, in public, the newest first."""
    asked = read_query(RedemptionNoticesQuery)
    page = queries.notices(reading(), limit=asked.limit, cursor=asked.cursor)
    return _json(RedemptionNoticeList(items=[notice_answer(one) for one in page.items], next_cursor=page.next_cursor))


@bp.post("/redemptions")
@documented(tag=TAG, body=RedemptionForm, answers={201: RedemptionAnswer}, refusals=STEP)
def create() -> Response:
    """Ask to be paid for what vouchers covered, each amount whole."""
    form, now = read_json(RedemptionForm), utcnow()
    response = _done(lambda one, who: service.request_redemption(one, form, actor=who, now=now).id, 201)
    response.headers["Location"] = url_for(".show", redemption_id=response.get_json()["id"])
    return response


@bp.get(ONE)
@documented(tag=TAG, answers={200: RedemptionAnswer}, refusals=(401, 404))
def show(redemption_id: int) -> Response:
    """A redemption, for its claimant, the authority's officers and auditors."""
    return _redemption(redemption_id)


@bp.get(f"{ONE}/pack.zip")
@documented(tag=TAG, answers={200: None}, refusals=(401, 404))
def pack(redemption_id: int) -> Response:
    """Its papers as a ZIP in the order of the programme's list, behind a cover that names what is missing."""
    session = reading()
    whole = queries.whole_redemption(session, redemption_id, require_actor(), today=local_date(utcnow()))
    return pack_response(session, whole)


@bp.post(f"{ONE}/documents")
@takes_files
@documented(tag=TAG, form=RedemptionDocumentBody, answers={201: RedemptionAnswer}, refusals=(*STEP, 413))
def add_documents(redemption_id: int) -> Response:
    """Hand in files of one paper of the list."""
    _found, sight = queries.redemption_for(reading(), redemption_id, require_actor())
    if not sight.claims:
        raise Forbidden
    kind, limits, now = forms.read(RedemptionDocumentForm, posted()).document, limits_for(KIND), utcnow()
    files = read_uploads(limits, keeps_originals=True)

    def work(session: Session, who: Actor) -> int:
        return documents.add_documents(session, redemption_id, kind, files, limits, actor=who, now=now).id

    return _done(work, 201)


@bp.delete(f"{ONE}/documents/<int:attachment_id>")
@documented(tag=TAG, answers={200: RedemptionAnswer}, refusals=(401, 403, 404, 409))
def remove_document(redemption_id: int, attachment_id: int) -> Response:
    """Take a file out again before anybody reviewed the request."""
    now = utcnow()
    return _done(
        lambda one, who: documents.remove_document(one, redemption_id, attachment_id, actor=who, now=now).id, 200
    )


@bp.get(f"{ONE}/files/<int:attachment_id>")
@documented(tag=TAG, answers={200: None}, refusals=(401, 404))
def file(redemption_id: int, attachment_id: int) -> Response:
    """A file that was handed in with it, or a paper of the bank."""
    session = reading()
    return file_response(session, documents.file_for(session, redemption_id, attachment_id, require_actor()))


@bp.post(f"{ONE}/review")
@documented(tag=TAG, body=RedemptionReviewForm, answers={200: RedemptionAnswer}, refusals=STEP)
def review(redemption_id: int) -> Response:
    """Make the next of the two reviews; two officers make them, and neither is of the claimant."""
    form, now = read_json(RedemptionReviewForm), utcnow()
    return _done(lambda one, who: service.review(one, redemption_id, form, actor=who, now=now).id, 200)


@bp.post(f"{ONE}/publish")
@documented(tag=TAG, body=RedemptionReviewForm, answers={200: RedemptionAnswer}, refusals=STEP)
def publish(redemption_id: int) -> Response:
    """Make the last of the two reviews, after which what is approved is shown to the public."""
    form, now = read_json(RedemptionReviewForm), utcnow()
    last = RedemptionState.REVIEWED
    return _done(lambda one, who: service.review(one, redemption_id, form, actor=who, now=now, due=last).id, 200)


@bp.post(f"{ONE}/reject")
@documented(tag=TAG, body=RedemptionRejectionForm, answers={200: RedemptionAnswer}, refusals=STEP)
def reject(redemption_id: int) -> Response:
    """Refuse a request; its amounts can be claimed again unless that is final."""
    form, now = read_json(RedemptionRejectionForm), utcnow()
    return _done(lambda one, who: service.reject(one, redemption_id, form, actor=who, now=now).id, 200)


@bp.post(f"{ONE}/withdraw")
@documented(tag=TAG, body=WithdrawRedemptionForm, answers={200: RedemptionAnswer}, refusals=STEP)
def withdraw(redemption_id: int) -> Response:
    """Take a request back before anybody reviewed it."""
    form, now = read_json(WithdrawRedemptionForm), utcnow()
    return _done(lambda one, who: service.withdraw(one, redemption_id, form.reason, actor=who, now=now).id, 200)


@bp.post(f"{ONE}/pay")
@documented(tag=TAG, body=RedemptionPaymentForm, answers={200: RedemptionAnswer}, refusals=STEP)
def pay(redemption_id: int) -> Response:
    """Record that it was paid, once the public notice is over."""
    form, now = read_json(RedemptionPaymentForm), utcnow()
    return _done(lambda one, who: paying.record_payment(one, redemption_id, form, actor=who, now=now).id, 200)


@bp.post(f"{ONE}/claw-back")
@documented(tag=TAG, body=ClawBackForm, answers={200: RedemptionAnswer}, refusals=STEP)
def claw_back(redemption_id: int) -> Response:
    """Record that money of an item came back."""
    form, now = read_json(ClawBackForm), utcnow()
    return _done(lambda one, who: paying.claw_back(one, redemption_id, form, actor=who, now=now).id, 200)


@bp.post(f"{ONE}/bank-papers")
@takes_files
@documented(tag=TAG, form=UploadBody, answers={201: RedemptionAnswer}, refusals=(*STEP, 413))
def add_bank_papers(redemption_id: int) -> Response:
    """Keep papers of the bank with what was paid."""
    _found, sight = queries.redemption_for(reading(), redemption_id, require_actor())
    if not sight.reviews:
        raise Forbidden
    limits, now = limits_for(KIND), utcnow()
    files = read_uploads(limits, keeps_originals=True)
    return _done(lambda one, who: paying.add_bank_papers(one, redemption_id, files, limits, actor=who, now=now).id, 201)


@bp.post(f"{ONE}/submitted-elsewhere")
@documented(tag=TAG, body=SubmittedElsewhereForm, answers={200: RedemptionAnswer}, refusals=STEP)
def submitted_elsewhere(redemption_id: int) -> Response:
    """Record on which day a request was handed in where its vouchers live (its claimant)."""
    form, now = read_json(SubmittedElsewhereForm), utcnow()
    return _done(lambda one, who: elsewhere.record_submitted(one, redemption_id, form, actor=who, now=now).id, 200)


@bp.post(f"{ONE}/paid-elsewhere")
@documented(tag=TAG, body=PaidElsewhereForm, answers={200: RedemptionAnswer}, refusals=STEP)
def paid_elsewhere(redemption_id: int) -> Response:
    """Record what was approved and paid there; papers of it go to `outcome-papers`."""
    form, now = read_json(PaidElsewhereForm), utcnow()
    return _done(lambda one, who: elsewhere.record_paid(one, redemption_id, form, actor=who, now=now).id, 200)


@bp.post(f"{ONE}/refused-elsewhere")
@documented(tag=TAG, body=RedemptionRejectionForm, answers={200: RedemptionAnswer}, refusals=STEP)
def refused_elsewhere(redemption_id: int) -> Response:
    """Record that it was refused there; its amounts can be claimed again unless that is final."""
    form, now = read_json(RedemptionRejectionForm), utcnow()
    return _done(lambda one, who: elsewhere.record_refused(one, redemption_id, form, actor=who, now=now).id, 200)


@bp.post(f"{ONE}/clawed-back-elsewhere")
@documented(tag=TAG, body=ClawBackForm, answers={200: RedemptionAnswer}, refusals=STEP)
def clawed_back_elsewhere(redemption_id: int) -> Response:
    """Record that some of what was paid there was given back (its claimant)."""
    form, now = read_json(ClawBackForm), utcnow()
    return _done(lambda one, who: elsewhere.record_clawed_back(one, redemption_id, form, actor=who, now=now).id, 200)


@bp.post(f"{ONE}/outcome-papers")
@takes_files
@documented(tag=TAG, form=UploadBody, answers={201: RedemptionAnswer}, refusals=(*STEP, 413))
def add_outcome_papers(redemption_id: int) -> Response:
    """Keep papers of what came of it there (its claimant)."""
    found, sight = queries.redemption_for(reading(), redemption_id, require_actor())
    if not (found.programme.runs_at and sight.records):
        raise Forbidden
    limits, now = limits_for(KIND), utcnow()
    kept = read_uploads(limits, keeps_originals=True), limits
    return _done(lambda one, who: elsewhere.add_outcome_papers(one, redemption_id, kept, actor=who, now=now).id, 201)


@bp.get("/redemption-samples")
@documented(
    tag=TAG, query=RedemptionSamplesQuery, answers={200: RedemptionSampleList}, refusals=(400, 401, 403, 404, 422)
)
def samples() -> Response:
    """What was drawn of programmes to be audited, for their officers and auditors, the newest first."""
    session, asked, who = reading(), read_query(RedemptionSamplesQuery), require_actor()
    if asked.programme is not None:
        place = Target(programme(session, asked.programme).organisation_id)
        require(who, Permission.SEE_REDEMPTION_SAMPLES, place)
    page = drawn.samples(session, who, asked.programme, limit=asked.limit, cursor=asked.cursor)
    findings = drawn.findings_of(session, [one.id for one in page.items])
    items = [sample_answer(one, findings) for one in page.items]
    return _json(RedemptionSampleList(items=items, next_cursor=page.next_cursor))


@bp.post("/redemption-samples")
@documented(tag=TAG, body=RedemptionSampleForm, answers={201: RedemptionSampleAnswer}, refusals=STEP)
def draw() -> Response:
    """Draw a share or a number of what a programme paid between two days; the seed is kept with it."""
    form, who, now = read_json(RedemptionSampleForm), require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return sample_answer(sampling.draw_sample(session, form, actor=who, now=now), {}).model_dump(mode="json")

    return _json(RedemptionSampleAnswer(**create_once(work, actor=who, now=now)[0]), 201)


@bp.post("/redemption-samples/<int:sample_id>/findings")
@documented(tag=TAG, body=RedemptionFindingForm, answers={201: RedemptionFindingAnswer}, refusals=STEP)
def find(sample_id: int) -> Response:
    """Say what was found of a redemption that was drawn (officers of the authority, not who approved it)."""
    form, who, now = read_json(RedemptionFindingForm), require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        made = sampling.record_finding(session, sample_id, form, actor=who, now=now)
        return finding_answer(made, who.name).model_dump(mode="json")

    return _json(RedemptionFindingAnswer(**create_once(work, actor=who, now=now)[0]), 201)


def _done(work: Callable[[Session, Actor], int], status: int) -> Response:
    """The redemption after a step, once per key."""
    who = require_actor()
    done = create_once(lambda session: {"id": work(session, who)}, actor=who, now=utcnow())[0]
    return _redemption(done["id"], status)


def _redemption(redemption_id: int, status: int = 200) -> Response:
    """The redemption as it is."""
    session = reading()
    whole = queries.whole_redemption(session, redemption_id, require_actor(), today=local_date(utcnow()))
    papers, invoices = documents.papers_of(session, whole), documents.invoices_by_charge(session, whole.items)
    due, types = differences(session, whole.redemption, whole.items, whole.events), types_of(session, whole.items)
    said = flags_of(session, whole.redemption, whole.items) if is_told(whole) else None

    def address(attachment: Attachment, _edge: int) -> str:
        return url_for(".file", redemption_id=redemption_id, attachment_id=attachment.id)

    return _json(redemption_answer(whole, papers, invoices, due, address, types=types, said=said), status)


def _json(answer: BaseModel, status: int = 200) -> Response:
    """The answer as JSON, kept by nobody."""
    response = Response(answer.model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
