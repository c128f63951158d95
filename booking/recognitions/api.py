"""The register of mutual recognition of the HTTP API: read by everybody, written by officers of the authority."""

from typing import Any

from flask import Blueprint, Response, jsonify, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.core.clock import local_date, utcnow
from booking.directory.queries import organisation
from booking.recognitions import queries, service
from booking.recognitions.answers import RecognisedAnswer, RecognitionAnswer, RecognitionList, recognition_answer
from booking.recognitions.forms import EndRecognitionForm, RecognisedQuery, RecognitionForm, RecognitionsQuery
from booking.recognitions.queries import Wanted
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor

bp = Blueprint("recognitions_api", __name__, url_prefix="/api/v1/recognitions")

TAG = "vouchers"


@bp.get("")
@documented(tag=TAG, query=RecognitionsQuery, answers={200: RecognitionList}, refusals=(400, 401, 422))
def recognitions() -> ResponseReturnValue:
    """What the authorities accept of each other, also what is over, the newest first."""
    query = read_query(RecognitionsQuery)
    wanted = Wanted(query.authority, query.kind, query.on)
    page = queries.recognitions(reading(), wanted, limit=query.limit, cursor=query.cursor)
    items = [recognition_answer(one) for one in page.items]
    return _json(RecognitionList(items=items, next_cursor=page.next_cursor))


@bp.get("/check")
@documented(tag=TAG, query=RecognisedQuery, answers={200: RecognisedAnswer}, refusals=(400, 401, 404, 422))
def check() -> ResponseReturnValue:
    """Whether an authority accepts a provider for a type of service on a day."""
    query, session = read_query(RecognisedQuery), reading()
    on = query.on or local_date(utcnow())
    authority, provider = (organisation(session, key) for key in (query.authority, query.provider))
    found = queries.recognised(session, authority, provider, query.service_type, on)
    return _json(RecognisedAnswer(recognised=found, on=on))


@bp.post("")
@documented(tag=TAG, body=RecognitionForm, answers={201: RecognitionAnswer}, refusals=(400, 401, 403, 404, 415, 422))
def recognise() -> ResponseReturnValue:
    """Enter something that an authority accepts (for its officers)."""
    who, form, now = require_actor(), read_json(RecognitionForm), utcnow()

    def work(session: Session) -> dict[str, Any]:
        made = service.recognise(session, form, actor=who, now=now)
        return recognition_answer(queries.recognition(session, made.id)).model_dump(mode="json")

    answer, _repeated = create_once(work, actor=who, now=now)
    response = _json(RecognitionAnswer(**answer), 201)
    response.headers["Location"] = url_for(".show", recognition_id=answer["id"])
    return response


@bp.get("/<int:recognition_id>")
@documented(tag=TAG, answers={200: RecognitionAnswer}, refusals=(401, 404))
def show(recognition_id: int) -> ResponseReturnValue:
    """One entry."""
    return _json(recognition_answer(queries.recognition(reading(), recognition_id)))


@bp.post("/<int:recognition_id>/end")
@documented(
    tag=TAG,
    body=EndRecognitionForm,
    answers={200: RecognitionAnswer},
    refusals=(400, 401, 403, 404, 409, 415, 422),
)
def end(recognition_id: int) -> ResponseReturnValue:
    """Accept it no longer than until a day (for officers of the authority)."""
    who, form, now = require_actor(), read_json(EndRecognitionForm), utcnow()
    transaction(service.end_recognition, recognition_id, form, actor=who, now=now)
    return _json(recognition_answer(queries.recognition(reading(), recognition_id)))


def _json(answer: BaseModel, status: int = 200) -> Response:
    """The answer as JSON."""
    response = jsonify(answer.model_dump(mode="json"))
    response.status_code = status
    return response
