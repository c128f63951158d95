"""Where an instrument stands, and moving it, by the HTTP API."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, url_for
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.catalogue import moves, queries
from booking.catalogue.api.answering import json_answer
from booking.catalogue.api.records import EDITING
from booking.catalogue.step_forms import PlaceMove
from booking.core.clock import utcnow
from booking.reservations import relocating
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor

bp = Blueprint("moves_api", __name__, url_prefix="/api/v1/instruments/<int:instrument_id>/moves")


class StayAnswer(BaseModel):
    """A place with its days, the last one included; the current one is what the record says."""

    id: int | None
    starts_on: date
    ends_on: date | None
    adcode: str | None
    street: str
    note: str
    is_current: bool
    is_planned: bool


class StayList(BaseModel):
    """Where an instrument stood, stands and will stand, the last first; empty before its first move."""

    items: list[StayAnswer]
    next_cursor: str | None = None


class MoveAnswer(BaseModel):
    """A move, the closure that was set for it, and the reservations that lie in that."""

    id: int
    starts_on: date
    block_id: int | None
    conflicts: list[int]


@bp.get("")
@documented(tag="moves", answers={200: StayList}, refusals=(401, 403, 404))
def stays(instrument_id: int) -> Response:
    """Where the instrument stood, stands and will stand; for who edits the record."""
    actor, session = require_actor(), reading()
    instrument = queries.instrument_for(session, instrument_id, actor)
    require(actor, Permission.EDIT_RECORD, queries.target_of(instrument))
    found = moves.stays_of(session, instrument)
    items = [StayAnswer(**{name: getattr(stay, name) for name in StayAnswer.model_fields}) for stay in found]
    return json_answer(StayList(items=items))


@bp.post("")
@documented(tag="moves", body=PlaceMove, answers={201: MoveAnswer}, refusals=EDITING)
def move(instrument_id: int) -> Response:
    """Say where the instrument stands from a day on, and close it for the days of the move."""
    form, actor, now = read_json(PlaceMove), require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        row, blocked = relocating.move_instrument(session, instrument_id, form, actor=actor, now=now)
        answer = MoveAnswer(
            id=row.id,
            starts_on=row.starts_on,
            block_id=blocked.block.id if blocked else None,
            conflicts=[one.reservation_id for one in blocked.conflicts] if blocked else [],
        )
        return answer.model_dump(mode="json")

    answer, _repeated = create_once(work, actor=actor, now=now)
    response = json_answer(MoveAnswer(**answer), 201)
    response.headers["Location"] = url_for("moves_api.stays", instrument_id=instrument_id)
    return response


@bp.delete("/<int:place_id>")
@documented(tag="moves", answers={204: None}, refusals=(401, 403, 404))
def call_off(instrument_id: int, place_id: int) -> Response:
    """Call off a move whose day has not come."""
    transaction(relocating.call_off_move, instrument_id, place_id, actor=require_actor(), now=utcnow())
    return Response(status=204)
