"""What a finance office takes away, by the HTTP API."""

from flask import Blueprint, Response

from booking.accounts.permissions import Permission, require
from booking.core.actors import Target
from booking.directory.queries import organisation
from booking.statements import files
from booking.statements.forms import BatchQuery, ToBillQuery
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import read_query
from booking.web.signed_in import require_actor

bp = Blueprint("statement_files_api", __name__, url_prefix="/api/v1")

TAG = "statements"
REFUSALS = (400, 401, 403, 404, 422, 429)


@bp.get("/ageing/<int:organisation_id>.<suffix>")
@documented(tag=TAG, answers={200: None}, refusals=(401, 403, 404, 429))
def ageing(organisation_id: int, suffix: str) -> Response:
    """The ageing list as a file for a spreadsheet: `xlsx` or `csv`."""
    return files.ageing_file(reading(), _place(organisation_id), suffix)


@bp.get("/statement-drafts/to-bill.<suffix>")
@documented(tag=TAG, answers={200: None}, query=ToBillQuery, refusals=REFUSALS)
def to_bill(suffix: str) -> Response:
    """What is to be billed as a file for a spreadsheet: `xlsx` or `csv`."""
    asked = read_query(ToBillQuery)
    return files.to_bill_file(reading(), _place(asked.organisation), asked.until_on, suffix)


@bp.get("/statements/export")
@documented(tag=TAG, answers={200: None}, query=BatchQuery, refusals=REFUSALS)
def statements() -> Response:
    """Many statements of an institution as one file: papers to print and sign (`pdf`), or a table of their items."""
    asked = read_query(BatchQuery)
    return files.batch_file(reading(), _place(asked.organisation), asked)


def _place(organisation_id: int) -> int:
    """The institution, whose statements the caller may read; raises NotFound and Forbidden."""
    place = organisation(reading(), organisation_id)
    require(require_actor(), Permission.SEE_STATEMENTS, Target(place.id))
    return place.id
