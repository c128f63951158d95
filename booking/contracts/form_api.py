"""Accepted order forms in the HTTP API: lists for both sides, one as it was accepted, and its paper."""

from flask import Blueprint, Response
from pydantic import BaseModel

from booking.accounts.permissions import Permission, require
from booking.contracts import papers
from booking.contracts.form_answers import OrderFormInFull, OrderFormList, order_form_answer, order_form_in_full
from booking.contracts.form_numbers import number_of
from booking.contracts.forms import OrderFormsQuery
from booking.contracts.order_forms import order_form_for, order_forms
from booking.core.actors import Target
from booking.directory.queries import organisation
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import read_query
from booking.web.signed_in import require_actor

bp = Blueprint("order_forms_api", __name__, url_prefix="/api/v1")

TAG = "contracts"


@bp.get("/order-forms")
@documented(tag=TAG, query=OrderFormsQuery, answers={200: OrderFormList}, refusals=(400, 401, 403, 404, 422))
def list_order_forms() -> Response:
    """Order forms that one or one's firms accepted, or (for its finance and auditors) those of an institution."""
    who, asked, session = require_actor(), read_query(OrderFormsQuery), reading()
    if asked.organisation is not None:
        require(who, Permission.SEE_CONTRACTS, Target(organisation(session, asked.organisation).id))
    page = order_forms(session, who, asked.organisation, limit=asked.limit, cursor=asked.cursor)
    items = [order_form_answer(one) for one in page.items]
    return _json(OrderFormList(items=items, next_cursor=page.next_cursor))


@bp.get("/order-forms/<int:form_id>")
@documented(tag=TAG, answers={200: OrderFormInFull}, refusals=(401, 404))
def show_order_form(form_id: int) -> Response:
    """An accepted order form as it was then, for who accepted it and who keeps contracts on either side."""
    return _json(order_form_in_full(order_form_for(reading(), form_id, require_actor())))


@bp.get("/order-forms/<int:form_id>.pdf")
@documented(tag=TAG, answers={200: None}, refusals=(401, 404))
def order_form_paper(form_id: int) -> Response:
    """The same as a PDF under its number."""
    form = order_form_for(reading(), form_id, require_actor())
    return papers.pdf_response(papers.order_form_pdf(form), number_of(form.year, form.number))


def _json(answer: BaseModel) -> Response:
    """The answer as JSON, kept by nobody."""
    response = Response(answer.model_dump_json(), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
