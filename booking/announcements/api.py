"""The announcements of the HTTP API."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.announcements import queries, service, showing
from booking.announcements.forms import AnnouncementForm, AnnouncementsQuery
from booking.core.clock import utcnow
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.announcements import Announcement
from models.vocabulary.announcements import Audience, Weight

bp = Blueprint("announcements_api", __name__, url_prefix="/api/v1")

TAG = "announcements"


class AnnouncementAnswer(BaseModel):
    """An announcement with its time and audience; for a place, with its organisation or province."""

    id: int
    text_zh: str
    text_en: str
    url: str
    audience: Audience
    organisation_id: int | None
    province: str | None
    weight: Weight
    starts_at: datetime
    ends_at: datetime
    version: int


class AnnouncementsAnswer(BaseModel):
    """Some announcements, the newest first."""

    items: list[AnnouncementAnswer]
    next_cursor: str | None


class ShownAnnouncement(BaseModel):
    """An announcement as everybody it is for sees it."""

    id: int
    text_zh: str
    text_en: str
    url: str
    weight: Weight
    starts_at: datetime
    ends_at: datetime


class ShownAnnouncements(BaseModel):
    """What is for the caller now."""

    items: list[ShownAnnouncement]


@bp.get("/announcements/current")
@documented(tag=TAG, answers={200: ShownAnnouncements}, refusals=(401,))
def current() -> ResponseReturnValue:
    """What is announced to the caller now."""
    items = [ShownAnnouncement.model_validate(one, from_attributes=True) for one in showing.announcements()]
    return jsonify(ShownAnnouncements(items=items).model_dump(mode="json"))


@bp.get("/announcements")
@documented(tag=TAG, answers={200: AnnouncementsAnswer}, query=AnnouncementsQuery, refusals=(400, 401, 403, 422))
def list_announcements() -> ResponseReturnValue:
    """All announcements, the newest first."""
    require(require_actor(), Permission.ANNOUNCE)
    query = read_query(AnnouncementsQuery)
    page = queries.announcements(reading(), limit=query.limit, cursor=query.cursor)
    answer = AnnouncementsAnswer(items=[_told(one) for one in page.items], next_cursor=page.next_cursor)
    return jsonify(answer.model_dump(mode="json"))


@bp.post("/announcements")
@documented(tag=TAG, answers={201: AnnouncementAnswer}, body=AnnouncementForm, refusals=(400, 401, 403, 415, 422))
def announce() -> ResponseReturnValue:
    """Put a text on the pages for a while."""
    actor, now = require_actor(), utcnow()
    require(actor, Permission.ANNOUNCE)
    form = read_json(AnnouncementForm)

    def work(session: Session) -> dict[str, Any]:
        return _told(service.announce(session, form, actor=actor, now=now)).model_dump(mode="json")

    made, _repeated = create_once(work, actor=actor, now=now)
    showing.forget()
    response = jsonify(made)
    response.status_code = 201
    response.headers["Location"] = url_for(".show", announcement_id=made["id"])
    return response


@bp.get("/announcements/<int:announcement_id>")
@documented(tag=TAG, answers={200: AnnouncementAnswer}, refusals=(401, 403, 404))
def show(announcement_id: int) -> ResponseReturnValue:
    """One announcement, with its version as ETag."""
    require(require_actor(), Permission.ANNOUNCE)
    return _response(queries.announcement(reading(), announcement_id))


@bp.put("/announcements/<int:announcement_id>")
@documented(
    tag=TAG, answers={200: AnnouncementAnswer}, body=AnnouncementForm, refusals=(400, 401, 403, 404, 412, 415, 422)
)
def change(announcement_id: int) -> ResponseReturnValue:
    """Set all of an announcement."""
    actor = require_actor()
    require(actor, Permission.ANNOUNCE)
    queries.announcement(reading(), announcement_id)
    changed = transaction(
        service.change_announcement,
        announcement_id,
        read_json(AnnouncementForm),
        actor=actor,
        now=utcnow(),
        expected_version=if_match(),
    )
    showing.forget()
    return _response(changed)


@bp.delete("/announcements/<int:announcement_id>")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404))
def end(announcement_id: int) -> ResponseReturnValue:
    """Take an announcement off the pages now."""
    transaction(service.end_announcement, announcement_id, actor=require_actor(), now=utcnow())
    showing.forget()
    return "", 204


def _told(found: Announcement) -> AnnouncementAnswer:
    """The row as the API shows it."""
    return AnnouncementAnswer.model_validate(found, from_attributes=True)


def _response(found: Announcement) -> Response:
    """One announcement with its version as ETag."""
    response = jsonify(_told(found).model_dump(mode="json"))
    response.set_etag(str(found.version))
    return response
