"""Approving several versions at once, by the HTTP API."""

from typing import Annotated

from flask import Response
from pydantic import BaseModel, Field

from booking.accounts.permissions import Permission, reach
from booking.catalogue.api.answering import json_answer
from booking.catalogue.api.bulk import ReasonAnswer, reasons
from booking.catalogue.bulk_approving import Approved, approve_many, parts
from booking.catalogue.form_fields import Id
from booking.catalogue.step_forms import PublishingNote
from booking.core.clock import utcnow
from booking.core.errors import Forbidden
from booking.core.forms import Form
from booking.web.extensions import transaction
from booking.web.openapi import documented
from booking.web.reading import read_json
from booking.web.signed_in import require_actor
from models.vocabulary.publishing import RoundState

MOST_ROUNDS = 100


class SeenRound(Form):
    """A round in the version that was read."""

    id: Id
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class ApprovalsForm(PublishingNote):
    """Which versions are approved, and what is said with each."""

    rounds: Annotated[list[SeenRound], Field(min_length=1, max_length=MOST_ROUNDS)]


class ApprovalAnswer(BaseModel):
    """What became of one version: without reasons the approval stands."""

    round_id: int
    instrument_id: int | None
    name_zh: str
    name_en: str
    state: RoundState | None
    refused: list[ReasonAnswer]


class ApprovalsAnswer(BaseModel):
    """Every version with its round's state, or why the approval does not stand."""

    approved: int
    refused: int
    rows: list[ApprovalAnswer]


@documented(tag="reviews", body=ApprovalsForm, answers={200: ApprovalsAnswer}, refusals=(400, 401, 403, 415, 422))
def approve_many_rounds() -> Response:
    """Approve several versions, each a decision of its own; the others are told why theirs does not stand."""
    actor, form, now = require_actor(), read_json(ApprovalsForm), utcnow()
    if not reach(actor, Permission.REVIEW_RECORD):
        raise Forbidden
    versions = {one.id: one.version for one in form.rounds}
    rows = [row for part in parts(versions) for row in transaction(approve_many, part, form.note, actor=actor, now=now)]
    refused = sum(row.refused is not None for row in rows)
    answered = [_answer(row) for row in rows]
    return json_answer(ApprovalsAnswer(approved=len(rows) - refused, refused=refused, rows=answered))


def _answer(row: Approved) -> ApprovalAnswer:
    """One version."""
    return ApprovalAnswer(
        round_id=row.round_id,
        instrument_id=row.instrument_id,
        name_zh=row.name_zh,
        name_en=row.name_en,
        state=row.state,
        refused=reasons(row.refused),
    )
