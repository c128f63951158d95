"""Lists of applications: the queue of an officer by due date, those of one's firms, and all that one may read."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, reach
from booking.applications import labels, queries
from booking.applications.forms import ApplicationsPage
from booking.applications.handed_in import wanted_then
from booking.applications.queries import Wanted
from booking.applications.rules import REVIEWED
from booking.applications.wording import name_of, number_of
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.core.texts import N_
from booking.directory.left import days_left
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in
from models.applications import VoucherApplication
from models.vocabulary.applications import OPEN_STATES, ApplicationState

PER_PAGE = 30
TO_REVIEW, OWN, ALL = "to_review", "own", "all"
SHOWS = {
    TO_REVIEW: (N_("等我审核"), Wanted(to_review=True)),
    OWN: (N_("我的企业"), Wanted(own=True)),
    ALL: (N_("全部"), Wanted()),
    "open": (N_("在办"), Wanted(OPEN_STATES)),
    "issued": (N_("已发券"), Wanted((ApplicationState.ISSUED,))),
    "over": (N_("未通过和撤回"), Wanted((ApplicationState.REFUSED, ApplicationState.WITHDRAWN))),
}


@signed_in
def index() -> ResponseReturnValue:
    """The applications that wait for the reader, or that they may read."""
    who, asked, today = require_actor(), read_query(ApplicationsPage), local_date(utcnow())
    open_to = shows_of(who)
    show = asked.show if asked.show in open_to else open_to[0]
    page = queries.applications(reading(), who, SHOWS[show][1], today=today, limit=PER_PAGE, cursor=asked.cursor)
    then, left = wanted_then(reading(), page.items, who), left_of(page.items, today)
    return render_template(
        "applications/index.html",
        rows=[row_of(one, then) | {"left": left.get(one.id)} for one in page.items],
        show=show,
        tabs=[
            {"label": _(SHOWS[one][0]), "url": url_for("applications.index", show=one), "active": one == show}
            for one in open_to
        ],
        may_apply=bool(reach(who, Permission.APPLY_FOR_VOUCHERS)),
        may_review=bool(reach(who, Permission.REVIEW_APPLICATIONS)),
        may_see=bool(reach(who, Permission.SEE_APPLICATIONS)),
        next_url=url_for("applications.index", show=show, cursor=page.next_cursor) if page.next_cursor else "",
    )


def shows_of(who: Actor) -> list[str]:
    """Which parts of the list somebody has, the one to begin with first."""
    found = [TO_REVIEW] if reach(who, Permission.REVIEW_APPLICATIONS) else []
    found += [OWN] if reach(who, Permission.APPLY_FOR_VOUCHERS) else []
    found += [ALL] if reach(who, Permission.SEE_APPLICATIONS) else []
    return [*(found or [OWN]), "open", "issued", "over"]


def left_of(found: Sequence[VoucherApplication], today: date) -> dict[int, int]:
    """The working days that are left for the review that is due, of those that wait for one."""
    due = {one.id: (_office_of(one), one.due_on) for one in found if one.due_on is not None and one.state in REVIEWED}
    return dict(zip(due, days_left(reading(), list(due.values()), today), strict=True))


def _office_of(found: VoucherApplication) -> int:
    """The office that reviews now, by whose calendar the days are counted."""
    authority_id = found.programme.organisation_id
    return (found.district_id or authority_id) if found.state == ApplicationState.DISTRICT_REVIEW else authority_id


def row_of(found: VoucherApplication, then: Mapping[int, int]) -> dict[str, Any]:
    """An application in a list, in words, with what it asked for when it was handed in where that is to be read."""
    return {
        "application": found,
        "number": number_of(found),
        "amount_fen": found.granted_fen or then.get(found.id, found.wanted_fen),
        "firm": name_of(found.organisation),
        "programme": in_language(found.programme.name_zh, found.programme.name_en),
        "state": (_(labels.STATES[found.state]), *labels.STATE_LOOKS[found.state]),
    }
