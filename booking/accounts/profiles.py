"""What people say about themselves."""

from datetime import datetime
from zlib import crc32

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.core.actors import Actor
from booking.core.errors import StaleVersion
from models.accounts import User
from models.vocabulary.accounts import Language


def version_of(name: str, language: Language) -> int:
    """A number that is another one as soon as the name or the language is."""
    return crc32(f"{language.value} {name}".encode()) % 10**9


def change_profile(
    session: Session,
    name: str | None,
    language: Language | None,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> tuple[str, Language]:
    """Set the actor's name and language, None for what stays; both as they are then.

    Raises StaleVersion when they were not those of the version expected.
    """
    user = session.scalars(select(User).where(User.id == actor.id).with_for_update(key_share=True)).one()
    if expected_version not in {None, version_of(user.name, user.language)}:
        raise StaleVersion
    before = {"name": user.name, "language": user.language.value}
    name, language = name or user.name, language or user.language
    after = {"name": name, "language": language.value}
    if before != after:
        user.name, user.language = name, language
        subject = ("user", user.id)
        audit.note(session, "accounts.profile_changed", subject, actor=actor, now=now, before=before, after=after)
    return name, language
