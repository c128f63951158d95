"""Enquiries, wishes and public answers of the HTTP API."""

from typing import Any

from flask import Blueprint, Response, url_for
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.attachments.answers import UploadBody
from booking.attachments.forms import FileRemovalForm
from booking.attachments.uploads import limits_for, read_uploads
from booking.catalogue.api.answering import json_answer
from booking.catalogue.queries import instrument_for, target_of
from booking.core.clock import utcnow
from booking.enquiries import faq, queries, removing, service, wishes, withdrawing
from booking.enquiries.addresses import attachment_address, days
from booking.enquiries.answers import (
    EnquiryAnswer,
    EnquiryList,
    FaqAnswer,
    FaqList,
    enquiry_answer,
    enquiry_summary,
    faq_answer,
)
from booking.enquiries.forms import (
    EnquiriesQuery,
    EnquiryForm,
    FaqChanges,
    MessageForm,
    MessagePage,
    NewFaq,
    OfferForm,
    WishAnswerForm,
)
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_form, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import actor, require_actor
from booking.web.uploads import takes_files
from models.vocabulary.attachments import OwnerKind

bp = Blueprint("enquiries_api", __name__, url_prefix="/api/v1")

TAG = "enquiries"
ASKING = (400, 401, 403, 404, 409, 415, 422)
STEP = (401, 403, 404, 409)
EDITING = (400, 401, 403, 404, 412, 415, 422)
ONE = "/enquiries/<int:enquiry_id>"
FAQ = "/instruments/<int:instrument_id>/faq"


class MessageBody(UploadBody):
    """A multipart message with files."""

    text: str


@bp.post("/instruments/<int:instrument_id>/enquiries")
@documented(tag=TAG, body=EnquiryForm, answers={201: EnquiryAnswer}, refusals=ASKING)
def ask(instrument_id: int) -> Response:
    """Ask the staff of an instrument; with `periods`, wish for time of one that is booked on request."""
    who, form, now = require_actor(), read_json(EnquiryForm), utcnow()
    limits, within = limits_for(OwnerKind.ENQUIRY), days()

    def work(session: Session) -> dict[str, Any]:
        made = service.ask(session, instrument_id, form, [], limits, days=within, actor=who, now=now)
        return {"id": made.id}

    answer, _repeated = create_once(work, actor=who, now=now)
    response = _thread(answer["id"], 201)
    response.headers["Location"] = url_for("enquiries_api.show", enquiry_id=answer["id"])
    return response


@bp.get("/enquiries")
@documented(tag=TAG, query=EnquiriesQuery, answers={200: EnquiryList}, refusals=(400, 401, 403, 422))
def index() -> Response:
    """One's own enquiries; with `staffed=1` those of the instruments one works for, due first."""
    who, wanted = require_actor(), read_query(EnquiriesQuery)
    find = queries.staffed_enquiries if wanted.staffed else queries.own_enquiries
    page = find(reading(), who, state=wanted.state, limit=wanted.limit, cursor=wanted.cursor)
    return json_answer(EnquiryList(items=[enquiry_summary(one) for one in page.items], next_cursor=page.next_cursor))


@bp.get(ONE)
@documented(tag=TAG, answers={200: EnquiryAnswer}, refusals=(401, 404))
def show(enquiry_id: int) -> Response:
    """The thread, for who asked and for the staff of the instrument."""
    return _thread(enquiry_id)


def _thread(enquiry_id: int, status: int = 200) -> Response:
    """The thread as it is now, with its version as ETag."""
    thread = queries.thread_for(reading(), enquiry_id, require_actor())
    response = json_answer(enquiry_answer(thread, attachment_address), status)
    response.set_etag(str(thread.enquiry.version))
    return response


@bp.post(f"{ONE}/messages")
@documented(tag=TAG, body=MessageForm, answers={201: EnquiryAnswer}, refusals=ASKING)
def add_message(enquiry_id: int) -> Response:
    """Write to the other side."""
    return _add_message(enquiry_id, read_json(MessageForm).text, is_upload=False)


@bp.post(f"{ONE}/attachments")
@takes_files
@documented(tag=TAG, form=MessageBody, answers={201: EnquiryAnswer}, refusals=(*ASKING, 413))
def attach(enquiry_id: int) -> Response:
    """Write to the other side, with files."""
    queries.enquiry_for(reading(), enquiry_id, require_actor())
    return _add_message(enquiry_id, read_form(MessagePage).text, is_upload=True)


def _add_message(enquiry_id: int, text: str, *, is_upload: bool) -> Response:
    """Store the message once, and answer the thread."""
    who, limits, within, now = require_actor(), limits_for(OwnerKind.ENQUIRY), days(), utcnow()
    files = read_uploads(limits) if is_upload else []

    def work(session: Session) -> dict[str, Any]:
        made = service.add_message(session, enquiry_id, text, files, limits, days=within, actor=who, now=now)
        return {"id": made.id}

    create_once(work, actor=who, now=now)
    return _thread(enquiry_id, 201)


@bp.post(f"{ONE}/messages/<int:message_id>/withdraw")
@documented(tag=TAG, answers={200: EnquiryAnswer}, refusals=STEP)
def withdraw_message(enquiry_id: int, message_id: int) -> Response:
    """Take back what you asked: the text is deleted, the message keeps its place."""
    transaction(withdrawing.withdraw_message, enquiry_id, message_id, actor=require_actor(), now=utcnow())
    return _thread(enquiry_id)


@bp.delete(f"{ONE}/attachments/<int:attachment_id>")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404))
def withdraw_file(enquiry_id: int, attachment_id: int) -> Response:
    """Delete a file that you sent."""
    transaction(withdrawing.withdraw_file, enquiry_id, attachment_id, actor=require_actor(), now=utcnow())
    return Response(status=204)


@bp.post(f"{ONE}/attachments/<int:attachment_id>/remove")
@documented(tag=TAG, body=FileRemovalForm, answers={200: EnquiryAnswer}, refusals=ASKING)
def remove_file(enquiry_id: int, attachment_id: int) -> Response:
    """Take a file of the thread away, with the reason; for the staff."""
    who, reason = require_actor(), read_json(FileRemovalForm).reason
    transaction(removing.remove_file, enquiry_id, attachment_id, reason, actor=who, now=utcnow())
    return _thread(enquiry_id)


@bp.post(f"{ONE}/close")
@documented(tag=TAG, answers={200: EnquiryAnswer}, refusals=STEP)
def close(enquiry_id: int) -> Response:
    """End the thread."""
    transaction(service.close, enquiry_id, actor=require_actor(), now=utcnow())
    return _thread(enquiry_id)


@bp.post(f"{ONE}/reopen")
@documented(tag=TAG, answers={200: EnquiryAnswer}, refusals=STEP)
def reopen(enquiry_id: int) -> Response:
    """Open a closed thread again."""
    transaction(service.reopen, enquiry_id, days=days(), actor=require_actor(), now=utcnow())
    return _thread(enquiry_id)


@bp.post(f"{ONE}/answer-wish")
@documented(tag=TAG, body=WishAnswerForm, answers={200: EnquiryAnswer}, refusals=ASKING)
def answer_wish(enquiry_id: int) -> Response:
    """Accept one of the wished times, which is reserved then, offer another, or refuse with a message."""
    who, form = require_actor(), read_json(WishAnswerForm)
    transaction(wishes.answer_wish, enquiry_id, form, actor=who, now=utcnow())
    return _thread(enquiry_id)


@bp.post(f"{ONE}/settle-offer")
@documented(tag=TAG, body=OfferForm, answers={200: EnquiryAnswer}, refusals=ASKING)
def settle_offer(enquiry_id: int) -> Response:
    """Take the time that the owner offers, which is reserved then, or decline it; for who asked."""
    who, form = require_actor(), read_json(OfferForm)
    transaction(wishes.settle_offer, enquiry_id, form, days=days(), actor=who, now=utcnow())
    return _thread(enquiry_id)


@bp.get(FAQ)
@documented(tag=TAG, answers={200: FaqList}, refusals=(404,))
def faq_list(instrument_id: int) -> Response:
    """The public questions and answers; who edits the record sees those too that wait to be asked anew."""
    session = reading()
    instrument = instrument_for(session, instrument_id, actor())
    is_editor = may(actor(), Permission.EDIT_RECORD, target_of(instrument))
    shown = [one for one in queries.faq_of(session, instrument_id) if is_editor or one.taken_back_at is None]
    return json_answer(FaqList(items=[faq_answer(one) for one in shown]))


@bp.post(FAQ)
@documented(tag=TAG, body=NewFaq, answers={201: FaqAnswer}, refusals=EDITING)
def add_faq(instrument_id: int) -> Response:
    """Publish a question with its answer, without names; `enquiry_id` says from which enquiry it was made."""
    who, form, now = require_actor(), read_json(NewFaq), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return faq_answer(faq.add_faq(session, instrument_id, form, actor=who, now=now)).model_dump()

    answer, _repeated = create_once(work, actor=who, now=now)
    return _tagged(FaqAnswer(**answer), 201)


@bp.patch(f"{FAQ}/<int:entry_id>")
@documented(tag=TAG, body=FaqChanges, answers={200: FaqAnswer}, refusals=EDITING)
def edit_faq(instrument_id: int, entry_id: int) -> Response:
    """Change texts or position of an entry; what is not given stays."""
    who, values = require_actor(), read_json(FaqChanges).model_dump(exclude_unset=True)
    version = if_match()
    entry = transaction(
        faq.edit_faq, instrument_id, entry_id, values, actor=who, now=utcnow(), expected_version=version
    )
    return _tagged(faq_answer(entry))


@bp.delete(f"{FAQ}/<int:entry_id>")
@documented(tag=TAG, answers={204: None}, refusals=(400, 401, 403, 404, 412))
def remove_faq(instrument_id: int, entry_id: int) -> Response:
    """Take an entry off the page."""
    who, version = require_actor(), if_match()
    transaction(faq.remove_faq, instrument_id, entry_id, actor=who, now=utcnow(), expected_version=version)
    return Response(status=204)


def _tagged(answer: BaseModel, status: int = 200) -> Response:
    """An entry with its version as ETag."""
    response = json_answer(answer, status)
    response.set_etag(str(getattr(answer, "version", "")))
    return response
