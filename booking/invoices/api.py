"""Invoices in the HTTP API: recording them with what they cover and their files, reversing, and reading them."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, url_for
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.attachments.answers import UploadBody
from booking.attachments.uploads import file_response, limits_for, read_uploads
from booking.charges.terms import windows
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, Problem
from booking.core.texts import N_
from booking.invoices import queries, service
from booking.invoices.answers import (
    InvoiceAnswer,
    InvoiceList,
    PaidInList,
    invoice_answer,
    invoice_row,
    paid_in_answer,
)
from booking.invoices.forms import InvoiceForm, InvoicesQuery, ReversalForm, TopUpInvoiceForm, WithdrawalForm
from booking.invoices.top_ups import account_for, paid_in
from booking.statements.queries import debtor_for
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import made_once
from booking.web.signed_in import require_actor
from booking.web.uploads import takes_files
from models.attachments import Attachment
from models.payers import PayerAccount
from models.vocabulary.attachments import OwnerKind

bp = Blueprint("invoices_api", __name__, url_prefix="/api/v1")

TAG = "invoices"
STEP = (400, 401, 403, 404, 409, 415, 422)
ONE = "/invoices/<int:invoice_id>"


@bp.get("/invoices")
@documented(tag=TAG, answers={200: InvoiceList}, query=InvoicesQuery, refusals=(400, 401, 404, 422))
def list_invoices() -> Response:
    """The invoices that a debtor or payer account got, the newest first, or those that cover a statement."""
    session, asked, who, today = reading(), read_query(InvoicesQuery), require_actor(), local_date(utcnow())
    if sum(one is not None for one in (asked.statement, asked.debtor, asked.payer_account)) != 1:
        raise InvalidInput([Problem("debtor", N_("请指定往来账、结算单或者经费账户，三者选一。"))])
    if asked.statement is not None:
        queries.covered_for(session, asked.statement, who, today=today)
        rows = [invoice_row(one) for one in queries.invoices_for(session, asked.statement)]
        return _json(InvoiceList(items=rows, next_cursor=None))
    if asked.payer_account is not None:
        debtor_id = account_for(session, asked.payer_account, who, today=today)[0].id or 0
    else:
        debtor_id = debtor_for(session, asked.debtor or 0, who, today=today)[0].id
    page = queries.invoices_of(session, debtor_id, limit=asked.limit, cursor=asked.cursor)
    return _json(InvoiceList(items=[invoice_row(one) for one in page.items], next_cursor=page.next_cursor))


@bp.post("/debtors/<int:debtor_id>/invoices")
@documented(tag=TAG, body=InvoiceForm, answers={201: InvoiceAnswer}, refusals=STEP)
def record(debtor_id: int) -> Response:
    """Record an invoice that was issued elsewhere, with how much of which statements it covers."""
    form = read_json(InvoiceForm)
    return _created(lambda one, who: service.record_invoice(one, debtor_id, form, **_said(who)).id)


@bp.get("/payer-accounts/<int:payer_id>/paid-in")
@documented(tag=TAG, answers={200: PaidInList}, refusals=(401, 404))
def list_paid_in(payer_id: int) -> Response:
    """What was paid into a payer account, and how much of it invoices cover."""
    session = reading()
    debtor, _sight = account_for(session, payer_id, require_actor(), today=local_date(utcnow()))
    rows = paid_in(session, session.get_one(PayerAccount, debtor.payer_account_id))
    return _json(PaidInList(items=[paid_in_answer(one) for one in rows]))


@bp.post("/payer-accounts/<int:payer_id>/invoices")
@documented(tag=TAG, body=TopUpInvoiceForm, answers={201: InvoiceAnswer}, refusals=STEP)
def record_top_up(payer_id: int) -> Response:
    """Record an invoice of money that was paid into a payer account, with how much of which receipts it covers."""
    form = read_json(TopUpInvoiceForm)
    return _created(lambda one, who: service.record_top_up_invoice(one, payer_id, form, actor=who, now=utcnow()).id)


@bp.get(ONE)
@documented(tag=TAG, answers={200: InvoiceAnswer}, refusals=(401, 404))
def show(invoice_id: int) -> Response:
    """An invoice, for who owes, the institution's finance, and auditors."""
    return _invoice(invoice_id)


@bp.post(f"{ONE}/reverse")
@documented(tag=TAG, body=ReversalForm, answers={201: InvoiceAnswer}, refusals=STEP)
def reverse(invoice_id: int) -> Response:
    """Record a red-letter invoice that reverses these amounts of it, or all that is left; it may be covered anew."""
    form = read_json(ReversalForm)
    return _created(lambda one, who: service.reverse_invoice(one, invoice_id, form, **_said(who)).id)


@bp.post(f"{ONE}/withdraw")
@documented(tag=TAG, body=WithdrawalForm, answers={201: InvoiceAnswer}, refusals=STEP)
def withdraw(invoice_id: int) -> Response:
    """Take back what was recorded wrongly: it covers nothing, and its number may be recorded anew."""
    form = read_json(WithdrawalForm)
    return _created(lambda one, who: service.withdraw_invoice(one, invoice_id, form.reason, **_said(who)).id)


@bp.post(f"{ONE}/attachments")
@takes_files
@documented(tag=TAG, form=UploadBody, answers={201: InvoiceAnswer}, refusals=(*STEP, 413))
def attach(invoice_id: int) -> Response:
    """Keep the invoice's file: PDF, OFD or XML."""
    limits = limits_for(OwnerKind.INVOICE)
    if not queries.invoice_for(reading(), invoice_id, require_actor(), today=local_date(utcnow())).sight.settles:
        raise Forbidden
    files = read_uploads(limits, is_invoice=True)

    def work(session: Session, who: Actor) -> int:
        return service.attach_files(session, invoice_id, files, limits, actor=who, now=utcnow()).id

    return _created(work)


@bp.get(f"{ONE}/attachments/<int:attachment_id>")
@documented(tag=TAG, answers={200: None}, refusals=(401, 404))
def file(invoice_id: int, attachment_id: int) -> Response:
    """One of its files."""
    return invoice_file(invoice_id, attachment_id)


def invoice_file(invoice_id: int, attachment_id: int) -> Response:
    """A file of an invoice, for who may read that."""
    session, who = reading(), require_actor()
    return file_response(session, queries.file_for(session, invoice_id, attachment_id, who, today=local_date(utcnow())))


def _said(who: Actor) -> dict[str, Any]:
    """Who does it and when, and how long payers have whose charge changes with it."""
    return {"windows": windows(), "actor": who, "now": utcnow()}


def _created(work: Callable[[Session, Actor], int]) -> Response:
    """The invoice that was made or changed, once per key."""
    invoice_id = made_once(work)
    response = _invoice(invoice_id, 201)
    response.headers["Location"] = url_for(".show", invoice_id=invoice_id)
    return response


def _invoice(invoice_id: int, status: int = 200) -> Response:
    """The invoice as it is."""
    found = queries.invoice_for(reading(), invoice_id, require_actor(), today=local_date(utcnow()))
    return _json(invoice_answer(found, _address), status)


def _address(attachment: Attachment, _edge: int) -> str:
    """Where a file of an invoice is."""
    return url_for(".file", invoice_id=attachment.owner_id, attachment_id=attachment.id)


def _json(answer: BaseModel, status: int = 200) -> Response:
    """The answer as JSON, kept by nobody."""
    response = Response(answer.model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
