"""Making and editing records, and the list of one's own."""

from collections.abc import Sequence
from typing import Annotated, Any

from flask import Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.catalogue import queries, service, timetable
from booking.catalogue.answers import InstrumentRecord
from booking.catalogue.api.answering import json_answer, record_response
from booking.catalogue.forms import InstrumentEdit, NewInstrument
from booking.catalogue.missing import missing_of_all
from booking.catalogue.sharing_forms import InheritForm, PolicyChoice
from booking.catalogue.timetable_forms import HoursForm
from booking.core.clock import utcnow
from booking.core.errors import Forbidden, Problem
from booking.core.forms import Explained, Form
from booking.core.pages import LARGEST_PAGE, decode_cursor, encode_cursor
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.vocabulary.catalogue import BookingMode, PublishingState, RunningState

EDITING = (400, 401, 403, 404, 409, 412, 415, 422)


class OwnQuery(Form):
    """Which of one's own instruments."""

    state: PublishingState | None = None
    q: Annotated[str, Field(max_length=100)] = ""
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50
    cursor: str = ""


class OwnInstrument(BaseModel):
    """An instrument one runs, and what it still lacks before publishing."""

    id: int
    version: int
    name_zh: str
    name_en: str
    model: str
    inner_id: str | None
    organisation_id: int
    publishing_state: PublishingState
    booking_mode: BookingMode
    running_state: RunningState
    missing: list[str]


class OwnInstruments(BaseModel):
    """A page of them, the last changed first."""

    items: list[OwnInstrument]
    next_cursor: str | None


@documented(tag="catalogue", query=OwnQuery, answers={200: OwnInstruments}, refusals=(400, 401, 403, 422))
def own() -> Response:
    """The instruments one runs, the last changed first."""
    within = reach(require_actor(), Permission.EDIT_RECORD)
    if not within:
        raise Forbidden
    wanted = read_query(OwnQuery)
    offset = _offset(wanted.cursor)
    found = queries.own_instruments(
        reading(), within, state=wanted.state, words=wanted.q, limit=wanted.limit + 1, offset=offset
    )
    missing = missing_of_all(reading(), found)
    items = [_own(instrument, missing[instrument.id]) for instrument in found[: wanted.limit]]
    more = len(found) > wanted.limit
    return json_answer(OwnInstruments(items=items, next_cursor=encode_cursor(offset + wanted.limit) if more else None))


def _offset(cursor: str) -> int:
    """Where a page starts; raises Unreadable for a broken cursor."""
    return int(decode_cursor(cursor, _whole)[0]) if cursor else 0


def _whole(value: object) -> int:
    """A position; raises ValueError for anything else."""
    if type(value) is not int or not 0 <= value < 2**31:
        raise ValueError
    return value


def _own(instrument: Any, missing: Sequence[Problem]) -> OwnInstrument:
    """One instrument of the list."""
    plain = {name: getattr(instrument, name) for name in OwnInstrument.model_fields if name != "missing"}
    return OwnInstrument(**plain, missing=[problem.field for problem in missing])


@documented(tag="catalogue", body=NewInstrument, answers={201: InstrumentRecord}, refusals=(400, 401, 403, 415, 422))
def create() -> Response:
    """Make a draft."""
    actor, form, now = require_actor(), read_json(NewInstrument), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": service.create_instrument(session, form, actor=actor, now=now).id}

    answer, _repeated = create_once(work, actor=actor, now=now)
    return record_response(answer["id"], 201)


@documented(tag="catalogue", body=InstrumentEdit, answers={200: InstrumentRecord}, refusals=EDITING)
def edit(instrument_id: int) -> Response:
    """Change some fields of a record; the others stay."""
    form = read_json(InstrumentEdit)
    transaction(service.patch_instrument, instrument_id, form, **who(form))
    return record_response(instrument_id)


@documented(tag="catalogue", body=PolicyChoice, answers={200: InstrumentRecord}, refusals=EDITING)
def policy(instrument_id: int) -> Response:
    """Replace the numbers that a booking must keep; those named in `inherits` come from the unit or institution."""
    form = read_json(PolicyChoice)
    transaction(timetable.edit_policy, instrument_id, form.policy(), inherit=form.inherits, **who(form))
    return record_response(instrument_id)


@documented(tag="catalogue", body=HoursForm, answers={200: InstrumentRecord}, refusals=EDITING)
def opening_hours(instrument_id: int) -> Response:
    """Replace the opening hours of the week."""
    form = read_json(HoursForm)
    transaction(timetable.edit_opening_hours, instrument_id, form.hours, **who(form))
    return record_response(instrument_id)


@documented(tag="catalogue", body=InheritForm, answers={200: InstrumentRecord}, refusals=EDITING)
def inherit(instrument_id: int) -> Response:
    """Take rules, opening hours, contact or its visibility from the unit or institution again."""
    form = read_json(InheritForm)
    transaction(service.inherit_again, instrument_id, form.fields, **who(form))
    return record_response(instrument_id)


def who(form: Explained) -> dict[str, Any]:
    """Who acts, when, why, and from which version."""
    return {
        "actor": require_actor(),
        "now": utcnow(),
        "reason": form.change_reason,
        "expected_version": if_match(),
    }
