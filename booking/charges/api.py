"""Charges in the HTTP API: reading them, and each step of their life."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.charges import queries, service
from booking.charges.answers import ChargeAnswer, ChargeList, charge_answer, charge_summary
from booking.charges.forms import (
    ChargeChangeForm,
    ChargeReasonForm,
    ChargesQuery,
    ChargeTextForm,
    NothingForm,
    ResolveForm,
)
from booking.charges.terms import windows
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor

bp = Blueprint("charges_api", __name__, url_prefix="/api/v1/charges")

TAG = "charges"
STEP = (400, 401, 403, 404, 409, 412, 415, 422)
ONE = "/<int:charge_id>"


@bp.get("")
@documented(tag=TAG, answers={200: ChargeList}, query=ChargesQuery, refusals=(400, 401, 403, 422))
def list_charges() -> Response:
    """With `mine=1` one's own, one's firms' and those one answers for, else of one's instruments; the newest first."""
    who, asked = require_actor(), read_query(ChargesQuery)
    if not asked.mine and not reach(who, Permission.SEE_CHARGES):
        raise Forbidden
    find = queries.own_charges if asked.mine else queries.charges_at
    page = find(reading(), who, asked.wanted, today=local_date(utcnow()), limit=asked.limit, cursor=asked.cursor)
    return _json(ChargeList(items=[charge_summary(one) for one in page.items], next_cursor=page.next_cursor))


@bp.get(ONE)
@documented(tag=TAG, answers={200: ChargeAnswer}, refusals=(401, 404))
def show(charge_id: int) -> Response:
    """A charge, for who booked, their firm's agents, who answers for what pays it or keeps that, the owner's staff."""
    return _charge(charge_id)


@bp.post(f"{ONE}/accept")
@documented(tag=TAG, answers={200: ChargeAnswer}, refusals=STEP)
def accept(charge_id: int) -> Response:
    """Agree to it, by who answers for what pays it; silence does the same after some working days."""
    _read_nothing()
    return _step(charge_id, service.accept_charge)


@bp.post(f"{ONE}/dispute")
@documented(tag=TAG, body=ChargeReasonForm, answers={200: ChargeAnswer}, refusals=STEP)
def dispute(charge_id: int) -> Response:
    """Say what is wrong with it, by who answers for it or booked it."""
    return _step(charge_id, service.dispute_charge, read_json(ChargeReasonForm).reason)


@bp.post(f"{ONE}/messages")
@documented(tag=TAG, body=ChargeTextForm, answers={200: ChargeAnswer}, refusals=STEP)
def write(charge_id: int) -> Response:
    """Write to the other side about a disputed one."""
    return _step(charge_id, service.write_about, read_json(ChargeTextForm).text)


@bp.post(f"{ONE}/resolve")
@documented(tag=TAG, body=ResolveForm, answers={200: ChargeAnswer}, refusals=STEP)
def resolve(charge_id: int) -> Response:
    """Answer a dispute: it stands, or with `change_fen` it is changed by a new line; its payer is asked anew."""
    form = read_json(ResolveForm)
    return _step(charge_id, service.resolve_dispute, form, windows=windows())


@bp.post(f"{ONE}/adjust")
@documented(tag=TAG, body=ChargeChangeForm, answers={200: ChargeAnswer}, refusals=STEP)
def adjust(charge_id: int) -> Response:
    """Change it by a new line, never below zero; what could not be priced gets its price so."""
    return _step(charge_id, service.adjust_charge, read_json(ChargeChangeForm), windows=windows())


@bp.post(f"{ONE}/waive")
@documented(tag=TAG, body=ChargeReasonForm, answers={200: ChargeAnswer}, refusals=STEP)
def waive(charge_id: int) -> Response:
    """Let it off for a reason."""
    return _step(charge_id, service.waive_charge, read_json(ChargeReasonForm).reason)


@bp.post(f"{ONE}/cancel")
@documented(tag=TAG, body=ChargeReasonForm, answers={200: ChargeAnswer}, refusals=STEP)
def cancel(charge_id: int) -> Response:
    """End one that should never have been."""
    return _step(charge_id, service.cancel_charge, read_json(ChargeReasonForm).reason)


@bp.post(f"{ONE}/take-rest")
@documented(tag=TAG, answers={200: ChargeAnswer}, refusals=STEP)
def take_rest(charge_id: int) -> Response:
    """Let the payer account pay what it could not pay before."""
    _read_nothing()
    return _step(charge_id, service.take_rest)


@bp.post(f"{ONE}/on-paper")
@documented(tag=TAG, body=ChargeReasonForm, answers={200: ChargeAnswer}, refusals=STEP)
def on_paper(charge_id: int) -> Response:
    """Say for a reason that what the account could not pay is settled on paper."""
    return _step(charge_id, service.settle_on_paper, read_json(ChargeReasonForm).reason)


def _read_nothing() -> None:
    """The body of a step that needs none: empty, or an empty object."""
    if request.content_length:
        read_json(NothingForm)


def _step(charge_id: int, work: Callable[..., Any], *given: Any, **named: Any) -> Response:
    """Take a step once, in the version that was read where one is named, and answer the charge."""
    who, now, version = require_actor(), utcnow(), if_match()

    def store(session: Session) -> dict[str, Any]:
        done = work(session, charge_id, *given, version=version, actor=who, now=now, **named)
        return {"id": done.id}

    create_once(store, actor=who, now=now)
    return _charge(charge_id)


def _charge(charge_id: int) -> Response:
    """The charge as it is now, with its version as ETag."""
    whole = queries.whole_charge(reading(), charge_id, require_actor(), today=local_date(utcnow()))
    response = _json(charge_answer(whole))
    response.set_etag(str(whole.found.charge.version))
    return response


def _json(answer: BaseModel) -> Response:
    """The answer as JSON, kept by nobody."""
    response = Response(answer.model_dump_json(), 200, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
