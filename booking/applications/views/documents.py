"""The register of papers that an authority has verified, as far as the reader may see it."""

from typing import Any

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.applications import register
from booking.applications.forms import VerifiedDocumentsPage
from booking.applications.wording import name_of
from booking.attachments.uploads import file_response
from booking.core.clock import local_date, utcnow
from booking.programmes.labels import DOCUMENTS
from booking.web.extensions import reading
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in
from models.applications import VerifiedDocument

PER_PAGE = 30


@signed_in
def documents() -> ResponseReturnValue:
    """Papers that were verified: of one's firm, by one's authority, and those that are used again there."""
    asked = read_query(VerifiedDocumentsPage)
    page = register.documents_for(reading(), require_actor(), limit=PER_PAGE, cursor=asked.cursor)
    return render_template(
        "applications/documents.html",
        rows=[_row(one) for one in page.items],
        today=local_date(utcnow()),
        next_url=url_for("applications.documents", cursor=page.next_cursor) if page.next_cursor else "",
    )


@signed_in
def verified_file(document_id: int) -> Response:
    """The file of a verified paper."""
    session = reading()
    return file_response(session, register.document_for(session, document_id, require_actor()).attachment)


def _row(found: VerifiedDocument) -> dict[str, Any]:
    """A verified paper in words."""
    return {
        "document": found,
        "kind": _(DOCUMENTS[found.document]),
        "firm": name_of(found.organisation),
        "authority": name_of(found.authority),
    }
