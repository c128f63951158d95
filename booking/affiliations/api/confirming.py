"""Confirming many people at once."""

from flask import Response
from flask_babel import gettext
from pydantic import BaseModel

from booking.affiliations import confirming
from booking.affiliations.api.answering import TAG, json_answer
from booking.affiliations.forms import ConfirmManyForm
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput
from booking.directory import queries as directory
from booking.web.errors import sentence_of
from booking.web.extensions import reading, transaction
from booking.web.openapi import FieldProblem, documented
from booking.web.reading import read_json
from booking.web.signed_in import require_actor


class ConfirmedAnswer(BaseModel):
    """What became of one request: confirmed, or the code, sentence and problems of its refusal."""

    affiliation_id: int
    name: str
    is_confirmed: bool
    code: str
    message: str
    problems: list[FieldProblem]


class ConfirmedManyAnswer(BaseModel):
    """Every request that was named, in that order."""

    items: list[ConfirmedAnswer]
    next_cursor: None = None


@documented(tag=TAG, body=ConfirmManyForm, answers={200: ConfirmedManyAnswer}, refusals=(400, 401, 403, 404, 415, 422))
def confirm_many(organisation_id: int) -> Response:
    """Confirm what many people asked for, each for itself; every one is accounted for, with why it was refused."""
    directory.organisation(reading(), organisation_id)
    actor, form = require_actor(), read_json(ConfirmManyForm)
    done = transaction(confirming.confirm_many, organisation_id, form, actor=actor, now=utcnow())
    return json_answer(ConfirmedManyAnswer(items=[_confirmed(one) for one in done]))


def _confirmed(one: confirming.Outcome) -> ConfirmedAnswer:
    """What became of one request."""
    problems = one.refused.problems if isinstance(one.refused, InvalidInput) else []
    return ConfirmedAnswer(
        affiliation_id=one.affiliation_id,
        name=one.name,
        is_confirmed=one.refused is None,
        code=one.refused.code if one.refused else "",
        message=sentence_of(one.refused) if one.refused else "",
        problems=[
            FieldProblem(field=found.field, message=gettext(found.message, **found.values)) for found in problems
        ],
    )
