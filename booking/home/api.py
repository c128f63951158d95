"""What waits for the caller, in the HTTP API."""

from datetime import date, datetime

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict

from booking.core.clock import utcnow
from booking.home import queries
from booking.home.cards import Hat
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.signed_in import require_actor

bp = Blueprint("home_api", __name__, url_prefix="/api/v1")


class HomeItemAnswer(BaseModel):
    """One thing of a card; `due_at` is the moment, `due_on` the day by which something is to happen.

    `organisation_id` says at which institution, where the subject is a person. Of a change of roles, `action` says
    what the log calls it, `role` which role it was, `person` whose and `by` who did it. `todo` is what
    is to be done, where a card has several kinds of that; `named_by` names the thing where it has no id.
    """

    model_config = ConfigDict(from_attributes=True)

    subject: str
    subject_id: int | None
    title_zh: str
    title_en: str
    person: str
    starts_at: datetime | None
    ends_at: datetime | None
    due_at: datetime | None
    due_on: date | None
    count: int | None
    organisation_id: int | None
    action: str
    role: str
    by: str
    todo: str
    named_by: dict[str, str]


class HomeCardAnswer(BaseModel):
    """A card: how much waits (at least, when `is_more`), and the first few."""

    code: str
    hat: Hat
    count: int
    is_more: bool
    items: list[HomeItemAnswer]


class HomeAnswer(BaseModel):
    """Everything that waits for the caller, the most urgent first within each hat."""

    cards: list[HomeCardAnswer]


@bp.get("/home")
@documented(tag="home", answers={200: HomeAnswer}, refusals=(401,))
def show_home() -> ResponseReturnValue:
    """What waits for the caller, by what they are, the most urgent first."""
    found = queries.cards(reading(), require_actor(), settings=current_app.config["SETTINGS"], now=utcnow())
    answer = HomeAnswer(
        cards=[
            HomeCardAnswer(
                code=card.code,
                hat=card.hat,
                count=card.found.count,
                is_more=card.found.is_more,
                items=[HomeItemAnswer.model_validate(item) for item in card.found.items],
            )
            for card in found
        ]
    )
    return jsonify(answer.model_dump(mode="json"))
