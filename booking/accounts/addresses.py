"""Moving an account to another e-mail address, proved by a link sent there; the old one stays until then."""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from booking.accounts import audit, limits, mailed
from booking.accounts.audit import Origin
from booking.core.actors import Actor
from booking.core.errors import InvalidInput, Problem
from booking.core.secret import secret_hash
from booking.core.texts import N_
from booking.notifications.service import announce
from models.accounts import MailedToken, User
from models.vocabulary.accounts import TokenPurpose

PURPOSE = TokenPurpose.CHANGE_ADDRESS


def ask_new_address(session: Session, email: str, *, actor: Actor, now: datetime) -> None:
    """Ask for the link to `email`; whether it has an account is found out when the mail is written.

    Links that were sent to other addresses before stop working. Raises InvalidInput for the address one has.
    """
    if email == actor.email:
        raise InvalidInput([Problem("new_email", N_("这就是您现在的邮箱。"))])
    mailed.void_secrets(session, actor.id, PURPOSE, now=now)
    announce(session, "accounts.address_change_asked", {"user_id": actor.id, "email": email}, now=now)
    audit.note(session, "accounts.address_change_asked", ("user", actor.id), actor=actor, now=now)


def asked_address(session: Session, secret: str, *, now: datetime) -> tuple[str, str]:
    """The address that the account has and the one that the link proves; raises LinkSpent."""
    old = mailed.email_of_secret(session, secret, PURPOSE, now=now)
    return old, session.scalar(select(MailedToken.new_email).where(_same(secret))) or ""


def change_address(session: Session, secret: str, *, origin: Origin, now: datetime) -> None:
    """Move the account to the address that the link proves, tell the old one, and void links sent there.

    Raises LinkSpent, also when somebody else has the address meanwhile.
    """
    user = mailed.redeem(session, secret, PURPOSE, now=now)
    email = session.scalar(select(MailedToken.new_email).where(_same(secret)))
    if not email or is_taken(session, email):
        raise mailed.LinkSpent
    before, user.email = user.email, email
    user.confirmed_at = user.confirmed_at or now
    for purpose in TokenPurpose:
        mailed.void_secrets(session, user.id, purpose, now=now)
    limits.forget_failures(session, before)
    changed = {"user_id": user.id, "old_email": before, "email": email}
    announce(session, "accounts.address_changed", changed, now=now)
    announce(session, "accounts.address_confirmed", {"user_id": user.id}, now=now)
    audit.note(
        session,
        "accounts.address_changed",
        ("user", user.id),
        actor=None,
        origin=origin,
        now=now,
        before={"email": before},
        after={"email": email},
    )


def is_taken(session: Session, email: str) -> bool:
    """Whether an account, of whatever state, has this address."""
    return session.scalar(select(User.id).where(User.email == email)) is not None


def _same(secret: str) -> ColumnElement[bool]:
    """The row of a secret."""
    return MailedToken.secret_hash == secret_hash(secret)
