"""The pages of the audit log, and the same as a table to take away."""

import json
from collections.abc import Iterator
from itertools import chain

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from booking.accounts import audit_log
from booking.accounts.audit_log import Entry, Wanted
from booking.accounts.forms import AuditQuery
from booking.accounts.labels import LOOKS
from booking.accounts.looking import note_entries, note_table, told_in_table
from booking.accounts.permissions import Permission, reach
from booking.core.actors import Reach
from booking.core.clock import SHANGHAI, utcnow
from booking.core.errors import Forbidden, InvalidInput
from booking.core.pages import Page
from booking.core.table_writing import CSV_TYPE, csv_pieces
from booking.web.errors import problems_of
from booking.web.extensions import db, reading, transaction
from booking.web.reading import read_query
from booking.web.signed_in import require_actor

PER_PAGE = 50
COLUMNS = (
    *("id", "occurred_at", "actor", "email", "address", "action"),
    *("subject", "subject_id", "before", "after", "reason", "request_id"),
)


def audit() -> ResponseReturnValue:
    """Who did what, when, from where and why, the newest first."""
    within = _reach()
    try:
        wanted, problems = read_query(AuditQuery), {}
    except InvalidInput as invalid:
        wanted, problems = AuditQuery(), problems_of(invalid)
    found = _found(wanted, within) if not problems else Page([], None)
    return render_template(
        "accounts/audit.html",
        entries=found.items,
        next_cursor=found.next_cursor,
        differences=audit_log.differences,
        wanted=wanted,
        filters=_filters(wanted),
        looks=[(one.value, _(label)) for one, label in LOOKS.items()],
        sees_all=within.everywhere,
        problems=problems,
    ), 422 if problems else 200


def _found(wanted: AuditQuery, within: Reach) -> Page[Entry]:
    """A page of entries: a logged look at those who are told in them."""
    found = audit_log.page(
        reading(), audit_log.wanted(wanted, folds_looks=True), within, limit=PER_PAGE, cursor=wanted.cursor
    )
    transaction(note_entries, found.items, within, actor=require_actor(), now=utcnow())
    return found


def audit_table() -> ResponseReturnValue:
    """The same entries, all of them, as CSV that spreadsheets open as text."""
    within = _reach()
    asked = audit_log.wanted(read_query(AuditQuery), folds_looks=True)
    told = told_in_table(reading(), asked, within)
    transaction(note_table, told, actor=require_actor(), now=utcnow())
    pieces = _pieces(db.engine, asked, within)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(pieces, mimetype=CSV_TYPE, headers=headers)


def _pieces(engine: Engine, asked: Wanted, within: Reach) -> Iterator[bytes]:
    """The table piece by piece, read in a session of its own that lasts as long as the answer."""
    with Session(engine) as session:
        yield from csv_pieces(chain([COLUMNS], map(_cells, audit_log.every(session, asked, within))))


def _reach() -> Reach:
    """What of the log the person asking may read; raises NotSignedIn or Forbidden."""
    found = reach(require_actor(), Permission.SEE_AUDIT)
    if not found:
        raise Forbidden
    return found


def _cells(entry: Entry) -> tuple[str, ...]:
    """One entry as cells, the moment in Shanghai time with its offset."""
    return (
        str(entry.id),
        entry.occurred_at.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        entry.actor_name,
        entry.actor_email,
        entry.address,
        entry.action,
        entry.subject_kind,
        "" if entry.subject_id is None else str(entry.subject_id),
        json.dumps(entry.before, ensure_ascii=False) if entry.before else "",
        json.dumps(entry.after, ensure_ascii=False) if entry.after else "",
        entry.reason,
        entry.request_id,
    )


def _filters(query: AuditQuery) -> dict[str, str]:
    """What the links to further entries and to the table repeat."""
    chosen = query.model_dump(mode="json", exclude={"cursor", "limit"}, exclude_defaults=True)
    return {name: str(value) for name, value in chosen.items() if value is not None}
