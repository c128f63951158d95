"""From events to mails: each event is handled once, in one transaction with the mails that follow."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.notifications.letters import Letter
from booking.notifications.rules import wait_after
from models.notifications import Event, Mail

LONGEST_SUBJECT = 300
LONGEST_ERROR = 500

LettersOf = Callable[[Session, Event, datetime], Sequence[Letter]]


@dataclass(frozen=True, slots=True)
class Composed:
    """A rendered letter."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What handling needs from the floors above: which letters follow, how they read, whose they are."""

    letters_of: LettersOf
    compose: Callable[[Letter], Composed]
    domain: str


def handle_next(session: Session, desk: Desk, *, now: datetime) -> bool:
    """Handle the oldest due event, if there is one; one that fails waits, or is set aside after its tries."""
    event = session.scalar(
        select(Event)
        .where(Event.handled_at.is_(None), Event.set_aside_at.is_(None), Event.next_attempt_at <= now)
        .order_by(Event.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if event is None:
        return False
    try:
        with session.begin_nested():
            session.add_all([_mail(desk, event, letter, now) for letter in desk.letters_of(session, event, now)])
    except Exception as failed:
        _note_failure(event, failed, now)
    else:
        event.handled_at, event.last_error = now, ""
    return True


def _mail(desk: Desk, event: Event, letter: Letter, now: datetime) -> Mail:
    """The letter as a row of the outbox."""
    composed = desk.compose(letter)
    return Mail(
        event_id=event.id,
        message_id=f"<{uuid.uuid4().hex}@{desk.domain}>",
        recipient=letter.recipient,
        subject=" ".join(composed.subject.split())[:LONGEST_SUBJECT],
        text=composed.text,
        html=composed.html,
        next_attempt_at=now,
        created_at=now,
    )


def _note_failure(event: Event, failed: Exception, now: datetime) -> None:
    """Count the try and say when the next one is."""
    event.attempts += 1
    event.last_error = f"{type(failed).__name__}: {failed}"[:LONGEST_ERROR]
    wait = wait_after(event.attempts)
    if wait is None:
        event.set_aside_at = now
    else:
        event.next_attempt_at = now + wait
