"""Feeds of the HTTP API."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.calendars import queries, service
from booking.calendars.addresses import addresses_of
from booking.calendars.forms import FeedForm
from booking.core.clock import utcnow
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.calendars import Feed
from models.vocabulary.calendars import FeedScope

bp = Blueprint("calendars_api", __name__, url_prefix="/api/v1")


class FeedAnswer(BaseModel):
    """A feed; its addresses hold the secret and are answered only when it is made."""

    id: int
    scope: FeedScope
    instrument_id: int | None
    name: str
    created_at: datetime
    last_used_at: datetime | None
    secret: str | None = None
    url: str | None = None
    webcal_url: str | None = None


class FeedList(BaseModel):
    """One's feeds that are not revoked."""

    items: list[FeedAnswer]
    next_cursor: None = None


@bp.get("/feeds")
@documented(tag="feeds", answers={200: FeedList}, refusals=(401,))
def list_feeds() -> ResponseReturnValue:
    """One's own feeds, newest first, without their secrets."""
    rows = queries.feeds_of(reading(), require_actor())
    return jsonify(FeedList(items=[_answer(row[0]) for row in rows]).model_dump(mode="json"))


@bp.post("/feeds")
@documented(tag="feeds", body=FeedForm, answers={201: FeedAnswer}, refusals=(401, 403, 404, 422))
def make_feed() -> ResponseReturnValue:
    """Make a feed; the address is answered this once."""
    actor, now, wish = require_actor(), utcnow(), read_json(FeedForm)

    def make(session: Session) -> dict[str, Any]:
        feed, secret = service.make_feed(session, wish, actor=actor, now=now)
        return {**_answer(feed).model_dump(mode="json"), "secret": secret}

    answer, _is_repeat = create_once(make, actor=actor, now=now)
    if answer["secret"] is not None:
        addresses = addresses_of(answer["secret"])
        answer = {**answer, "url": addresses["url"], "webcal_url": addresses["webcal_url"]}
    return jsonify(answer), 201, {"Location": f"/api/v1/feeds/{answer['id']}"}


@bp.get("/feeds/<int:feed_id>")
@documented(tag="feeds", answers={200: FeedAnswer}, refusals=(401, 404))
def get_feed(feed_id: int) -> ResponseReturnValue:
    """A feed of one's own that is not revoked, without its secret."""
    return jsonify(_answer(queries.feed_of(reading(), feed_id, require_actor())).model_dump(mode="json"))


@bp.delete("/feeds/<int:feed_id>")
@documented(tag="feeds", answers={204: None}, refusals=(401, 404))
def revoke_feed(feed_id: int) -> ResponseReturnValue:
    """Revoke a feed of one's own; its address answers 410 from now on."""
    transaction(service.revoke_feed, feed_id, actor=require_actor(), now=utcnow())
    return Response(status=204)


def _answer(feed: Feed) -> FeedAnswer:
    """A feed without its secret."""
    return FeedAnswer(
        id=feed.id,
        scope=feed.scope,
        instrument_id=feed.instrument_id,
        name=feed.name,
        created_at=feed.created_at,
        last_used_at=feed.last_used_at,
    )
