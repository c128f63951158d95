"""One's own data over the HTTP API."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from booking.accounts import consents
from booking.accounts.labels import SIGHTS
from booking.accounts.permissions import Permission, require
from booking.accounts.user_care import note_reading
from booking.accounts.views.consenting import version_in_force
from booking.accounts.views.sign_in import prove
from booking.core.clock import utcnow
from booking.core.errors import Conflict
from booking.core.texts import N_
from booking.enquiries import addresses as enquiries
from booking.privacy import export, queries, service
from booking.privacy.answers import (
    ConsentAnswer,
    DataAnswer,
    HindranceAnswer,
    HindrancesAnswer,
    SightingAnswer,
    SightingsAnswer,
)
from booking.privacy.forms import ConsentForm, EraseForm, EraseMeForm, SightingsQuery
from booking.privacy.sightings import Sighting, sightings_of
from booking.samples import addresses as samples
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.signed_in import require_actor
from models.accounts import User
from models.vocabulary.attachments import OwnerKind

bp = Blueprint("privacy_api", __name__, url_prefix="/api/v1")

TAG = "privacy"
ADDRESSES = {OwnerKind.ENQUIRY: enquiries.attachment_address, OwnerKind.SAMPLE_ORDER: samples.attachment_address}


@bp.get("/me/data")
@documented(tag=TAG, answers={200: DataAnswer}, refusals=(401,))
def data() -> ResponseReturnValue:
    """Everything stored about the caller; what they sent with enquiries and orders of their own has an `address`."""
    actor, now = require_actor(), utcnow()
    sections = export.data_of(reading(), actor)
    addresses = {one.id: ADDRESSES[one.owner_kind](one) for one in export.own_files(reading(), actor)}
    for row in sections["files_uploaded"]:
        if row["id"] in addresses:
            row["address"] = addresses[row["id"]]
    transaction(export.note_export, actor=actor, now=now)
    response = jsonify(DataAnswer(exported_at=now, sections=sections).model_dump(mode="json"))
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/me/sightings")
@documented(tag=TAG, answers={200: SightingsAnswer}, query=SightingsQuery, refusals=(400, 401, 422))
def sightings() -> ResponseReturnValue:
    """Who looked at the caller's data, the newest first; as what and for whom, not by name."""
    actor, wanted = require_actor(), read_query(SightingsQuery)
    page = sightings_of(reading(), actor, limit=wanted.limit, cursor=wanted.cursor)
    answer = SightingsAnswer(items=[_sighting(one) for one in page.items], next_cursor=page.next_cursor)
    return jsonify(answer.model_dump(mode="json"))


def _sighting(one: Sighting) -> SightingAnswer:
    """One look in the reader's words."""
    what, purpose = SIGHTS[one.sight]
    return SightingAnswer(
        seen_at=one.seen_at,
        what=one.sight,
        what_in_words=gettext(what),
        purpose=gettext(purpose),
        role=one.role,
        organisation_id=one.organisation_id,
        organisation_zh=one.organisation_zh,
        organisation_en=one.organisation_en,
    )


@bp.get("/me/consent")
@documented(tag=TAG, answers={200: ConsentAnswer}, refusals=(401,))
def consent() -> ResponseReturnValue:
    """The version of the text on data in force, and whether the caller agreed to it."""
    version = version_in_force()
    agreed = consents.has_agreed(reading(), require_actor().id, version)
    answer = ConsentAnswer(version=version, has_agreed=agreed)
    return jsonify(answer.model_dump(mode="json"))


@bp.post("/me/consent")
@documented(tag=TAG, answers={200: ConsentAnswer}, body=ConsentForm, refusals=(400, 401, 403, 409, 415, 422))
def agree() -> ResponseReturnValue:
    """Agree to the text on data in force, by its version; 409 for another."""
    version = version_in_force()
    if read_json(ConsentForm).version != version:
        raise Conflict(N_("这不是现行的版本，请重新阅读。"))
    transaction(consents.agree, version, actor=require_actor(), now=utcnow())
    return jsonify(ConsentAnswer(version=version, has_agreed=True).model_dump(mode="json"))


@bp.get("/me/erase")
@documented(tag=TAG, answers={200: HindrancesAnswer}, refusals=(401,))
def hindrances() -> ResponseReturnValue:
    """What the caller must hand over or cancel before the account can be erased."""
    user = reading().get_one(User, require_actor().id)
    found = queries.hindrances(reading(), user, now=utcnow())
    items = [HindranceAnswer.model_validate(one, from_attributes=True) for one in found]
    return jsonify(HindrancesAnswer(items=items).model_dump(mode="json"))


@bp.post("/me/erase")
@documented(tag=TAG, answers={204: None}, body=EraseMeForm, refusals=(400, 401, 403, 409, 415, 422, 429))
def erase_me() -> ResponseReturnValue:
    """Erase the caller's account at once, with the password; 409 while `GET` names something."""
    actor, now = require_actor(), utcnow()
    form = read_json(EraseMeForm)
    service.require_no_hindrance(reading(), actor=actor, now=now)
    prove(actor, form.current_password, now=now)
    transaction(service.erase_me, actor=actor, now=now)
    return "", 204


@bp.get("/users/<int:user_id>/erase")
@documented(tag=TAG, answers={200: HindrancesAnswer}, refusals=(401, 403, 404))
def hindrances_of(user_id: int) -> ResponseReturnValue:
    """What somebody's account must hand over first; that it was looked at is logged.

    Roles can be handed over in the same step.
    """
    actor, now = require(require_actor(), Permission.ERASE_PEOPLE), utcnow()
    found = queries.hindrances(reading(), queries.erasable(reading(), user_id), now=now)
    transaction(note_reading, user_id, actor=actor, now=now)
    items = [HindranceAnswer.model_validate(one, from_attributes=True) for one in found]
    return jsonify(HindrancesAnswer(items=items).model_dump(mode="json"))


@bp.post("/users/<int:user_id>/erase")
@documented(tag=TAG, answers={204: None}, body=EraseForm, refusals=(400, 401, 403, 404, 409, 415, 422))
def erase_person(user_id: int) -> ResponseReturnValue:
    """Erase somebody's account as they asked, with a reason and successors; for the platform's administrators."""
    actor = require(require_actor(), Permission.ERASE_PEOPLE)
    form = read_json(EraseForm)
    transaction(service.erase_person, user_id, form.reason, successors=form.successors, actor=actor, now=utcnow())
    return "", 204
