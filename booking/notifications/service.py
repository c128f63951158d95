"""Saying that something happened, in the caller's transaction, and taking up again what was set aside."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from booking.core.errors import NotFound
from booking.notifications.kicks import kick_after_commit
from models.base import Base
from models.notifications import Event, Mail
from models.vocabulary.notifications import MailState

KEPT_FOR = timedelta(days=90)

_ANNOUNCE = insert(Base.metadata.tables["events"])


def announce(
    session: Session, name: str, payload: Mapping[str, Any], *, now: datetime, due_at: datetime | None = None
) -> None:
    """Write the event `<feature>.<fact>`; `booking/reactions.py` says what follows after commit.

    What only happens at a later moment, `due_at`, is foreseen: nothing follows before.
    """
    moment = max(now, due_at or now)
    values = {"name": name, "payload": dict(payload), "occurred_at": moment, "next_attempt_at": moment}
    session.connection().execute(_ANNOUNCE, {**values, "attempts": 0, "last_error": ""})
    kick_after_commit(session)


def announce_all(session: Session, name: str, payloads: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """The same event about many subjects, in one statement."""
    values = {"name": name, "occurred_at": now, "next_attempt_at": now, "attempts": 0, "last_error": ""}
    if payloads:
        session.connection().execute(_ANNOUNCE, [{**values, "payload": dict(payload)} for payload in payloads])
        kick_after_commit(session)


def try_again(session: Session, mail_id: int, *, now: datetime) -> None:
    """Queue a mail that was set aside once more, with all its tries; raises NotFound."""
    found = session.scalar(
        update(Mail)
        .where(Mail.id == mail_id, Mail.state == MailState.SET_ASIDE)
        .values(state=MailState.QUEUED, attempts=0, next_attempt_at=now)
        .returning(Mail.id)
    )
    if found is None:
        raise NotFound
    kick_after_commit(session)


def handle_again(session: Session, event_id: int, *, now: datetime) -> None:
    """Take up an event that was set aside once more, with all its tries; raises NotFound."""
    found = session.scalar(
        update(Event)
        .where(Event.id == event_id, Event.set_aside_at.is_not(None), Event.handled_at.is_(None))
        .values(set_aside_at=None, attempts=0, next_attempt_at=now)
        .returning(Event.id)
    )
    if found is None:
        raise NotFound
    kick_after_commit(session)


def forget_old(session: Session, now: datetime) -> int:
    """Delete mails that went out and events that were handled more than 90 days ago; how many."""
    before = now - KEPT_FOR
    mails = delete(Mail).where(Mail.state == MailState.SENT, Mail.sent_at < before)
    deleted = len(session.scalars(mails.returning(Mail.id)).all())
    named = select(Mail.event_id).where(Mail.event_id.is_not(None))
    events = delete(Event).where(Event.handled_at < before, Event.id.not_in(named))
    return deleted + len(session.scalars(events.returning(Event.id)).all())
