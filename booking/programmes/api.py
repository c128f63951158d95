"""Programmes of the HTTP API: read and tried out by everybody, written by officers of the authority."""

from typing import Any

from flask import Blueprint, Response, jsonify, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden
from booking.programmes import queries, service
from booking.programmes.answers import (
    CoveredAnswer,
    ProgrammeAnswer,
    ProgrammeList,
    ProgrammeVersionAnswer,
    ProgrammeVersionList,
    covered_answer,
    programme_answer,
    programme_answers,
    version_answer,
)
from booking.programmes.forms import (
    ProgrammeCaseForm,
    ProgrammeForm,
    ProgrammesQuery,
    TryProgrammeForm,
    VersionForm,
)
from booking.programmes.rules import covered
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import actor, require_actor

bp = Blueprint("programmes_api", __name__, url_prefix="/api/v1/voucher-programmes")

TAG = "vouchers"
ONE = "/<int:programme_id>"


@bp.get("")
@documented(tag=TAG, query=ProgrammesQuery, answers={200: ProgrammeList}, refusals=(400, 401, 422))
def programmes() -> ResponseReturnValue:
    """The programmes of both provinces that are in force today or on a day, the latest year first; `all`: every one."""
    query, session = read_query(ProgrammesQuery), reading()
    day = query.on or local_date(utcnow())
    found = [one for one in queries.programmes(session, day) if query.all or one.is_in_force(day)]
    return _json(ProgrammeList(items=programme_answers(session, found, day)))


@bp.post("")
@documented(tag=TAG, body=ProgrammeForm, answers={201: ProgrammeAnswer}, refusals=(400, 401, 403, 404, 415, 422))
def start() -> ResponseReturnValue:
    """Start a programme for a year (for officers of the authority)."""
    who, form, now = require_actor(), read_json(ProgrammeForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        made = service.start_programme(session, form, actor=who, now=now)
        today = local_date(now)
        return programme_answer(session, queries.shown(session, made.id, today), today).model_dump(mode="json")

    answer, _repeated = create_once(work, actor=who, now=now)
    response = _json(ProgrammeAnswer(**answer), 201)
    response.headers["Location"] = url_for(".show", programme_id=answer["id"])
    return response


@bp.get(ONE)
@documented(tag=TAG, answers={200: ProgrammeAnswer}, refusals=(401, 404))
def show(programme_id: int) -> ResponseReturnValue:
    """One programme, with how many versions it has as ETag."""
    session, today = reading(), local_date(utcnow())
    found = queries.shown(session, programme_id, today)
    response = _json(programme_answer(session, found, today))
    response.set_etag(str(found.programme.version))
    return response


@bp.get(f"{ONE}/versions")
@documented(tag=TAG, answers={200: ProgrammeVersionList}, refusals=(401, 404))
def versions(programme_id: int) -> ResponseReturnValue:
    """Everything that a programme said, says and will say."""
    queries.programme(reading(), programme_id)
    found = queries.versions_of(reading(), programme_id)
    return _json(ProgrammeVersionList(items=[version_answer(one) for one in found]))


@bp.post(f"{ONE}/versions")
@documented(
    tag=TAG, body=VersionForm, answers={201: ProgrammeVersionAnswer}, refusals=(400, 401, 403, 404, 412, 415, 422)
)
def write_version(programme_id: int) -> ResponseReturnValue:
    """Write another version, which holds from today or a later day on (for officers of the authority)."""
    who, form, expected, now = require_actor(), read_json(VersionForm), if_match(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        made = service.write_version(session, programme_id, form, actor=who, now=now, expected_version=expected)
        return version_answer(made).model_dump(mode="json")

    answer, _repeated = create_once(work, actor=who, now=now)
    response = _json(ProgrammeVersionAnswer(**answer), 201)
    response.headers["Location"] = url_for(".versions", programme_id=programme_id)
    return response


@bp.post(f"{ONE}/try")
@documented(tag=TAG, body=ProgrammeCaseForm, answers={200: CoveredAnswer}, refusals=(400, 401, 403, 404, 415, 422))
def try_programme(programme_id: int) -> ResponseReturnValue:
    """What a voucher of the programme would cover of a fee, and which limit decides; nothing is kept."""
    actor()
    version = queries.shown(reading(), programme_id, local_date(utcnow())).version
    form = read_json(ProgrammeCaseForm)
    left = form.left(version.year_cap_fen, version.budget_fen)
    return _json(covered_answer(covered(queries.terms_of(version), form.case, left)))


@bp.post("/try")
@documented(tag=TAG, body=TryProgrammeForm, answers={200: CoveredAnswer}, refusals=(400, 401, 403, 415, 422))
def try_terms() -> ResponseReturnValue:
    """The same by terms that nobody has stored (for officers)."""
    if not reach(require_actor(), Permission.MANAGE_PROGRAMMES):
        raise Forbidden
    form = read_json(TryProgrammeForm)
    left = form.case.left(form.terms.year_cap_fen, form.terms.budget_fen)
    return _json(covered_answer(covered(form.terms.terms, form.case.case, left)))


def _json(answer: BaseModel, status: int = 200) -> Response:
    """The answer as JSON."""
    response = jsonify(answer.model_dump(mode="json"))
    response.status_code = status
    return response
