"""What people say about themselves."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.core.actors import Actor
from models.accounts import User
from models.vocabulary.accounts import Language


def change_profile(session: Session, name: str, language: Language, *, actor: Actor, now: datetime) -> None:
    """Set the actor's name and language."""
    user = session.scalars(select(User).where(User.id == actor.id).with_for_update()).one()
    before = {"name": user.name, "language": user.language.value}
    after = {"name": name, "language": language.value}
    if before == after:
        return
    user.name, user.language = name, language
    audit.note(session, "accounts.profile_changed", ("user", user.id), actor=actor, now=now, before=before, after=after)
