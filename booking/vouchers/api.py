"""Vouchers in the HTTP API: read by their firm, their authority and auditors; officers of the authority take steps."""

from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.attachments.answers import UploadBody, attachment_answer
from booking.attachments.uploads import file_response, has_uploads, limits_for, read_uploads
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.forms import read
from booking.vouchers import answers, ending, listing, registering, relating
from booking.vouchers.answers import (
    BudgetList,
    VoucherAnswer,
    VoucherEntries,
    VoucherList,
    VoucherRelationList,
    VoucherUses,
)
from booking.vouchers.caps import caps_of
from booking.vouchers.forms import (
    RegisterVoucherForm,
    RelationForm,
    RelationsQuery,
    VoucherEntriesQuery,
    VoucherReasonForm,
    VouchersQuery,
)
from booking.vouchers.listing import Wanted
from booking.vouchers.queries import application_of
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, posted, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from booking.web.uploads import takes_files
from models.attachments import Attachment
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.vouchers import VoucherStep

bp = Blueprint("vouchers_api", __name__, url_prefix="/api/v1/vouchers")

TAG = "vouchers"
NEWEST = 20
"""How many entries come with a voucher; the others by their own address."""
ONE = "/<int:voucher_id>"
REGISTER = (400, 401, 403, 404, 415, 422)
STEP = (400, 401, 403, 404, 409, 412, 415, 422)


class RegisterVoucherBody(UploadBody):
    """A voucher of another system as multipart, with the files that prove it; money is fen."""

    organisation_id: int
    programme_id: int
    number_there: str
    face_fen: int
    use_by: date
    redeem_by: date


@bp.get("")
@documented(tag=TAG, answers={200: VoucherList}, query=VouchersQuery, refusals=(401, 422))
def vouchers() -> ResponseReturnValue:
    """The vouchers of one's firms and authorities, all for auditors; with `mine=1` none that one only audits."""
    who, asked = require_actor(), read_query(VouchersQuery)
    wanted = Wanted(asked.programme, asked.state, asked.mine)
    page = listing.vouchers(reading(), who, wanted, limit=asked.limit, cursor=asked.cursor)
    caps, today = caps_of(reading(), page.items), local_date(utcnow())
    rows = [answers.row(one, caps, today=today) for one in page.items]
    return _json(VoucherList(items=rows, next_cursor=page.next_cursor))


@bp.post("")
@takes_files
@documented(tag=TAG, form=RegisterVoucherBody, answers={201: VoucherAnswer}, refusals=(*REGISTER, 413))
def register() -> ResponseReturnValue:
    """Register a voucher that lives in another system, with evidence, for use here (agents of the firm)."""
    who, now = require_actor(), utcnow()
    form, limits = read(RegisterVoucherForm, posted()), limits_for(OwnerKind.VOUCHER)
    require(who, Permission.APPLY_FOR_VOUCHERS, Target(form.organisation_id))
    files = read_uploads(limits, keeps_originals=True) if has_uploads() else []

    def work(session: Session) -> dict[str, Any]:
        return {"id": registering.register(session, form, files, limits, actor=who, now=now).id}

    made = create_once(work, actor=who, now=now)[0]
    response = _voucher(made["id"])
    response.status_code = 201
    response.headers["Location"] = url_for(".show", voucher_id=made["id"])
    return response


@bp.get("/budgets")
@documented(tag=TAG, answers={200: BudgetList}, refusals=(401,))
def budgets() -> ResponseReturnValue:
    """What is free, committed and paid of the programmes of one's authorities (officers, auditors)."""
    found = listing.budgets(reading(), require_actor(), today=local_date(utcnow()))
    return _json(BudgetList(items=[answers.budget(one) for one in found]))


@bp.get("/relations")
@documented(tag=TAG, answers={200: VoucherRelationList}, query=RelationsQuery, refusals=(400, 401, 422))
def relations() -> ResponseReturnValue:
    """Which enterprises and providers one's authorities call related, or no longer (officers, auditors)."""
    return _relations(read_query(RelationsQuery))


@bp.post("/relations")
@documented(tag=TAG, body=RelationForm, answers={201: VoucherRelationList}, refusals=(400, 401, 403, 404, 415, 422))
def say_related() -> ResponseReturnValue:
    """Say that an enterprise and a provider are related, or no longer (officers of the authority)."""
    who, form, now = require_actor(), read_json(RelationForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": relating.say_related(session, form, actor=who, now=now).id}

    create_once(work, actor=who, now=now)
    response = make_response(_relations(RelationsQuery()), 201)
    response.headers["Location"] = url_for(".relations")
    return response


def _relations(asked: RelationsQuery) -> Response:
    """A part of what one's authorities say."""
    page = relating.relations(reading(), require_actor(), limit=asked.limit, cursor=asked.cursor)
    items = [answers.relation(one) for one in page.items]
    return _json(VoucherRelationList(items=items, next_cursor=page.next_cursor))


@bp.get(ONE)
@documented(tag=TAG, answers={200: VoucherAnswer}, refusals=(401, 404))
def show(voucher_id: int) -> ResponseReturnValue:
    """A voucher with its steps and what it holds now; its version as ETag."""
    return _voucher(voucher_id)


@bp.get(f"{ONE}/entries")
@documented(tag=TAG, answers={200: VoucherEntries}, query=VoucherEntriesQuery, refusals=(401, 404, 422))
def entries(voucher_id: int) -> ResponseReturnValue:
    """Every entry that moved something of a voucher, the newest first."""
    session, asked = reading(), read_query(VoucherEntriesQuery)
    one = _readable(session, voucher_id).voucher
    page = listing.lines(session, one, limit=asked.limit, cursor=asked.cursor)
    return _json(VoucherEntries(items=[answers.entry(line, one) for line in page.items], next_cursor=page.next_cursor))


@bp.get(f"{ONE}/captures")
@documented(tag=TAG, answers={200: VoucherUses}, query=VoucherEntriesQuery, refusals=(401, 404, 422))
def captures(voucher_id: int) -> ResponseReturnValue:
    """What charges took from a voucher, the newest first."""
    session, who, asked = reading(), require_actor(), read_query(VoucherEntriesQuery)
    one = _readable(session, voucher_id).voucher
    page = listing.taken_from(session, one, who, limit=asked.limit, cursor=asked.cursor)
    return _json(VoucherUses(items=[answers.use(taken) for taken in page.items], next_cursor=page.next_cursor))


@bp.get(f"{ONE}/files/<int:attachment_id>")
@documented(tag=TAG, answers={200: None}, refusals=(401, 404))
def evidence(voucher_id: int, attachment_id: int) -> ResponseReturnValue:
    """A file that proves a registered voucher, for who may read that."""
    session, today = reading(), local_date(utcnow())
    found = registering.evidence_for(session, voucher_id, attachment_id, require_actor(), today=today)
    return file_response(session, found)


@bp.post(f"{ONE}/freeze")
@documented(tag=TAG, body=VoucherReasonForm, answers={200: VoucherAnswer}, refusals=STEP)
def freeze(voucher_id: int) -> ResponseReturnValue:
    """Let a voucher hold nothing more while it is looked into (officers of its authority)."""
    return _step(voucher_id, VoucherStep.FREEZE)


@bp.post(f"{ONE}/thaw")
@documented(tag=TAG, body=VoucherReasonForm, answers={200: VoucherAnswer}, refusals=STEP)
def thaw(voucher_id: int) -> ResponseReturnValue:
    """Let a frozen voucher be used again."""
    return _step(voucher_id, VoucherStep.THAW)


@bp.post(f"{ONE}/return")
@documented(tag=TAG, body=VoucherReasonForm, answers={200: VoucherAnswer}, refusals=STEP)
def take_back(voucher_id: int) -> ResponseReturnValue:
    """Record that an enterprise gave a voucher back, or (agents) take the registration of one elsewhere back."""
    return _step(voucher_id, VoucherStep.RETURN)


@bp.post(f"{ONE}/revoke")
@documented(tag=TAG, body=VoucherReasonForm, answers={200: VoucherAnswer}, refusals=STEP)
def revoke(voucher_id: int) -> ResponseReturnValue:
    """Take a voucher away for good; what it holds stays held for its uses."""
    return _step(voucher_id, VoucherStep.REVOKE)


def _step(voucher_id: int, step: VoucherStep) -> Response:
    """Take a step, and say how the voucher stands then."""
    who, form, version = require_actor(), read_json(VoucherReasonForm), if_match()
    transaction(ending.take_step, voucher_id, step, form, actor=who, now=utcnow(), expected_version=version)
    return _voucher(voucher_id)


def _readable(session: Session, voucher_id: int) -> listing.Found:
    """A voucher that the person asking may read; raises NotFound."""
    return listing.readable(session, voucher_id, require_actor(), today=local_date(utcnow()))


def _voucher(voucher_id: int) -> Response:
    """A voucher as the person asking may read it."""
    session, who = reading(), require_actor()
    found = _readable(session, voucher_id)
    one, events = found.voucher, list(listing.events_of(session, voucher_id))
    holds, newest = listing.held_now(session, one, who), listing.lines(session, one, limit=NEWEST)
    files = [attachment_answer(file, partial(_address, file)) for file in registering.evidence_of(session, one.id)]
    more: dict[str, Any] = {
        "caps": caps_of(session, [one]),
        "application_id": application_of(session, one.id),
        "lapsed_fen": listing.lapsed_fen(session, one.id),
        "today": local_date(utcnow()),
        "sees_officers": found.sees_officers,
    }
    response = _json(answers.whole(one, events, holds, files, newest.items, **more))
    response.set_etag(str(one.version))
    return response


def _address(attachment: Attachment, _edge: int) -> str:
    """Where a file of a registered voucher is."""
    return url_for(".evidence", voucher_id=attachment.owner_id, attachment_id=attachment.id)


def _json(answer: BaseModel) -> Response:
    """The answer as JSON."""
    return jsonify(answer.model_dump(mode="json"))
