"""Public addresses of instruments, and their records as other programs ask for them."""

import json

from flask import Response, current_app, request, url_for

from booking.catalogue.queries import Record
from booking.search import pidinst


def page_address(instrument_id: int) -> str:
    """The address of an instrument's page for the outside, under the configured host."""
    return absolute(url_for("search.show", instrument_id=instrument_id))


def absolute(path: str) -> str:
    """A path under the public address."""
    return f"{current_app.config['SETTINGS'].address}{path}"


def wants_pidinst() -> bool:
    """Whether the request asks for PIDINST by its own media type."""
    return request.accept_mimetypes.best in {pidinst.MEDIA_TYPE}


def pidinst_response(record: Record) -> Response:
    """The record as a PIDINST document."""
    document = pidinst.document(record, page_address(record.instrument.id))
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return Response(text, mimetype=pidinst.MEDIA_TYPE, headers={"Vary": "Accept"})
