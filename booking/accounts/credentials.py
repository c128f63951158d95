"""Changing the password, with the old one or by a mailed link; both end every session."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit, limits, mailed
from booking.accounts.audit import Origin
from booking.core.actors import Actor
from booking.core.errors import Conflict
from booking.core.texts import N_
from booking.notifications.service import announce
from models.accounts import User
from models.vocabulary.accounts import TokenPurpose


def ask_reset(session: Session, email: str, *, now: datetime) -> None:
    """Ask for a link to choose a new password; whether there is an account is found out when the mail is written."""
    announce(session, "accounts.reset_asked", {"email": email}, now=now)


def reset_password(session: Session, secret: str, new_hash: str, *, origin: Origin, now: datetime) -> None:
    """Set the password by a mailed link, which also proves the address; raises LinkSpent."""
    user = mailed.redeem(session, secret, TokenPurpose.RESET_PASSWORD, now=now)
    if user.confirmed_at is None:
        user.confirmed_at = now
        announce(session, "accounts.address_confirmed", {"user_id": user.id}, now=now)
    _set(session, user, new_hash, now=now)
    audit.note(session, "accounts.password_reset", ("user", user.id), actor=None, origin=origin, now=now)


def change_password(session: Session, old_hash: str, new_hash: str, *, actor: Actor, now: datetime) -> int:
    """Set the actor's password, if `old_hash` is still the stored one; the new credential version."""
    user = session.scalars(select(User).where(User.id == actor.id).with_for_update()).one()
    if user.password_hash != old_hash:
        raise Conflict(N_("密码刚刚在别处被修改，请重新登录。"))
    _set(session, user, new_hash, now=now)
    audit.note(session, "accounts.password_changed", ("user", user.id), actor=actor, now=now)
    return user.credential_version


def _set(session: Session, user: User, new_hash: str, *, now: datetime) -> None:
    """Store the hash, end all sessions and open links, and tell the owner by mail.

    Who sets a password reads the mails of the address still, so nobody else's wish to move it holds any more.
    """
    user.password_hash = new_hash
    user.credential_version += 1
    for purpose in (TokenPurpose.RESET_PASSWORD, TokenPurpose.MOVE_ADDRESS):
        mailed.void_secrets(session, user.id, purpose, now=now)
    limits.forget_failures(session, user.email)
    announce(session, "accounts.password_changed", {"user_id": user.id}, now=now)
