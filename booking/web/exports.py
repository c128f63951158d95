"""Tables that somebody who is signed in takes away, one at a time."""

from collections.abc import Callable, Iterable

from flask import Response

from booking.core.errors import NotFound
from booking.core.table_writing import Row
from booking.web.extensions import db
from booking.web.one_export import one_export
from booking.web.signed_in import require_actor
from booking.web.tables import KINDS, table_response


def exported(rows: Callable[[], Iterable[Row]], name: str, suffix: str, *, title: str) -> Response:
    """The rows as a file that nobody keeps on the way; raises NotFound for another kind of file, and ExportRuns."""
    if suffix not in KINDS:
        raise NotFound
    return alone(lambda: table_response(rows(), name, suffix, title=title))


def alone(work: Callable[[], Response]) -> Response:
    """A file that takes long to make, while no other is made for the same person; raises ExportRuns."""
    with one_export(db.engine, f"user {require_actor().id}"):
        response = work()
    response.headers["Cache-Control"] = "no-store"
    return response
