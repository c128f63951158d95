"""Spending by month in the HTTP API."""

from datetime import date

from flask import Blueprint, Response
from pydantic import BaseModel, ConfigDict, Field

from booking.catalogue.api.answering import json_answer
from booking.charges.figures import Whose, spending
from booking.charges.forms import SpendingQuery
from booking.core.clock import utcnow
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import read_query
from booking.web.signed_in import require_actor

bp = Blueprint("charge_figures_api", __name__, url_prefix="/api/v1")


class MonthSpentAnswer(BaseModel):
    """What uses and orders that ended in a month came to, and how many there were."""

    model_config = ConfigDict(from_attributes=True)

    month: date = Field(description="The first day of the month.")
    charges: int
    spent_fen: int


class PersonSpentAnswer(BaseModel):
    """The same of a person in all these months."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    charges: int
    spent_fen: int


class SpendingAnswer(BaseModel):
    """The last 12 months, oldest first, and the people who spent most of it."""

    model_config = ConfigDict(from_attributes=True)

    whose: Whose
    total_fen: int
    months: list[MonthSpentAnswer]
    people: list[PersonSpentAnswer]


@bp.get("/charges/figures")
@documented(tag="charges", query=SpendingQuery, answers={200: SpendingAnswer}, refusals=(401, 403, 422))
def figures() -> Response:
    """What was charged month by month: to oneself, to accounts one answers for, to one's firms, or where one works."""
    who, asked = require_actor(), read_query(SpendingQuery)
    return json_answer(SpendingAnswer.model_validate(spending(reading(), who, asked.whose, now=utcnow())))
