"""Writing the append-only audit log, in the transaction of the change itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from models.accounts import AuditEntry


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
    place = actor or Origin()
    rows = [
        {
            "occurred_at": now,
            "actor_id": actor.id if actor else None,
            "address": place.address,
            "request_id": place.request_id,
            "action": action,
            "subject_kind": kind,
            "subject_id": change.subject_id,
            "before": dict(change.before),
            "after": dict(change.after),
            "reason": reason,
        }
        for change in changes
    ]
    if rows:
        session.execute(insert(AuditEntry), rows)
