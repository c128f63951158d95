"""Labels for parcels and samples: chosen, shown, printed; and the way back from a label to its order."""

from flask import Response, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.core.errors import NotFound
from booking.samples import labels, stickers
from booking.samples.forms import FindPage, StickersPage, StickersQuery
from booking.samples.papers import sticker_sheets, worded
from booking.samples.stickers import ON_A_SHEET, TooManyStickers
from booking.web.errors import sentence_of
from booking.web.extensions import reading
from booking.web.reading import read_query
from booking.web.signed_in import require_actor
from models.samples import SampleOrder


def choose() -> Response:
    """The labels of the orders that are named, and a form to name others."""
    who, asked, session = require_actor(), read_query(StickersPage), reading()
    problems: dict[str, list[str]] = {}
    try:
        found = stickers.stickers_of(session, asked.order, asked.which, who)
    except TooManyStickers as refused:
        found, problems = [], {"order": [sentence_of(refused)]}
    offered = stickers.offered_orders(session, who)
    orders = {one.id: one for one in (*offered, *(sticker.order for sticker in found))}
    page = render_template(
        "samples/stickers.html",
        stickers=[worded(one) for one in found],
        choices=[(str(one.id), _named(one)) for one in orders.values()],
        asked=asked,
        chosen=[str(one) for one in asked.order],
        whiches=[(one.value, _(label)) for one, label in labels.WHICH.items()],
        problems=problems,
        labels={name: _(label) for name, label in labels.FIELDS.items()},
        on_a_sheet=ON_A_SHEET,
    )
    return make_response(page, TooManyStickers.status if problems else 200)


def sheets() -> Response:
    """The same as sheets of A4."""
    who, asked = require_actor(), read_query(StickersQuery)
    return sticker_sheets(stickers.stickers_of(reading(), asked.order, asked.which, who), asked.first)


def find() -> ResponseReturnValue:
    """Lead from what was scanned or typed to the order, at the sample if it names one."""
    who, typed = require_actor(), read_query(FindPage).number.strip()
    read = stickers.read_code(typed) if typed else None
    if read is None:
        problem = _("编号形如 WT20261127-00012，印在委托单和样品标签上。") if typed else ""
        return _find(typed, problem, 422 if typed else 200)
    try:
        order = stickers.order_by_number(reading(), read.number, who)
    except NotFound:
        return _find(typed, _("没有这个编号的委托，或者您不能查看它。"), 404)
    at = f"sample-{read.position}" if read.position and read.position <= order.sample_count else None
    return redirect(url_for("samples.show", order_id=order.id, _anchor=at), code=303)


def _find(typed: str, problem: str, status: int) -> ResponseReturnValue:
    """The form, as it was filled in."""
    problems = {"number": [problem]} if problem else {}
    return render_template("samples/find.html", typed=typed, problems=problems), status


def _named(order: SampleOrder) -> str:
    """An order in the list of those to choose from."""
    return f"{order.number} · {order.title} · {_(labels.STATE[order.state])}"
