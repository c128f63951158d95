"""Lists of charges: one's own, and those of the instruments whose money one looks after."""

from functools import partial

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.permissions import Permission, reach
from booking.charges import labels, queries
from booking.charges.forms import ChargesPage
from booking.charges.queries import Found, Show, Wanted
from booking.charges.times import uses_overdue
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, NotFound
from booking.core.pages import Page
from booking.payers.queries import found_account
from booking.web.extensions import reading
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in
from models.payers import PayerAccount
from models.vocabulary.charges import ANSWERABLE

PER_PAGE = 30


@signed_in
def mine() -> ResponseReturnValue:
    """What one booked, what one's firms ordered, and what is paid from accounts that one answers for."""
    who, asked = require_actor(), read_query(ChargesPage)
    show = shown(asked.show, Show.ALL)
    today, wanted = local_date(utcnow()), Wanted(show, payer_id=asked.payer, user_id=asked.user)
    page = queries.own_charges(reading(), who, wanted, today=today, limit=PER_PAGE, cursor=asked.cursor)
    return _list("mine", page, asked, show, (Show.ALL, Show.OPEN, Show.DISPUTED), account=_account(asked.payer))


@signed_in
def staffed() -> ResponseReturnValue:
    """The charges of the instruments whose money one looks after, those that are not settled first."""
    who, asked = require_actor(), read_query(ChargesPage)
    if not reach(who, Permission.SEE_CHARGES):
        raise Forbidden
    show = shown(asked.show, Show.OPEN)
    today, wanted = local_date(utcnow()), Wanted(show, payer_id=asked.payer, user_id=asked.user)
    page = queries.charges_at(reading(), who, wanted, today=today, limit=PER_PAGE, cursor=asked.cursor)
    overdue = uses_overdue(reading(), reach(who, Permission.DECIDE_BOOKINGS)) if show == Show.PROBLEMS else 0
    return _list("staffed", page, asked, show, tuple(Show), overdue=overdue)


def _is_acceptable(found: Found) -> bool:
    """Whether the person asking is asked to accept a charge that nobody disputes."""
    return found.sight.answers and found.charge.state in ANSWERABLE


def _account(payer_id: int | None) -> PayerAccount | None:
    """The account that the list is narrowed to, for who may know of it."""
    if payer_id is None:
        return None
    try:
        return found_account(reading(), payer_id, require_actor(), today=local_date(utcnow())).account
    except NotFound:
        return None


def shown(text: str, otherwise: Show) -> Show:
    """Which part is asked for."""
    return Show(text) if text in set(Show) else otherwise


def _list(
    name: str,
    page: Page[Found],
    asked: ChargesPage,
    show: Show,
    shows: tuple[Show, ...],
    *,
    overdue: int = 0,
    account: PayerAccount | None = None,
) -> ResponseReturnValue:
    """A list with a tab for each part."""
    endpoint = f"charges.{name}"
    at = partial(url_for, endpoint, payer=asked.payer, user=asked.user)
    files = partial(url_for, f"{endpoint}_table", show=show.value, payer=asked.payer, user=asked.user)
    tabs = [{"label": _(labels.SHOW[one]), "url": at(show=one.value), "active": one == show} for one in shows]
    return render_template(
        f"charges/{name}.html",
        rows=page.items,
        next_url=at(show=show.value, cursor=page.next_cursor) if page.next_cursor else "",
        files=[(suffix.upper(), files(suffix=suffix)) for suffix in ("xlsx", "csv")],
        acceptable={one.charge.id for one in page.items if _is_acceptable(one)},
        person=page.items[0].charge.user.name if asked.user and page.items else "",
        all_url=at(show=show.value, user=None),
        tabs=tabs,
        show=show,
        states=labels.STATES,
        state_looks=labels.STATE_LOOKS,
        kinds=labels.KINDS,
        problems_named=labels.PROBLEMS,
        overdue=overdue,
        account=account,
        confirms=bool(reach(require_actor(), Permission.DECIDE_BOOKINGS)),
    )
