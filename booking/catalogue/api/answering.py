"""How a changed record is answered: whole, with its version as ETag."""

from flask import Response, jsonify, url_for
from pydantic import BaseModel

from booking.accounts.permissions import Permission, may
from booking.catalogue.answers import record_answer
from booking.catalogue.queries import record_for
from booking.web.extensions import reading
from booking.web.signed_in import require_actor


def json_answer(answer: BaseModel, status: int = 200) -> Response:
    """A model as JSON."""
    response = jsonify(answer.model_dump(mode="json"))
    response.status_code = status
    return response


def record_response(instrument_id: int, status: int = 200) -> Response:
    """The record as its editor reads it now; a new one with its address."""
    actor = require_actor()
    record = record_for(reading(), instrument_id, actor)
    is_owner = may(actor, Permission.SEE_RECORD, record.target)
    response = json_answer(record_answer(record, is_owner=is_owner, is_signed_in=True), status)
    response.set_etag(str(record.instrument.version))
    if status == 201:
        response.headers["Location"] = url_for("search_api.read", instrument_id=instrument_id)
    return response
