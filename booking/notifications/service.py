"""Saying that something happened, and queueing mails, in the caller's transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.notifications import Event


def announce(session: Session, name: str, payload: Mapping[str, Any], *, now: datetime) -> Event:
    """Write the event `<feature>.<fact>`; `booking/reactions.py` says what follows after commit."""
    event = Event(name=name, payload=dict(payload), occurred_at=now, next_attempt_at=now)
    session.add(event)
    return event
