"""Lists of sample orders: one's own, and the queue of the instruments one works for."""

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.core.clock import local_date, utcnow
from booking.core.pages import Page
from booking.samples import lists, queries
from booking.samples.forms import SampleOrdersPage
from booking.samples.labels import SHOW, STATE, STATE_LOOKS
from booking.samples.lists import Listed, Show, Wanted
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.signed_in import require_actor
from models.vocabulary.samples import OVER

PER_PAGE = 30


def index() -> ResponseReturnValue:
    """One's own orders and those of one's firms, the last changed first."""
    who, asked = require_actor(), read_query(SampleOrdersPage)
    show = _show(asked.show, Show.ALL)
    page = lists.own_orders(reading(), who, Wanted(show), limit=PER_PAGE, cursor=asked.cursor)
    return _list("index", page, asked, show, (Show.ALL, Show.WAITING, Show.OPEN, Show.OVER))


def queue() -> ResponseReturnValue:
    """The orders of the instruments one works for, those wanted soonest first."""
    who, asked = require_actor(), read_query(SampleOrdersPage)
    show = _show(asked.show, Show.WAITING)
    wanted = Wanted(show, instrument_id=asked.instrument)
    page = lists.staffed_orders(reading(), who, wanted, limit=PER_PAGE, cursor=asked.cursor)
    named = [(one.id, in_language(one.name_zh, one.name_en)) for one in queries.staffed_instruments(reading(), who)]
    return _list("queue", page, asked, show, tuple(Show), instruments=named)


def _show(text: str, otherwise: Show) -> Show:
    """Which part is asked for."""
    return Show(text) if text in set(Show) else otherwise


def _list(
    name: str, page: Page[Listed], asked: SampleOrdersPage, show: Show, shows: tuple[Show, ...], **more: Any
) -> str:
    """A list with a tab for each part."""
    endpoint, here = f"samples.{name}", asked.instrument
    more_at = url_for(endpoint, show=show.value, cursor=page.next_cursor, instrument=here) if page.next_cursor else ""
    tabs = [
        {"label": _(SHOW[one]), "url": url_for(endpoint, show=one.value, instrument=here), "active": one == show}
        for one in shows
    ]
    return render_template(
        f"samples/{name}.html",
        rows=page.items,
        next_url=more_at,
        tabs=tabs,
        show=show,
        instrument_id=asked.instrument,
        today=local_date(utcnow()),
        over=OVER,
        states=STATE,
        state_looks=STATE_LOOKS,
        **more,
    )
