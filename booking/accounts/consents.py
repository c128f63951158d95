"""Agreeing to what the service says about people's data, by version."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.core.actors import Actor
from models.privacy import Consent

VERSION = date(2026, 11, 26)
"""The day of the text in force; a later one asks everybody again."""


def has_agreed(session: Session, user_id: int) -> bool:
    """Whether the person agreed to the text in force."""
    found = select(Consent.id).where(Consent.user_id == user_id, Consent.version >= VERSION)
    return session.scalar(found.limit(1)) is not None


def note_consent(session: Session, user_id: int, address: str, *, now: datetime) -> bool:
    """Keep that the person agrees to the text in force; whether they had not before."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(Consent).values(user_id=user_id, version=VERSION, agreed_at=now, address=address)
    once = statement.on_conflict_do_nothing(index_elements=["user_id", "version"]).returning(Consent.id)
    return session.scalar(once) is not None


def agree(session: Session, *, actor: Actor, now: datetime) -> None:
    """The actor agrees to the text in force; a second time changes nothing."""
    if note_consent(session, actor.id, actor.address, now=now):
        after = {"version": VERSION.isoformat()}
        audit.note(session, "privacy.agreed", ("user", actor.id), actor=actor, now=now, after=after)
