"""One's own enquiries, and those that wait for the staff."""

from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.core.clock import utcnow
from booking.core.pages import Page
from booking.enquiries import queries
from booking.enquiries.forms import EnquiriesPage
from booking.enquiries.labels import STATE, STATE_LOOKS, WISH, WISH_LOOKS
from booking.web.extensions import reading
from booking.web.reading import read_query
from booking.web.signed_in import require_actor
from models.enquiries import Enquiry
from models.vocabulary.enquiries import EnquiryState

PER_PAGE = 30


def index() -> ResponseReturnValue:
    """What the person asked."""
    who, wanted = require_actor(), read_query(EnquiriesPage)
    page = queries.own_enquiries(reading(), who, state=wanted.state, limit=PER_PAGE, cursor=wanted.cursor)
    return _list("index", page, wanted)


def waiting() -> ResponseReturnValue:
    """What people asked about the instruments one works for, those due first."""
    who, wanted = require_actor(), read_query(EnquiriesPage)
    page = queries.staffed_enquiries(reading(), who, state=wanted.state, limit=PER_PAGE, cursor=wanted.cursor)
    return _list("waiting", page, wanted)


def _list(name: str, page: Page[Enquiry], wanted: EnquiriesPage) -> str:
    """A list with a tab for each state."""
    state = wanted.state.value if wanted.state else None
    more = url_for(f"enquiries.{name}", state=state, cursor=page.next_cursor) if page.next_cursor else ""
    return render_template(
        f"enquiries/{name}.html",
        rows=page.items,
        next_url=more,
        tabs=_tabs(name, wanted.state),
        now=utcnow(),
        **looks(),
    )


def looks() -> dict[str, Any]:
    """How states are shown."""
    return {
        "states": STATE,
        "state_looks": STATE_LOOKS,
        "wishes": WISH,
        "wish_looks": WISH_LOOKS,
    }


def _tabs(name: str, chosen: EnquiryState | None) -> list[dict[str, Any]]:
    """All, and each state."""
    entries = [(None, _("全部")), *((state, _(label)) for state, label in STATE.items())]
    return [
        {
            "label": label,
            "url": url_for(f"enquiries.{name}", state=state.value if state else None),
            "active": state == chosen,
        }
        for state, label in entries
    ]
