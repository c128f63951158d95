"""Several charges in the HTTP API: accepting them, and taking them away as a table."""

from flask import Blueprint, Response
from pydantic import BaseModel

from booking.accounts.permissions import Permission, reach
from booking.charges.accepting import each_by_itself
from booking.charges.forms import ChargesTableQuery, ChargesToAccept
from booking.charges.service import accept_charge
from booking.charges.tables import charges_file
from booking.core.clock import utcnow
from booking.core.errors import Forbidden
from booking.web.errors import sentence_of
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.signed_in import require_actor

bp = Blueprint("many_charges_api", __name__, url_prefix="/api/v1")

TAG = "charges"


class ToldCharge(BaseModel):
    """Whether one of several was accepted, or why not."""

    charge_id: int
    accepted: bool
    refused: str
    code: str


class ToldCharges(BaseModel):
    """What came of each."""

    items: list[ToldCharge]


@bp.post("/charges/accept")
@documented(tag=TAG, body=ChargesToAccept, answers={200: ToldCharges}, refusals=(400, 401, 403, 415, 422))
def accept_several() -> Response:
    """Agree to several charges; each that cannot be accepted is answered with its reason, and the others stand."""
    who, now, form = require_actor(), utcnow(), read_json(ChargesToAccept)
    told = each_by_itself(
        form.charges,
        lambda one: transaction(accept_charge, one.id, version=one.version, actor=who, now=now),
    )
    items = [
        ToldCharge(
            charge_id=one.charge_id,
            accepted=one.refused is None,
            refused=sentence_of(one.refused) if one.refused else "",
            code=one.refused.code if one.refused else "",
        )
        for one in told
    ]
    response = Response(ToldCharges(items=items).model_dump_json(), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/charges.<suffix>")
@documented(tag=TAG, answers={200: None}, query=ChargesTableQuery, refusals=(400, 401, 403, 404, 422, 429))
def charges_table(suffix: str) -> Response:
    """The charges of a list as a file for a spreadsheet: `xlsx` or `csv`."""
    who, asked = require_actor(), read_query(ChargesTableQuery)
    if not asked.mine and not reach(who, Permission.SEE_CHARGES):
        raise Forbidden
    return charges_file(reading(), who, asked.wanted, is_mine=asked.mine, suffix=suffix)
