"""Clearing of the HTTP API: read by officers of either province and by auditors, closed and settled by officers."""

from typing import Any

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.charges.forms import NothingForm
from booking.clearing import service, settling
from booking.clearing.answers import BehindList, ClearingList, ClearingMonthAnswer, behind_answer, month_answer
from booking.clearing.answers import months_answer as answer_of_months
from booking.clearing.budget_answers import BurnDownAnswer, budget_answer
from booking.clearing.budgets import budget_of
from booking.clearing.fees import fees_of
from booking.clearing.forms import (
    ClearedQuery,
    ClearingQuery,
    ClearingReversalForm,
    ClearingSettlementForm,
    WriteForm,
    border_in,
    month_in,
)
from booking.clearing.months import months, shown_month
from booking.clearing.papers import clearing_file
from booking.clearing.reading import behind
from booking.clearing.rules import month_of
from booking.core.clock import local_date, utcnow
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor

bp = Blueprint("clearing_api", __name__, url_prefix="/api/v1")

TAG = "vouchers"
ONE = "/clearing/<border>/<month>"
STEPPED = (400, 401, 403, 404, 409, 415, 422)


@bp.get("/clearing")
@documented(tag=TAG, query=ClearingQuery, answers={200: ClearingList}, refusals=(400, 401, 403, 404, 422))
def index() -> ResponseReturnValue:
    """A month of every border that you see, by the local month in which the ledger posted; this month by default."""
    who, today, asked = require_actor(), local_date(utcnow()), read_query(ClearingQuery)
    session = reading()
    found = months(session, asked.day or month_of(today), who, today=today)
    return _json(answer_of_months((one, fees_of(session, one)) for one in found))


@bp.get(ONE)
@documented(tag=TAG, answers={200: ClearingMonthAnswer}, refusals=(401, 404))
def show(border: str, month: str) -> ResponseReturnValue:
    """A month of a border, such as `50-51/2026-11`; `50-50` is what happens within one province."""
    return _month(border, month)


@bp.get(f"{ONE}/transfers")
@documented(tag=TAG, query=ClearedQuery, answers={200: BehindList}, refusals=(400, 401, 404, 422))
def transfers(border: str, month: str) -> ResponseReturnValue:
    """The transfers that a figure adds up, with voucher and provider, the newest first."""
    who, asked = require_actor(), read_query(ClearedQuery)
    return _json(behind_answer(behind(reading(), border_in(border), month_in(month), asked, who)))


@bp.get(f"{ONE}/statement.<kind>")
@documented(tag=TAG, answers={200: None}, refusals=(401, 404, 429))
def file(border: str, month: str, kind: str) -> Response:
    """A month as a file to keep: `csv` or `pdf`."""
    return clearing_file(reading(), border_in(border), month_in(month), kind, require_actor())


@bp.post(f"{ONE}/close")
@documented(tag=TAG, body=NothingForm, answers={200: ClearingMonthAnswer}, refusals=STEPPED)
def close(border: str, month: str) -> ResponseReturnValue:
    """Close a month that is over; the months before it must be closed."""
    who, now = require_actor(), utcnow()
    read_json(NothingForm)
    transaction(service.close_month, border_in(border), month_in(month), actor=who, now=now)
    return _month(border, month)


@bp.post(f"{ONE}/confirm")
@documented(tag=TAG, body=NothingForm, answers={200: ClearingMonthAnswer}, refusals=STEPPED)
def confirm(border: str, month: str) -> ResponseReturnValue:
    """Confirm a statement that the other province closed."""
    who, now = require_actor(), utcnow()
    read_json(NothingForm)
    transaction(service.confirm, border_in(border), month_in(month), actor=who, now=now)
    return _month(border, month)


@bp.post(f"{ONE}/messages")
@documented(tag=TAG, body=WriteForm, answers={200: ClearingMonthAnswer}, refusals=STEPPED)
def write(border: str, month: str) -> ResponseReturnValue:
    """Object to a statement, or write something about it."""
    who, form, now = require_actor(), read_json(WriteForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": service.write(session, border_in(border), month_in(month), form, actor=who, now=now).id}

    create_once(work, actor=who, now=now)
    return _month(border, month)


@bp.post(f"{ONE}/settle")
@documented(tag=TAG, body=ClearingSettlementForm, answers={200: ClearingMonthAnswer}, refusals=STEPPED)
def settle(border: str, month: str) -> ResponseReturnValue:
    """Record that the net of a confirmed statement has come (for the province that is owed)."""
    who, form, now = require_actor(), read_json(ClearingSettlementForm), utcnow()
    transaction(settling.settle, border_in(border), month_in(month), form, actor=who, now=now)
    return _month(border, month)


@bp.post(f"{ONE}/reverse")
@documented(tag=TAG, body=ClearingReversalForm, answers={200: ClearingMonthAnswer}, refusals=STEPPED)
def reverse(border: str, month: str) -> ResponseReturnValue:
    """Take back what was recorded as come, for a reason (for the province that recorded it)."""
    who, form, now = require_actor(), read_json(ClearingReversalForm), utcnow()
    transaction(settling.reverse, border_in(border), month_in(month), form, actor=who, now=now)
    return _month(border, month)


@bp.get("/voucher-programmes/<int:programme_id>/budget")
@documented(tag=TAG, answers={200: BurnDownAnswer}, refusals=(401, 404))
def budget(programme_id: int) -> ResponseReturnValue:
    """What of a programme's budget was free, committed and paid at the end of each day (for its officers)."""
    found = budget_of(reading(), programme_id, require_actor(), today=local_date(utcnow()))
    return _json(budget_answer(found))


def _month(border: str, month: str) -> Response:
    """A month as it is now."""
    today = local_date(utcnow())
    session = reading()
    found = shown_month(session, border_in(border), month_in(month), require_actor(), today=today)
    return _json(month_answer(found, fees_of(session, found)))


def _json(answer: BaseModel) -> Response:
    """The answer as JSON, which no cache keeps."""
    response = jsonify(answer.model_dump(mode="json"))
    response.headers["Cache-Control"] = "no-store"
    return response
