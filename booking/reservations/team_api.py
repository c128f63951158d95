"""A team's bookings in the HTTP API."""

from datetime import datetime

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel

from booking.core.clock import utcnow
from booking.core.forms import Form
from booking.reservations.team_bookings import team_reservations
from booking.teams.forms import Cursor, Limit
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import read_query
from booking.web.signed_in import require_actor
from models.reservations import Reservation
from models.vocabulary.reservations import ReservationState

bp = Blueprint("team_bookings_api", __name__, url_prefix="/api/v1/teams")


class TeamBookingsQuery(Form):
    """Which part of the list."""

    limit: Limit = 50
    cursor: Cursor = ""


class TeamBookingAnswer(BaseModel):
    """What lead and deputies see of a member's booking: who, where and when."""

    id: int
    instrument_id: int
    instrument: str
    booked_by: str
    starts_at: datetime
    ends_at: datetime
    state: ReservationState


class TeamBookingsAnswer(BaseModel):
    """Some bookings, the soonest first."""

    items: list[TeamBookingAnswer]
    next_cursor: str | None


@bp.get("/<int:team_id>/reservations")
@documented(tag="teams", answers={200: TeamBookingsAnswer}, query=TeamBookingsQuery, refusals=(400, 401, 403, 404, 422))
def team_bookings(team_id: int) -> ResponseReturnValue:
    """What members booked while they were members and is still to come; for lead and deputies."""
    form = read_query(TeamBookingsQuery)
    _found, page = team_reservations(
        reading(), team_id, actor=require_actor(), limit=form.limit, cursor=form.cursor or None, now=utcnow()
    )
    answer = TeamBookingsAnswer(items=[_booking(row) for row in page.items], next_cursor=page.next_cursor)
    return jsonify(answer.model_dump(mode="json"))


def _booking(row: Reservation) -> TeamBookingAnswer:
    """A member's booking as its answer."""
    return TeamBookingAnswer(
        id=row.id,
        instrument_id=row.instrument_id,
        instrument=row.instrument.name_zh or row.instrument.name_en,
        booked_by=row.booked_by.name,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        state=row.state,
    )
