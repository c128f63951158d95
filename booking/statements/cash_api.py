"""What was received from debtors in the HTTP API: recording it, paying back, correcting, and reading it."""

from collections.abc import Callable

from flask import Blueprint, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.core.errors import NotFound
from booking.statements import cash_answers, moved_answers, queries, receipts, transfers
from booking.statements.cash_answers import DebtorAnswer, ReceiptAnswer, ReceiptList, RecordedAnswer
from booking.statements.forms import EntriesQuery, ReceiptForm, ReceiptsQuery, WhyForm
from booking.statements.moved_answers import DebtorTransfers, StatementTransfers
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import made_once
from booking.web.signed_in import require_actor
from models.statements import Debtor, Receipt

bp = Blueprint("cash_api", __name__, url_prefix="/api/v1")

TAG = "statements"
STEP = (400, 401, 403, 404, 409, 415, 422)
ONE = "/debtors/<int:debtor_id>"


@bp.post("/statements/<int:statement_id>/receipts")
@documented(tag=TAG, body=ReceiptForm, answers={201: RecordedAnswer}, refusals=STEP)
def receive(statement_id: int) -> Response:
    """Record money that came in for a statement; what is more than it asks for settles others, or is credited."""
    form, who = read_json(ReceiptForm), require_actor()
    found = queries.statement_for(reading(), statement_id, who, today=local_date(utcnow())).statement

    def work(session: Session, actor: Actor) -> int:
        done = receipts.record_receipt(
            session, found.debtor_id, form, statement_id=statement_id, actor=actor, now=utcnow()
        )
        return done.receipt.id

    receipt, session = _made(work), reading()
    debtor = session.get_one(Debtor, receipt.debtor_id)
    return _json(cash_answers.recorded_answer(receipt, receipts.also_by(session, debtor, receipt.number)), 201)


@bp.get(ONE)
@documented(tag=TAG, answers={200: DebtorAnswer}, refusals=(401, 404))
def debtor(debtor_id: int) -> Response:
    """What a debtor owes in all, and what is credited to it."""
    session = reading()
    found, sight = queries.debtor_for(session, debtor_id, require_actor(), today=local_date(utcnow()))
    return _json(cash_answers.debtor_answer(session, found, sight))


@bp.get(f"{ONE}/receipts")
@documented(tag=TAG, answers={200: ReceiptList}, query=ReceiptsQuery, refusals=(400, 401, 404, 422))
def list_receipts(debtor_id: int) -> Response:
    """What was received from a debtor and paid back, the newest first."""
    session, asked = reading(), read_query(ReceiptsQuery)
    queries.debtor_for(session, debtor_id, require_actor(), today=local_date(utcnow()))
    page = queries.receipts_of(session, debtor_id, limit=asked.limit, cursor=asked.cursor)
    items = [cash_answers.receipt_answer(one) for one in page.items]
    return _json(ReceiptList(items=items, next_cursor=page.next_cursor))


@bp.get(f"{ONE}/transfers")
@documented(tag=TAG, answers={200: DebtorTransfers}, query=EntriesQuery, refusals=(400, 401, 404, 422))
def debtor_transfers(debtor_id: int) -> Response:
    """Every entry that changed what a debtor owes or has credited, the newest first; they add up to both."""
    session, asked = reading(), read_query(EntriesQuery)
    found, _sight = queries.debtor_for(session, debtor_id, require_actor(), today=local_date(utcnow()))
    page = transfers.lines_of(session, found, limit=asked.limit, cursor=asked.cursor)
    return _json(moved_answers.debtor_transfers(page))


@bp.get("/statements/<int:statement_id>/transfers")
@documented(tag=TAG, answers={200: StatementTransfers}, query=EntriesQuery, refusals=(400, 401, 404, 422))
def statement_transfers(statement_id: int) -> Response:
    """Every transfer of what is open of a statement, for who may read what was received for it; the newest first."""
    session, asked = reading(), read_query(EntriesQuery)
    found = queries.statement_for(session, statement_id, require_actor(), today=local_date(utcnow()))
    if not found.sight.sees_cash:
        raise NotFound
    page = transfers.parts_of(session, found.statement, limit=asked.limit, cursor=asked.cursor)
    return _json(moved_answers.statement_transfers(page))


@bp.post(f"{ONE}/refund")
@documented(tag=TAG, body=ReceiptForm, answers={201: ReceiptAnswer}, refusals=STEP)
def refund(debtor_id: int) -> Response:
    """Record money that was paid back, never more than what is credited."""
    form = read_json(ReceiptForm)
    return _created(lambda one, who: receipts.refund(one, debtor_id, form, actor=who, now=utcnow()).receipt.id)


@bp.post("/receipts/<int:receipt_id>/correct")
@documented(tag=TAG, body=WhyForm, answers={201: ReceiptAnswer}, refusals=STEP)
def correct(receipt_id: int) -> Response:
    """Take a receipt back by another one; what it settled is open again."""
    reason = read_json(WhyForm).reason
    return _created(lambda one, who: receipts.correct_receipt(one, receipt_id, reason, actor=who, now=utcnow()).id)


def _created(work: Callable[[Session, Actor], int]) -> Response:
    """The answer for the receipt that was made, once per key."""
    return _json(cash_answers.receipt_answer(_made(work)), 201)


def _made(work: Callable[[Session, Actor], int]) -> Receipt:
    """The receipt that was made, once per key."""
    receipt_id = made_once(work)
    return reading().get_one(Receipt, receipt_id)


def _json(answer: BaseModel, status: int = 200) -> Response:
    """The answer as JSON, kept by nobody."""
    response = Response(answer.model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
