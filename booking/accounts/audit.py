"""Writing the append-only audit log, in the transaction of the change itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.database.bulk import Row, insert_rows, readier
from models.accounts import AuditEntry
from models.base import Base

_ENTRIES = Base.metadata.tables["audit_entries"]
_ENTRY = (
    "subject_id",
    "occurred_at",
    "actor_id",
    "address",
    "request_id",
    "action",
    "subject_kind",
    "reason",
    "before",
    "after",
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request of somebody who has not signed in came from."""

    address: str = ""
    request_id: str = ""


def note(
    session: Session,
    action: str,
    subject: tuple[str, int | None],
    *,
    actor: Actor | None,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    origin: Origin | None = None,
) -> None:
    """One row: who did `action` (`<feature>.<fact>`) to `subject` (kind, id), from where, and why.

    `before` and `after` hold JSON values of what changed and never a secret. `origin` says where the request
    came from when there is no actor.
    """
    kind, subject_id = subject
    place = actor or origin or Origin()
    session.add(
        AuditEntry(
            occurred_at=now,
            actor_id=actor.id if actor else None,
            address=place.address,
            request_id=place.request_id,
            action=action,
            subject_kind=kind,
            subject_id=subject_id,
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
            reason=reason,
        )
    )


@dataclass(frozen=True, slots=True)
class Changed:
    """What happened to one of many subjects, in JSON values."""

    subject_id: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def entries_of(
    action: str, kind: str, dialect: Dialect, *, actor: Actor | None, now: datetime, reason: str = ""
) -> Callable[[Changed], Row]:
    """What turns changes into rows ready for `insert_entries`, all but their subject; they agree on the rest."""
    place = actor or Origin()
    same = {
        "occurred_at": now,
        "actor_id": actor.id if actor else None,
        "address": place.address,
        "request_id": place.request_id,
        "action": action,
        "subject_kind": kind,
        "reason": reason,
    }
    constant = readier(_ENTRIES, tuple(same), dialect)(same)
    told = readier(_ENTRIES, ("before", "after"), dialect)
    return lambda change: (*constant, *told({"before": dict(change.before), "after": dict(change.after)}))


def insert_entries(session: Session, rows: Sequence[tuple[int, Row]]) -> None:
    """Insert prepared rows, each with its subject."""
    insert_rows(session, _ENTRIES, _ENTRY, [(subject_id, *row) for subject_id, row in rows])


def note_all(
    session: Session,
    action: str,
    kind: str,
    changes: Sequence[Changed],
    *,
    actor: Actor | None,
    now: datetime,
    reason: str = "",
) -> None:
    """One row for each of many subjects, in one statement."""
    entry = entries_of(action, kind, session.get_bind().dialect, actor=actor, now=now, reason=reason)
    insert_entries(session, [(change.subject_id, entry(change)) for change in changes])
