"""Issuing all drafts of an institution in one go, in the HTTP API: asked for once, then looked at until it is over."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, url_for
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.core.actors import Target
from booking.core.clock import utcnow
from booking.directory.queries import organisation
from booking.statements import runs
from booking.statements.forms import IssueDraftsBody, PlaceQuery
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.vocabulary.statements import RunState

bp = Blueprint("statement_runs_api", __name__, url_prefix="/api/v1")

TAG = "statements"
SHOWN = 20


class StatementRunAnswer(BaseModel):
    """Issuing all drafts in one go: how many of `total_count` were gone through, and what has come of them so far.

    It is over when `finished_at` is told. The three lists are drafts that somebody has to look at: changed since they
    were made, of people of several organisations of whom one is to be chosen, and owed by who asked.
    """

    model_config = ConfigDict(from_attributes=True)

    id: int
    organisation_id: int
    state: RunState
    total_count: int
    done_count: int
    issued_count: int
    changed_draft_ids: list[int]
    unclear_draft_ids: list[int]
    own_draft_ids: list[int]
    created_at: datetime
    finished_at: datetime | None


class StatementRunList(BaseModel):
    """The latest runs of an institution, the newest first."""

    items: list[StatementRunAnswer]


@bp.post("/statement-runs")
@documented(tag=TAG, body=IssueDraftsBody, answers={201: StatementRunAnswer}, refusals=(400, 401, 403, 404, 409, 422))
def start() -> Response:
    """Have all drafts of an institution issued in the background, however many; one run at a time."""
    body, who, now = read_json(IssueDraftsBody), require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return {"id": runs.start_run(session, body.organisation_id, actor=who, now=now).id}

    run_id = create_once(work, actor=who, now=now)[0]["id"]
    response = _run(run_id, 201)
    response.headers["Location"] = url_for(".show", run_id=run_id)
    return response


@bp.get("/statement-runs")
@documented(tag=TAG, answers={200: StatementRunList}, query=PlaceQuery, refusals=(400, 401, 403, 404, 422))
def list_runs() -> Response:
    """The latest runs of an institution, the newest first."""
    place = organisation(reading(), read_query(PlaceQuery).organisation)
    require(require_actor(), Permission.SEE_STATEMENTS, Target(place.id))
    found = runs.runs_at(reading(), place.id, limit=SHOWN)
    return _json(StatementRunList(items=[StatementRunAnswer.model_validate(one) for one in found]))


@bp.get("/statement-runs/<int:run_id>")
@documented(tag=TAG, answers={200: StatementRunAnswer}, refusals=(401, 404))
def show(run_id: int) -> Response:
    """How far a run has come."""
    return _run(run_id)


def _run(run_id: int, status: int = 200) -> Response:
    """The run as it is."""
    return _json(StatementRunAnswer.model_validate(runs.run_for(reading(), run_id, require_actor())), status)


def _json(answer: BaseModel, status: int = 200) -> Response:
    """The answer as JSON, kept by nobody."""
    response = Response(answer.model_dump_json(), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
