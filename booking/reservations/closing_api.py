"""Days that are not ordinary ones by the HTTP API, and keeping a booking that one stands over."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.catalogue.api.answering import json_answer
from booking.core.clock import local_date, utcnow
from booking.directory import queries
from booking.directory.answers import day_answer
from booking.directory.days import days_between
from booking.directory.forms import ClosingDaysForm, DayForm, DaysForm
from booking.reservations import answers, closing, keeping
from booking.reservations.answer_shapes import ConflictAnswer, DaysAnswer
from booking.reservations.forms import ReasonForm
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor

bp = Blueprint("closing_api", __name__, url_prefix="/api/v1")

TAG = "calendar-days"
MADE = (400, 401, 403, 404, 415, 422)
AHEAD = timedelta(days=800)
OWNER = "/organisations/<int:organisation_id>"


@bp.post(f"{OWNER}/closing-days")
@documented(tag=TAG, body=ClosingDaysForm, answers={201: DaysAnswer}, refusals=MADE)
def add_closing_days(organisation_id: int) -> Response:
    """Close an institution from one day to another, or let it run as another weekday; conflicts are answered."""
    form, now = read_json(ClosingDaysForm), utcnow()
    return _made(organisation_id, lambda: days_between(form, now=now), now)


@bp.post(f"{OWNER}/days")
@documented(tag=TAG, body=DaysForm, answers={201: DaysAnswer}, refusals=MADE)
def set_days(organisation_id: int) -> Response:
    """Enter several days into the calendar of an institution; those that stand there are corrected."""
    form = read_json(DaysForm)
    return _made(organisation_id, lambda: form.days, utcnow())


@bp.delete(f"{OWNER}/closing-days/<int:day_id>")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404))
def remove_closing_day(organisation_id: int, day_id: int) -> ResponseReturnValue:
    """Make a day of an institution an ordinary one again; its conflicts go with it."""
    transaction(closing.remove_day, organisation_id, day_id, actor=require_actor(), now=utcnow())
    return "", 204


@bp.get("/calendar-days")
@documented(tag=TAG, answers={200: DaysAnswer}, refusals=())
def national_days() -> Response:
    """The national days ahead."""
    today = local_date(utcnow())
    found = queries.days_ahead(reading(), None, today=today, until=today + AHEAD)
    return json_answer(DaysAnswer(items=[day_answer(row) for row in found], conflicts=[]))


@bp.post("/calendar-days")
@documented(tag=TAG, body=DaysForm, answers={201: DaysAnswer}, refusals=MADE)
def set_national_days() -> Response:
    """Enter days that were announced for everybody; for the platform's administrators."""
    form = read_json(DaysForm)
    return _made(None, lambda: form.days, utcnow())


@bp.delete("/calendar-days/<int:day_id>")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404))
def remove_national_day(day_id: int) -> ResponseReturnValue:
    """Make a national day an ordinary one again; its conflicts go with it."""
    transaction(closing.remove_day, None, day_id, actor=require_actor(), now=utcnow())
    return "", 204


@bp.post("/conflicts/<int:conflict_id>/keep")
@documented(tag=TAG, body=ReasonForm, answers={200: ConflictAnswer}, refusals=(400, 401, 403, 404, 409, 415, 422))
def keep(conflict_id: int) -> Response:
    """Let a reservation stand although a block or a day stands over it, for a reason."""
    reason, actor = read_json(ReasonForm).reason, require_actor()

    def work(session: Session) -> dict[str, Any]:
        kept = keeping.keep_booking(session, conflict_id, reason=reason, actor=actor, now=utcnow())
        return answers.conflict(kept)

    return json_answer(ConflictAnswer(**transaction(work)))


def _made(organisation_id: int | None, wanted: Callable[[], Sequence[DayForm]], now: datetime) -> Response:
    """The days and their conflicts, entered once."""
    actor = require_actor()

    def work(session: Session) -> dict[str, Any]:
        made = closing.set_days(session, organisation_id, wanted(), actor=actor, now=now)
        conflicts = [ConflictAnswer(**answers.conflict(row)) for row in made.conflicts]
        items = [day_answer(row) for row in made.days]
        return DaysAnswer(items=items, conflicts=conflicts).model_dump(mode="json")

    answer, _repeated = create_once(work, actor=actor, now=now)
    return json_answer(DaysAnswer(**answer), 201)
