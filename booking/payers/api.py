"""Payer accounts in the HTTP API."""

from collections.abc import Callable

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor, Target
from booking.core.clock import local_date, utcnow
from booking.directory.queries import organisation
from booking.payers import amounts, answers, held, queries, service
from booking.payers.answers import PayerAnswer, PayerHolds, PayerList, PayerPayments, PayerTransfers
from booking.payers.forms import (
    NewPayerBody,
    NewPayerForm,
    PayerAmountForm,
    PayerChangeForm,
    PayerLimitForm,
    PayerMemberForm,
    PayerReasonForm,
    PayerReceiptForm,
    PayersQuery,
    TransfersQuery,
)
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import made_once
from booking.web.signed_in import require_actor

bp = Blueprint("payers_api", __name__, url_prefix="/api/v1/payer-accounts")

TAG = "payer accounts"
STEP = (400, 401, 403, 404, 409, 415, 422)
ONE = "/<int:payer_id>"


@bp.get("")
@documented(tag=TAG, answers={200: PayerList}, query=PayersQuery, refusals=(400, 401, 403, 404, 422))
def list_accounts() -> ResponseReturnValue:
    """With `mine=1` one's own payer accounts, or those an institution keeps (its finance, auditors); newest first."""
    who, form, session = require_actor(), read_query(PayersQuery), reading()
    if form.organisation is None:
        page = queries.accounts_of(session, who.id, today=local_date(utcnow()), limit=form.limit, cursor=form.cursor)
    else:
        place = organisation(session, form.organisation)
        require(who, Permission.SEE_PAYERS, Target(place.id))
        page = queries.accounts_at(session, place.id, limit=form.limit, cursor=form.cursor)
    return _json(PayerList(items=[answers.row(one) for one in page.items], next_cursor=page.next_cursor))


@bp.post("")
@documented(tag=TAG, body=NewPayerBody, answers={201: PayerAnswer}, refusals=(400, 401, 403, 404, 415, 422))
def create() -> ResponseReturnValue:
    """Open a payer account with nothing in it, at an institution whose finance one is."""
    body = read_json(NewPayerBody)
    form = NewPayerForm(**body.model_dump(exclude={"organisation_id"}))

    def work(session: Session, who: Actor) -> int:
        return service.open_payer(session, body.organisation_id, form, actor=who, now=utcnow()).id

    return _created(work)


@bp.get(ONE)
@documented(tag=TAG, answers={200: PayerAnswer}, refusals=(401, 404))
def show(payer_id: int) -> ResponseReturnValue:
    """A payer account, for those who use it, its institution's finance, and auditors."""
    return _account(payer_id)


@bp.put(ONE)
@documented(tag=TAG, body=PayerChangeForm, answers={200: PayerAnswer}, refusals=(*STEP, 412))
def change(payer_id: int) -> ResponseReturnValue:
    """Say something else of a payer account, for a reason; the amount stays."""
    form, who, version = read_json(PayerChangeForm), require_actor(), if_match()
    transaction(service.change_payer, payer_id, form, version=version, actor=who, now=utcnow())
    return _account(payer_id)


@bp.put(f"{ONE}/amount")
@documented(tag=TAG, body=PayerAmountForm, answers={200: PayerAnswer}, refusals=(*STEP, 412))
def set_amount(payer_id: int) -> ResponseReturnValue:
    """Set what a grant authorises, or a credit limit; not below what is used."""
    form, who, version = read_json(PayerAmountForm), require_actor(), if_match()
    transaction(amounts.set_amount, payer_id, form, version=version, actor=who, now=utcnow())
    return _account(payer_id)


@bp.post(f"{ONE}/top-up")
@documented(tag=TAG, body=PayerReceiptForm, answers={201: PayerAnswer}, refusals=STEP)
def top_up(payer_id: int) -> ResponseReturnValue:
    """Record money that was paid in; the same receipt again records nothing more."""
    form = read_json(PayerReceiptForm)
    return _created(lambda one, who: amounts.top_up(one, payer_id, form, actor=who, now=utcnow()).account.id)


@bp.post(f"{ONE}/refund")
@documented(tag=TAG, body=PayerReceiptForm, answers={201: PayerAnswer}, refusals=STEP)
def refund(payer_id: int) -> ResponseReturnValue:
    """Record money that was paid back; the same receipt again records nothing more."""
    form = read_json(PayerReceiptForm)
    return _created(lambda one, who: amounts.refund(one, payer_id, form, actor=who, now=utcnow()).account.id)


@bp.post(f"{ONE}/movements/<int:movement_id>/correct")
@documented(tag=TAG, body=PayerReasonForm, answers={200: PayerAnswer}, refusals=STEP)
def correct(payer_id: int, movement_id: int) -> ResponseReturnValue:
    """Take a top-up or a refund back by a new entry; its receipt may then be recorded anew."""
    form, who = read_json(PayerReasonForm), require_actor()
    transaction(amounts.correct, payer_id, movement_id, form.reason, actor=who, now=utcnow())
    return _account(payer_id)


@bp.post(f"{ONE}/close")
@documented(tag=TAG, body=PayerReasonForm, answers={200: PayerAnswer}, refusals=STEP)
def close(payer_id: int) -> ResponseReturnValue:
    """Close a payer account for good; money that was paid in has to be paid back first."""
    form, who = read_json(PayerReasonForm), require_actor()
    transaction(amounts.close_payer, payer_id, form.reason, actor=who, now=utcnow())
    return _account(payer_id)


@bp.post(f"{ONE}/members")
@documented(tag=TAG, body=PayerMemberForm, answers={201: PayerAnswer}, refusals=STEP)
def add_member(payer_id: int) -> ResponseReturnValue:
    """Let an account's owner use it, by address."""
    form = read_json(PayerMemberForm)

    def work(session: Session, who: Actor) -> int:
        service.add_member(session, payer_id, form.email, limit_fen=form.limit_fen, actor=who, now=utcnow())
        return payer_id

    return _created(work)


@bp.put(f"{ONE}/members/<int:member_id>")
@documented(tag=TAG, body=PayerLimitForm, answers={200: PayerAnswer}, refusals=STEP)
def set_limit(payer_id: int, member_id: int) -> ResponseReturnValue:
    """Let a member use so much in all, null for whatever is left; not less than they have used."""
    form, who = read_json(PayerLimitForm), require_actor()
    transaction(service.set_limit, payer_id, member_id, form.limit_fen, actor=who, now=utcnow())
    return _account(payer_id)


@bp.delete(f"{ONE}/members/<int:member_id>")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404, 409))
def remove_member(payer_id: int, member_id: int) -> ResponseReturnValue:
    """Let somebody no longer use it."""
    transaction(service.remove_member, payer_id, member_id, actor=require_actor(), now=utcnow())
    return "", 204


@bp.get(f"{ONE}/transfers")
@documented(tag=TAG, answers={200: PayerTransfers}, query=TransfersQuery, refusals=(400, 401, 404, 422))
def transfers(payer_id: int) -> ResponseReturnValue:
    """Every transfer that makes up what is left, the newest first."""
    session, form = reading(), read_query(TransfersQuery)
    who = require_actor()
    found = queries.found_account(session, payer_id, who, today=local_date(utcnow()))
    page = queries.lines_of(session, found, who, limit=form.limit, cursor=form.cursor)
    return _json(PayerTransfers(items=[answers.transfer(one) for one in page.items], next_cursor=page.next_cursor))


@bp.get(f"{ONE}/holds")
@documented(tag=TAG, answers={200: PayerHolds}, query=TransfersQuery, refusals=(400, 401, 404, 422))
def holds(payer_id: int) -> ResponseReturnValue:
    """What is held for which reservations now, the newest first."""
    session, form, who = reading(), read_query(TransfersQuery), require_actor()
    found = queries.found_account(session, payer_id, who, today=local_date(utcnow()))
    page = held.held_in(session, payer_id, who, found.sight, limit=form.limit, cursor=form.cursor)
    return _json(PayerHolds(items=[answers.held(one) for one in page.items], next_cursor=page.next_cursor))


@bp.get(f"{ONE}/payments")
@documented(tag=TAG, answers={200: PayerPayments}, query=TransfersQuery, refusals=(400, 401, 404, 422))
def payments(payer_id: int) -> ResponseReturnValue:
    """What was paid for charges, the newest first."""
    session, form, who = reading(), read_query(TransfersQuery), require_actor()
    found = queries.found_account(session, payer_id, who, today=local_date(utcnow()))
    page = held.paid_from(session, payer_id, who, found.sight, limit=form.limit, cursor=form.cursor)
    return _json(PayerPayments(items=[answers.paid(one) for one in page.items], next_cursor=page.next_cursor))


def _created(work: Callable[[Session, Actor], int]) -> Response:
    """What was made, once per key, answered as the account is now."""
    payer_id = made_once(work)
    response = _account(payer_id, 201)
    response.headers["Location"] = url_for(".show", payer_id=payer_id)
    return response


def _account(payer_id: int, status: int = 200) -> Response:
    """The account as it is now, with its version as ETag."""
    session = reading()
    who = require_actor()
    found = queries.found_account(session, payer_id, who, today=local_date(utcnow()))
    response = _json(answers.account(session, found, who), status)
    response.set_etag(str(found.account.version))
    return response


def _json(answer: BaseModel, status: int = 200) -> Response:
    """The answer as JSON, kept by nobody."""
    response = Response(answer.model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
