"""Reading the audit log: what was done, by whom, to what; for auditors and administrators within their reach."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from booking.accounts.audit_reach import within
from booking.accounts.forms import AuditQuery
from booking.accounts.rules import Looks
from booking.accounts.sights import Sight
from booking.core.actors import Reach
from booking.core.clock import at_local
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.accounts import AuditEntry, User

BATCH = 500
_VALUES = (AuditEntry.before, AuditEntry.after)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: empty means any. `action` is a whole action or its beginning; both days are included.

    `text` stands in the reason, or in a value before or after.
    """

    action: str = ""
    person: str = ""
    subject_kind: str = ""
    subject_id: int | None = None
    since: date | None = None
    until: date | None = None
    text: str = ""
    looks: Looks | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log with the name and address of who acted (empty for the service itself)."""

    id: int
    occurred_at: datetime
    actor_name: str
    actor_email: str
    address: str
    request_id: str
    action: str
    subject_kind: str
    subject_id: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str


def wanted(query: AuditQuery, *, folds_looks: bool = False) -> Wanted:
    """What a query asks for; looks are folded away unless they are asked for, or their action is."""
    asked = Wanted(**query.model_dump(exclude={"cursor", "limit"}))
    is_folded = folds_looks and asked.looks is None and asked.action not in set(Sight)
    return replace(asked, looks=Looks.WITHOUT) if is_folded else asked


def page(session: Session, asked: Wanted, reach: Reach, *, limit: int, cursor: str = "") -> Page[Entry]:
    """Some entries within reach, the newest first; one statement, unless a text is looked for."""
    statement = _statement(asked, reach)
    if cursor:
        statement = statement.where(AuditEntry.id < decode_cursor(cursor, row_id)[0])
    rows = _in_turn(session, statement, BATCH if asked.text else limit + 1)
    found = list(islice(_saying(asked.text, map(_entry, rows)), limit + 1))
    return page_of(found, limit, lambda entry: (entry.id,))


def _in_turn(session: Session, statement: Select[AuditEntry, str, str], size: int) -> Iterator[Any]:
    """Rows of the statement, `size` at a time, as long as somebody asks for more."""
    further = statement
    while rows := session.execute(further.limit(size)).all():
        yield from rows
        if len(rows) < size:
            return
        further = statement.where(AuditEntry.id < rows[-1][0].id)


def every(session: Session, asked: Wanted, reach: Reach) -> Iterator[Entry]:
    """All of them, read in batches."""
    yield from _saying(asked.text, map(_entry, _in_turn(session, _statement(asked, reach), BATCH)))


def people_told(session: Session, asked: Wanted, reach: Reach, entry_ids: Collection[int] | None = None) -> set[int]:
    """Who acted in the entries that fit, and whose accounts they are about; that somebody looked is no telling."""
    fitting = [*_conditions(asked), within(reach)]
    if entry_ids is not None:
        fitting.append(AuditEntry.id.in_(entry_ids))
    acted = _with_actor(AuditEntry.actor_id).where(AuditEntry.actor_id.is_not(None), *fitting)
    about = (AuditEntry.subject_kind == "user", AuditEntry.action.not_in([*Sight]))
    subjects = _with_actor(AuditEntry.subject_id).where(AuditEntry.subject_id.is_not(None), *about, *fitting)
    return {user_id for (user_id,) in session.execute(acted.union(subjects)) if user_id is not None}


def people_in_all(session: Session, asked: Wanted, reach: Reach) -> set[int]:
    """Who is told in all that fit; where a text is looked for, in the entries that are really given."""
    if not asked.text:
        return people_told(session, asked, reach)
    ids = [entry.id for entry in every(session, asked, reach)]
    parts = (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
    return {one for part in parts for one in people_told(session, Wanted(), reach, part)}


def _with_actor(column: InstrumentedAttribute[int | None]) -> Select[int | None]:
    """A column of the log beside who acted, about whom conditions may ask."""
    return select(column).select_from(AuditEntry).outerjoin(User, User.id == AuditEntry.actor_id)


def _statement(asked: Wanted, reach: Reach) -> Select[AuditEntry, str, str]:
    """Entries with who acted, the newest first."""
    return (
        select(AuditEntry, User.name, User.email)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(*_conditions(asked), within(reach))
        .order_by(AuditEntry.id.desc())
    )


def _conditions(asked: Wanted) -> Iterator[ColumnElement[bool]]:
    """What was asked for, as conditions."""
    if asked.looks in {Looks.WITHOUT, Looks.ONLY}:
        is_look = AuditEntry.action.in_([*Sight])
        yield is_look if asked.looks == Looks.ONLY else ~is_look
    if asked.action:
        yield AuditEntry.action.startswith(asked.action, autoescape=True)
    if asked.person:
        yield or_(User.email == asked.person.lower(), User.name == asked.person)
    yield from _about(asked)
    if asked.since:
        yield AuditEntry.occurred_at >= at_local(asked.since)
    if asked.until:
        yield AuditEntry.occurred_at < at_local(asked.until, 1440)
    if asked.text:
        as_stored = json.dumps(asked.text)[1:-1]
        told = (cast(column, Text).icontains(as_stored, autoescape=True) for column in _VALUES)
        yield or_(AuditEntry.reason.icontains(asked.text, autoescape=True), *told)


def _about(asked: Wanted) -> Iterator[ColumnElement[bool]]:
    """What the entries are about."""
    if asked.subject_kind:
        yield AuditEntry.subject_kind == asked.subject_kind
    if asked.subject_id is not None:
        yield AuditEntry.subject_id == asked.subject_id


def _saying(text: str, entries: Iterator[Entry]) -> Iterator[Entry]:
    """The entries in whose reason or values the text stands; letter case aside.

    The database has compared it with the JSON as stored, where "5206" also stands in the code of a letter.
    """
    wanted = text.lower()
    return (entry for entry in entries if any(wanted in said.lower() for said in _said(entry)))


def _said(entry: Entry) -> Iterator[str]:
    """The reason and every value, without the names of fields."""
    yield entry.reason
    for change in differences(entry):
        yield from (change.before, change.after)


def _entry(row: Any) -> Entry:
    """A row of the statement as a value."""
    found, name, email = row
    return Entry(
        id=found.id,
        occurred_at=found.occurred_at,
        actor_name=name or "",
        actor_email=email or "",
        address=found.address,
        request_id=found.request_id,
        action=found.action,
        subject_kind=found.subject_kind,
        subject_id=found.subject_id,
        before=found.before,
        after=found.after,
        reason=found.reason,
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that an entry changed, as text ("" where there was nothing)."""

    name: str
    before: str
    after: str


def differences(entry: Entry) -> list[Difference]:
    """What changed, field by field, in the order in which it was written."""
    before, after = entry.before or {}, entry.after or {}
    names = [*before, *(name for name in after if name not in before)]
    return [Difference(name, _text(before.get(name)), _text(after.get(name))) for name in names]


def _text(value: Any) -> str:
    """A JSON value as a person reads it."""
    return "" if value is None else str(value)
