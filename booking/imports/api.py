"""Imports through the API: the same steps as on the pages."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from pydantic import BaseModel

from booking.core.clock import utcnow
from booking.core.pages import decode_cursor, encode_cursor, row_id
from booking.imports import queries, service
from booking.imports.forms import ImportList, MappingForm, RowList
from booking.imports.rules import problem_in
from booking.imports.uploads import read_upload, started
from booking.web.extensions import reading, transaction
from booking.web.openapi import FieldProblem, documented
from booking.web.reading import read_json, read_query
from booking.web.signed_in import require_actor
from booking.web.uploads import takes_files
from models.imports import Import, ImportedRow
from models.vocabulary.imports import ImportKind, ImportState, RowFate

bp = Blueprint("imports_api", __name__, url_prefix="/api/v1")

ONE = "/imports/<int:import_id>"
STEPS = (400, 401, 403, 404, 409, 415, 422)


class ImportAnswer(BaseModel):
    """An import: how far it has come, what its columns are, and how many rows have which fate."""

    id: int
    kind: ImportKind
    state: ImportState
    version: int
    organisation_id: int | None
    file_name: str
    encoding: str
    header: list[str]
    mapping: list[str]
    unknown_owners: list[str]
    rows_read: int
    rows_compared: int
    created: int
    updated: int
    unchanged: int
    refused: int
    kept: int
    failure: str | None
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None


class ImportStarted(BaseModel):
    """A new import."""

    id: int
    state: ImportState


class ImportsAnswer(BaseModel):
    """Imports, the latest first."""

    items: list[ImportAnswer]
    next_cursor: str | None


class ImportRowAnswer(BaseModel):
    """One row: its fate, what it changes field by field (before, after), and why it was refused or kept."""

    number: int
    fate: RowFate | None
    label: str
    instrument_id: int | None
    changes: dict[str, list[Any]]
    problems: list[FieldProblem]
    notes: list[FieldProblem]
    is_kept: bool


class ImportRowsAnswer(BaseModel):
    """Rows in the order of the file."""

    items: list[ImportRowAnswer]
    next_cursor: str | None


@bp.post("/imports")
@takes_files
@documented(tag="imports", answers={201: ImportStarted}, refusals=(400, 401, 403, 413, 422))
def start() -> ResponseReturnValue:
    """Upload a table (multipart: `file`, `kind`, and `organisation_id` if you may import for several)."""
    actor = require_actor()
    queries.owners_for(reading(), actor)
    answer = started(read_upload(), actor)
    location = url_for(".read", import_id=answer["id"])
    return jsonify(ImportStarted.model_validate(answer).model_dump(mode="json")), 201, {"Location": location}


@bp.get("/imports")
@documented(tag="imports", query=ImportList, answers={200: ImportsAnswer}, refusals=(400, 401, 403, 422))
def history() -> ResponseReturnValue:
    """The imports that you may see."""
    wanted, session, actor = read_query(ImportList), reading(), require_actor()
    before = decode_cursor(wanted.cursor, row_id)[0] if wanted.cursor else None
    found = [listed.found for listed in queries.history(session, actor, limit=wanted.limit + 1, before=before)]
    items = [import_answer(row) for row in found[: wanted.limit]]
    cursor = encode_cursor(items[-1].id) if len(found) > wanted.limit else None
    return _json(ImportsAnswer(items=items, next_cursor=cursor))


@bp.get(ONE)
@documented(tag="imports", answers={200: ImportAnswer}, refusals=(401, 404))
def read(import_id: int) -> ResponseReturnValue:
    """One import; `state` says when the service has finished a step."""
    return _json(import_answer(queries.import_for(reading(), import_id, require_actor())))


@bp.get(f"{ONE}/rows")
@documented(tag="imports", query=RowList, answers={200: ImportRowsAnswer}, refusals=(400, 401, 404, 422))
def rows(import_id: int) -> ResponseReturnValue:
    """The rows with their fates and reasons."""
    session = reading()
    found = queries.import_for(session, import_id, require_actor())
    wanted = read_query(RowList)
    last = decode_cursor(wanted.cursor, row_id)[0] if wanted.cursor else 0
    listed = queries.rows_after(session, found.id, last, fate=wanted.fate, limit=wanted.limit + 1)
    items = [_row(row) for row in listed[: wanted.limit]]
    cursor = encode_cursor(items[-1].number) if len(listed) > wanted.limit else None
    return _json(ImportRowsAnswer(items=items, next_cursor=cursor))


@bp.put(f"{ONE}/mapping")
@documented(tag="imports", body=MappingForm, answers={200: ImportAnswer}, refusals=STEPS)
def map_columns(import_id: int) -> ResponseReturnValue:
    """Say what each column is and what unknown institutions stand for; the rows are compared anew."""
    actor, form = require_actor(), read_json(MappingForm)
    return _json(import_answer(transaction(service.map_columns, import_id, form, actor=actor, now=utcnow())))


@bp.post(f"{ONE}/apply")
@documented(tag="imports", answers={200: ImportAnswer}, refusals=STEPS)
def apply(import_id: int) -> ResponseReturnValue:
    """Write the rows of the dry run; asking again changes nothing."""
    return _json(import_answer(transaction(service.apply_import, import_id, actor=require_actor(), now=utcnow())))


@bp.post(f"{ONE}/undo")
@documented(tag="imports", answers={200: ImportAnswer}, refusals=STEPS)
def undo(import_id: int) -> ResponseReturnValue:
    """Take the last import back."""
    return _json(import_answer(transaction(service.undo_import, import_id, actor=require_actor(), now=utcnow())))


def import_answer(found: Import) -> ImportAnswer:
    """The import as the API answers it."""
    failure = problem_in(found.failure) if found.failure else None
    counts = {name: getattr(found, f"{name}_count") for name in ("created", "updated", "unchanged", "refused", "kept")}
    same = set(ImportAnswer.model_fields) - {*counts, "failure"}
    return ImportAnswer(
        **{name: getattr(found, name) for name in same},
        **counts,
        failure=gettext(failure.message, **failure.values) if failure else None,
    )


def _row(row: ImportedRow) -> ImportRowAnswer:
    """A row as the API answers it."""
    same = ("number", "fate", "label", "instrument_id", "changes", "is_kept")
    told = {name: [_problem(value) for value in getattr(row, name)] for name in ("problems", "notes")}
    return ImportRowAnswer(**{name: getattr(row, name) for name in same}, **told)


def _problem(value: dict[str, Any]) -> FieldProblem:
    """A stored problem in the reader's language."""
    problem = problem_in(value)
    return FieldProblem(field=problem.field, message=gettext(problem.message, **problem.values))


def _json(answer: BaseModel) -> Response:
    """The answer as JSON."""
    response: Response = jsonify(answer.model_dump(mode="json"))
    if isinstance(answer, ImportAnswer):
        response.set_etag(str(answer.version))
    return response
