"""Agreeing to what the service says about people's data, by version."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.core.actors import Actor
from models.privacy import Consent

VERSION = date(2026, 12, 2)
"""From which day the shipped text stands; an operator's own has another. Another version asks everybody again."""


def has_agreed(session: Session, user_id: int, version: date = VERSION) -> bool:
    """Whether the person agreed to this version of the text."""
    found = select(Consent.id).where(Consent.user_id == user_id, Consent.version == version)
    return session.scalar(found.limit(1)) is not None


def note_consent(session: Session, user_id: int, address: str, *, version: date = VERSION, now: datetime) -> bool:
    """Keep that the person agrees to this version of the text; whether they had not before."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Consent).values(user_id=user_id, version=version, agreed_at=now, address=address)
    once = statement.on_conflict_do_nothing(index_elements=["user_id", "version"]).returning(Consent.id)
    return session.scalar(once) is not None


def agree(session: Session, version: date = VERSION, *, actor: Actor, now: datetime) -> None:
    """The actor agrees to this version of the text; a second time changes nothing."""
    if note_consent(session, actor.id, actor.address, version=version, now=now):
        after = {"version": version.isoformat()}
        audit.note(session, "privacy.agreed", ("user", actor.id), actor=actor, now=now, after=after)
