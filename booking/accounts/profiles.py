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
    name: str,
    language: Language,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> None:
    """Set the actor's name and language; raises StaleVersion when they are not those of the version expected."""
    user = session.scalars(select(User).where(User.id == actor.id).with_for_update()).one()
    if expected_version not in {None, version_of(user.name, user.language)}:
        raise StaleVersion
    before = {"name": user.name, "language": user.language.value}
    after = {"name": name, "language": language.value}
    if before == after:
        return
    user.name, user.language = name, language
    audit.note(session, "accounts.profile_changed", ("user", user.id), actor=actor, now=now, before=before, after=after)
