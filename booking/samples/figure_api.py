"""Queues and turnaround of sample orders in the HTTP API."""

from datetime import date

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from booking.catalogue.api.answering import json_answer
from booking.core.clock import utcnow
from booking.samples.figures import figures_of
from booking.samples.forms import SampleFiguresQuery
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import read_query
from booking.web.signed_in import require_actor

bp = Blueprint("sample_figures_api", __name__, url_prefix="/api/v1")


class QueueLengthAnswer(BaseModel):
    """How many orders stood in the queue at the end of a day in Asia/Shanghai, of the last one: now."""

    model_config = ConfigDict(from_attributes=True)

    day: date
    orders: int


class TurnaroundAnswer(BaseModel):
    """The orders that got their first complete results in a month, and the median of days since their samples came."""

    model_config = ConfigDict(from_attributes=True)

    month: date = Field(description="The first day of the month.")
    orders: int
    median_days: float | None


class SampleFiguresAnswer(BaseModel):
    """The queue of the last 26 weeks and the turnaround of the last 12 months, oldest first."""

    model_config = ConfigDict(from_attributes=True)

    queue: list[QueueLengthAnswer]
    turnaround: list[TurnaroundAnswer]


@bp.get("/sample-orders/figures")
@documented(tag="sample orders", query=SampleFiguresQuery, answers={200: SampleFiguresAnswer}, refusals=(401, 403, 422))
def figures() -> Response:
    """How long the queues are and how long samples take, of the instruments one works for or of one of them."""
    who, asked = require_actor(), read_query(SampleFiguresQuery)
    found = figures_of(reading(), who, now=utcnow(), instrument_id=asked.instrument)
    return json_answer(SampleFiguresAnswer.model_validate(found))
