"""One's own data over the HTTP API."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from booking.accounts import consents
from booking.core.clock import utcnow
from booking.core.errors import Conflict
from booking.core.texts import N_
from booking.privacy import export
from booking.privacy.answers import ConsentAnswer, DataAnswer
from booking.privacy.forms import ConsentForm
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json
from booking.web.signed_in import require_actor

bp = Blueprint("privacy_api", __name__, url_prefix="/api/v1")

TAG = "privacy"


@bp.get("/me/data")
@documented(tag=TAG, answers={200: DataAnswer}, refusals=(401,))
def data() -> ResponseReturnValue:
    """Everything stored about the caller."""
    actor, now = require_actor(), utcnow()
    sections = export.data_of(reading(), actor)
    transaction(export.note_export, actor=actor, now=now)
    response = jsonify(DataAnswer(exported_at=now, sections=sections).model_dump(mode="json"))
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/me/consent")
@documented(tag=TAG, answers={200: ConsentAnswer}, refusals=(401,))
def consent() -> ResponseReturnValue:
    """The version of the text on data in force, and whether the caller agreed to it."""
    answer = ConsentAnswer(version=consents.VERSION, has_agreed=consents.has_agreed(reading(), require_actor().id))
    return jsonify(answer.model_dump(mode="json"))


@bp.post("/me/consent")
@documented(tag=TAG, answers={200: ConsentAnswer}, body=ConsentForm, refusals=(400, 401, 403, 409, 415, 422))
def agree() -> ResponseReturnValue:
    """Agree to the text on data in force, by its version; 409 for another."""
    if read_json(ConsentForm).version != consents.VERSION:
        raise Conflict(N_("这不是现行的版本，请重新阅读。"))
    transaction(consents.agree, actor=require_actor(), now=utcnow())
    return jsonify(ConsentAnswer(version=consents.VERSION, has_agreed=True).model_dump(mode="json"))
