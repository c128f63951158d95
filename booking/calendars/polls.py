"""Answering calendar apps: `/feeds/<secret>.ics`, mostly with 304."""

from datetime import UTC
from functools import lru_cache

from flask import Blueprint, Response, request
from sqlalchemy.exc import NoResultFound

from booking.calendars import bodies, service
from booking.calendars.addresses import event_url
from booking.calendars.queries import body_of
from booking.calendars.rules import Condition, is_unchanged
from booking.core.clock import utcnow
from booking.core.errors import Refused
from booking.web.extensions import reading, transaction

bp = Blueprint("feeds", __name__)

LONGEST_SECRET = 100


@bp.get("/feeds/<secret>.ics")
def show(secret: str) -> Response:
    """A feed for calendar apps: 304 when nothing changed, else iCalendar text, gzipped when accepted."""
    now = utcnow()
    try:
        poll, rendered = service.poll(reading(), secret[:LONGEST_SECRET], now=now, url_of=event_url)
    except Refused as refused:
        return _plain(refused.status)
    if rendered is not None:
        transaction(bodies.keep, rendered)
    if service.is_use_due(poll.feed, now):
        transaction(service.note_use, poll.feed.id, now=now)
    try:
        return _answer(poll, rendered)
    except NoResultFound:
        return show(secret)


def _answer(poll: service.Poll, rendered: bodies.Rendered | None) -> Response:
    """304, or the text with its validators."""
    if is_unchanged(_condition(), poll.etag, poll.modified):
        return _with_validators(Response(status=304), poll, is_gzipped=False)
    gzipped = "gzip" in request.headers.get("Accept-Encoding", "")
    if rendered is not None:
        text = rendered.gzipped if gzipped else rendered.plain
    else:
        text = _kept(poll.feed.id, poll.etag, gzipped)
    response = Response(text, content_type="text/calendar; charset=utf-8")
    response.headers["Content-Disposition"] = 'inline; filename="chuanyu.ics"'
    if gzipped:
        response.headers["Content-Encoding"] = "gzip"
    return _with_validators(response, poll, is_gzipped=gzipped)


@lru_cache(maxsize=128)
def _kept(feed_id: int, etag: str, gzipped: bool) -> bytes:
    """The text under a tag, which is a hash of it: what was read once never changes."""
    return body_of(reading(), feed_id, etag, gzipped=gzipped)


def _with_validators(response: Response, poll: service.Poll, *, is_gzipped: bool) -> Response:
    """ETag (its own one for gzipped text), date (never a coming one), and what caches may do."""
    response.set_etag(poll.etag + "-gzip" if is_gzipped else poll.etag)
    response.last_modified = min(poll.modified, utcnow())
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _condition() -> Condition:
    """What the app says it has; weak and gzipped tags count as the plain one."""
    tags = request.if_none_match
    since = request.if_modified_since
    if not tags:
        return Condition(None, since.replace(tzinfo=UTC) if since and since.tzinfo is None else since)
    names = {"*"} if tags.star_tag else {tag.removesuffix("-gzip") for tag in tags.as_set(include_weak=True)}
    return Condition(frozenset(names))


def _plain(status: int) -> Response:
    """A short answer for programs: 404 unknown, 410 revoked."""
    text = "410 Gone" if status == 410 else "404 Not Found"
    return Response(text + "\n", status=404 if status not in {404, 410} else status, content_type="text/plain")
