"""Labels of sample orders in the HTTP API."""

from flask import Blueprint, Response

from booking.samples.forms import StickersQuery
from booking.samples.papers import sticker_sheets
from booking.samples.stickers import stickers_of
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import read_query
from booking.web.signed_in import require_actor

bp = Blueprint("sample_stickers_api", __name__, url_prefix="/api/v1")


@bp.get("/sample-orders/stickers.pdf")
@documented(tag="sample orders", query=StickersQuery, answers={200: None}, refusals=(401, 404, 422))
def sheets() -> Response:
    """Labels of accepted orders and their samples, twelve on a sheet of A4; `order` may be given several times."""
    who, asked = require_actor(), read_query(StickersQuery)
    return sticker_sheets(stickers_of(reading(), asked.order, asked.which, who), asked.first)
