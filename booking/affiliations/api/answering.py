"""How the API of affiliations answers: models as JSON, versions as ETag, and whom it lets look."""

from flask import Response, jsonify
from pydantic import BaseModel

from booking.accounts.permissions import Permission, may, require
from booking.affiliations import queries
from booking.affiliations.answers import AffiliationAnswer, AffiliationDetailAnswer
from booking.affiliations.queries import Row
from booking.core.actors import Actor, Target
from booking.core.clock import utcnow
from booking.core.errors import NotFound
from booking.directory import queries as directory
from booking.web.extensions import reading
from booking.web.signed_in import require_actor

TAG = "affiliations"
EDITING = (400, 401, 403, 404, 409, 412, 415, 422)


def json_answer(answer: BaseModel, status: int = 200, version: int | None = None) -> Response:
    """A model as JSON, with its version as ETag."""
    response = jsonify(answer.model_dump(mode="json"))
    response.status_code = status
    if version is not None:
        response.set_etag(str(version))
    return response


def require_seen(organisation_id: int) -> Actor:
    """The actor, who may see the organisation's people; raises NotFound, NotSignedIn or Forbidden."""
    directory.organisation(reading(), organisation_id)
    return require(require_actor(), Permission.SEE_AFFILIATIONS, Target(organisation_id=organisation_id))


def seen_row(affiliation_id: int) -> Row:
    """One affiliation, to the person and to who looks after the organisation's people; raises NotFound."""
    actor, row = require_actor(), queries.row(reading(), affiliation_id)
    if row.person.id != actor.id and not may(actor, Permission.SEE_AFFILIATIONS, Target(row.organisation.id)):
        raise NotFound
    return row


def affiliation_answer(affiliation_id: int, status: int = 200) -> Response:
    """One affiliation as it is now."""
    row = seen_row(affiliation_id)
    ahead = queries.future_bookings(reading(), row.person.id, row.organisation.id, now=utcnow())
    answer = AffiliationDetailAnswer(**AffiliationAnswer.of(row).model_dump(), future_bookings=ahead)
    return json_answer(answer, status, row.affiliation.version)
