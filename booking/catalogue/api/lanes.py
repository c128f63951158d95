"""Shared parts of an instrument."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from booking.catalogue import lanes
from booking.catalogue.answers import InstrumentRecord
from booking.catalogue.api.answering import record_response
from booking.catalogue.api.records import EDITING
from booking.catalogue.timetable_forms import NewSharedGroup
from booking.core.clock import utcnow
from booking.web.extensions import transaction
from booking.web.openapi import documented
from booking.web.reading import read_json
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor

JOINING = (401, 403, 404, 409)


@documented(tag="catalogue", body=NewSharedGroup, answers={201: InstrumentRecord}, refusals=EDITING)
def share(instrument_id: int) -> Response:
    """Make a part that several instruments of one owner share; this one lists it first."""
    actor, form, now = require_actor(), read_json(NewSharedGroup), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": lanes.create_shared_group(session, instrument_id, form, actor=actor, now=now).id}

    create_once(work, actor=actor, now=now)
    return record_response(instrument_id, 201)


@documented(tag="catalogue", answers={200: InstrumentRecord}, refusals=JOINING)
def join(instrument_id: int, group_id: int) -> Response:
    """List a shared part: a booking then also takes one lane of it."""
    transaction(lanes.join_shared_group, instrument_id, group_id, actor=require_actor(), now=utcnow())
    return record_response(instrument_id)


@documented(tag="catalogue", answers={200: InstrumentRecord}, refusals=JOINING)
def leave(instrument_id: int, group_id: int) -> Response:
    """Do without a shared part."""
    transaction(lanes.leave_shared_group, instrument_id, group_id, actor=require_actor(), now=utcnow())
    return record_response(instrument_id)
