"""The page of one's own feeds: make, show once, revoke."""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.calendars import queries, service
from booking.calendars.addresses import addresses_of
from booking.calendars.forms import FeedForm
from booking.catalogue.queries import instrument_for
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, Refused
from booking.web.errors import problems_of, sentence_of
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.calendars import FeedScope

bp = Blueprint("calendars", __name__)

LARGEST_ID = 2**31 - 1


@bp.get("/account/feeds")
@signed_in
def index() -> ResponseReturnValue:
    """One's feeds, and how to make another."""
    return _page(wanted=request.args.get("instrument", type=int))


@bp.post("/account/feeds")
@signed_in
def create() -> ResponseReturnValue:
    """Make a feed and show its address this once."""
    actor, now = require_actor(), utcnow()
    try:
        wish = read_form(FeedForm)

        def make(session: Session) -> dict[str, Any]:
            feed, secret = service.make_feed(session, wish, actor=actor, now=now)
            return {"id": feed.id, "secret": secret}

        answer, is_repeat = create_once(make, actor=actor, now=now)
    except InvalidInput as invalid:
        return _again(problems_of(invalid)), invalid.status
    except service.TooManyFeeds as refused:
        return _again({"": [sentence_of(refused)]}), refused.status
    if is_repeat or answer["secret"] is None:
        return redirect(url_for(".index"), code=303)
    return _page(made=addresses_of(answer["secret"])), 201


@bp.post("/account/feeds/<int:feed_id>/revoke")
@signed_in
def revoke(feed_id: int) -> ResponseReturnValue:
    """Stop a feed of one's own for good."""
    transaction(service.revoke_feed, feed_id, actor=require_actor(), now=utcnow())
    return redirect(url_for(".index"), code=303)


def _again(problems: dict[str, list[str]]) -> str:
    """The page with what was wrong, and what was typed."""
    return _page(wanted=request.form.get("id", type=int), name=request.form.get("name", ""), problems=problems)


def _page(
    *,
    wanted: int | None = None,
    name: str = "",
    made: dict[str, str] | None = None,
    problems: dict[str, list[str]] | None = None,
) -> str:
    """The page, with what was wished, made or wrong."""
    actor, session = require_actor(), reading()
    return render_template(
        "calendars/index.html",
        feeds=[
            {"feed": feed, "title": _title(feed.scope, zh, en)} for feed, zh, en in queries.feeds_of(session, actor)
        ],
        instrument=_wanted_instrument(wanted),
        name=name,
        made=made,
        problems=problems or {},
        idempotency_key=new_key(),
    )


def _wanted_instrument(instrument_id: int | None) -> dict[str, Any] | None:
    """The instrument somebody came from, when they may see it."""
    if instrument_id is None or not 0 < instrument_id <= LARGEST_ID:
        return None
    try:
        found = instrument_for(reading(), instrument_id, require_actor())
    except Refused:
        return None
    return {"id": found.id, "name": f"{in_language(found.name_zh, found.name_en)} {found.model}".strip()}


def _title(scope: FeedScope, zh: str | None, en: str | None) -> str:
    """What a feed shows, in words."""
    if scope == FeedScope.MINE:
        return str(_("我的预约"))
    return in_language(zh or "", en or "") or str(_("不再公开的仪器"))
