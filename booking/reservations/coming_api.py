"""Somebody's bookings still to come in the HTTP API, for themselves and for who closes their account."""

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from booking.core.clock import utcnow
from booking.reservations.coming import coming_bookings, note_settling, require_settling
from booking.reservations.coming_shown import ComingBookingAnswer, coming_shown
from booking.reservations.handing_over import cancel_bookings, hand_over_bookings
from booking.reservations.leaving_forms import CancelBookingsForm, ComingQuery, HandOverForm
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.signed_in import require_actor

bp = Blueprint("coming_api", __name__, url_prefix="/api/v1/people/<int:user_id>")

TAG = "leaving"
STEP = (400, 401, 403, 404, 409, 415, 422)


class ComingAnswer(BaseModel):
    """One page of the bookings that somebody still has, everywhere, and how many there are in all."""

    reservations: list[ComingBookingAnswer]
    reservations_count: int
    next_cursor: str | None


@bp.get("/bookings")
@documented(tag=TAG, answers={200: ComingAnswer}, query=ComingQuery, refusals=(400, 401, 403, 404, 422))
def show(user_id: int) -> ResponseReturnValue:
    """What somebody booked anywhere and is still to come: one's own, or for the platform's administrators."""
    answer = _answer(user_id, read_query(ComingQuery))
    transaction(note_settling, user_id, actor=require_actor(), now=utcnow())
    return answer


@bp.post("/hand-over-bookings")
@documented(tag=TAG, answers={200: ComingAnswer}, body=HandOverForm, refusals=STEP)
def hand_over(user_id: int) -> ResponseReturnValue:
    """Make somebody else the holder of bookings, all or none; one's own go to who is at the same house or team."""
    form, actor, now = read_json(HandOverForm), require_actor(), utcnow()
    ids, reason = form.reservation_ids, form.reason
    transaction(hand_over_bookings, None, user_id, ids, form.email, reason=reason, actor=actor, now=now)
    return _answer(user_id, ComingQuery())


@bp.post("/cancel-bookings")
@documented(tag=TAG, answers={200: ComingAnswer}, body=CancelBookingsForm, refusals=STEP)
def cancel(user_id: int) -> ResponseReturnValue:
    """Cancel bookings, with a reason; all or none."""
    form, actor, now = read_json(CancelBookingsForm), require_actor(), utcnow()
    transaction(cancel_bookings, None, user_id, form.reservation_ids, reason=form.reason, actor=actor, now=now)
    return _answer(user_id, ComingQuery())


def _answer(user_id: int, wanted: ComingQuery) -> Response:
    """The bookings as they stand."""
    actor = require_actor()
    require_settling(reading(), None, user_id, actor=actor)
    coming = coming_bookings(reading(), None, user_id, limit=wanted.limit, cursor=wanted.cursor, now=utcnow())
    response = jsonify(**coming_shown(reading(), coming, None, actor, now=utcnow()))
    response.headers["Cache-Control"] = "no-store"
    return response
