"""The receipts of an institution in the HTTP API."""

from flask import Blueprint, Response
from flask_babel import gettext as _
from pydantic import BaseModel

from booking.accounts.permissions import Permission, require
from booking.core.actors import Target
from booking.directory.queries import organisation
from booking.statements import tables
from booking.statements.cash_book import CashRow, CashSum, cash_at, every_row, sums_at
from booking.statements.forms import CashQuery, CashTableQuery
from booking.web.exports import exported
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import read_query
from booking.web.signed_in import require_actor

bp = Blueprint("cash_book_api", __name__, url_prefix="/api/v1")

TAG = "statements"
REFUSALS = (400, 401, 403, 404, 422)


class CashList(BaseModel):
    """Receipts of an institution, the latest papers first; the sums are those of all that was asked for."""

    items: list[CashRow]
    sums: list[CashSum]
    total_fen: int
    next_cursor: str | None


@bp.get("/receipts")
@documented(tag=TAG, answers={200: CashList}, query=CashQuery, refusals=REFUSALS)
def list_receipts() -> Response:
    """What an institution received and paid back, for statements and into payer accounts, by paper."""
    asked = read_query(CashQuery)
    place_id, session = _place(asked.organisation), reading()
    page = cash_at(session, place_id, asked.wanted, limit=asked.limit, cursor=asked.cursor)
    sums = sums_at(session, place_id, asked.wanted)
    answer = CashList(
        items=page.items,
        sums=sums,
        total_fen=sum(one.amount_fen for one in sums),
        next_cursor=page.next_cursor,
    )
    response = Response(answer.model_dump_json(), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/receipts.<suffix>")
@documented(tag=TAG, answers={200: None}, query=CashTableQuery, refusals=REFUSALS)
def receipts_file(suffix: str) -> Response:
    """The same as a file for a spreadsheet: `xlsx` or `csv`."""
    asked = read_query(CashTableQuery)
    place_id, session = _place(asked.organisation), reading()
    return exported(
        lambda: tables.cash_rows(every_row(session, place_id, asked.wanted)),
        f"receipts-{place_id}",
        suffix,
        title=_("收款"),
    )


def _place(organisation_id: int) -> int:
    """The institution, whose receipts the caller may read; raises NotFound and Forbidden."""
    place, who = organisation(reading(), organisation_id), require_actor()
    require(who, Permission.SEE_STATEMENTS, Target(place.id))
    return place.id
