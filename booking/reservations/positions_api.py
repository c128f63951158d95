"""How many users at a time, by the HTTP API."""

from flask import Blueprint, Response

from booking.catalogue.answers import InstrumentRecord
from booking.catalogue.api.answering import record_response
from booking.catalogue.api.records import EDITING
from booking.catalogue.timetable_forms import CapacityForm
from booking.core.clock import utcnow
from booking.reservations import positions
from booking.web.extensions import transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json
from booking.web.signed_in import require_actor

bp = Blueprint("positions_api", __name__, url_prefix="/api/v1/instruments/<int:instrument_id>")


@bp.put("/lanes")
@documented(tag="catalogue", body=CapacityForm, answers={200: InstrumentRecord}, refusals=EDITING)
def capacity(instrument_id: int) -> Response:
    """Set how many people can use the instrument at a time."""
    actor, form = require_actor(), read_json(CapacityForm)
    transaction(
        positions.set_capacity, instrument_id, form.capacity, actor=actor, now=utcnow(), expected_version=if_match()
    )
    return record_response(instrument_id)


@bp.put("/shared-groups/<int:group_id>/lanes")
@documented(tag="catalogue", body=CapacityForm, answers={200: InstrumentRecord}, refusals=EDITING)
def shared_capacity(instrument_id: int, group_id: int) -> Response:
    """Set how many users can have a shared part at a time."""
    actor, form = require_actor(), read_json(CapacityForm)
    transaction(positions.set_shared_capacity, instrument_id, group_id, form.capacity, actor=actor, now=utcnow())
    return record_response(instrument_id)
