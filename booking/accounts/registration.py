"""Registering and confirming an address, without ever telling whether the address has an account."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.accounts import audit, consents, mailed
from booking.accounts.audit import Origin
from booking.accounts.mailed import redeem
from booking.notifications.service import announce
from models.accounts import User
from models.vocabulary.accounts import Language, TokenPurpose


def register(
    session: Session,
    email: str,
    name: str,
    password_hash: str,
    *,
    language: Language,
    consent_version: date = consents.VERSION,
    origin: Origin,
    now: datetime,
) -> None:
    """Make an unconfirmed account; where there is one already, a mail says so and nobody else learns it."""
    user_id = add_account(session, email, name, password_hash, language=language, now=now)
    if user_id is None:
        user_id = _drop_unproven_password(session, email, now=now)
        action = "accounts.registered_again"
    else:
        consents.note_consent(session, user_id, origin.address, version=consent_version, now=now)
        action = "accounts.registered"
    audit.note(session, action, ("user", user_id), actor=None, origin=origin, now=now)
    announce(session, "accounts.confirmation_asked", {"email": email}, now=now)


def add_account(
    session: Session,
    email: str,
    name: str,
    password_hash: str | None,
    *,
    language: Language,
    now: datetime,
    confirmed_at: datetime | None = None,
) -> int | None:
    """The new account's id, or None when the address has one."""
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"email": email, "name": name, "password_hash": password_hash, "language": language}
    statement = insert(User).values(**values, created_at=now, confirmed_at=confirmed_at)
    found: int | None = session.scalar(statement.on_conflict_do_nothing(index_elements=["email"]).returning(User.id))
    return found


def _drop_unproven_password(session: Session, email: str, *, now: datetime) -> int | None:
    """The existing account; when nobody has confirmed it, its password and its links no longer count.

    Whoever registered first may not own the mailbox. The owner then gets a link to choose a password, so that
    confirming never lets somebody else's password in.
    """
    user = session.scalar(select(User).where(User.email == email).with_for_update())
    if user is None:
        return None
    if user.confirmed_at is None:
        user.password_hash = None
        mailed.void_secrets(session, user.id, TokenPurpose.CONFIRM_ADDRESS, now=now)
    return user.id


def ask_confirmation(session: Session, email: str, *, now: datetime) -> None:
    """Ask for the confirming mail once more; whether one is due is decided when it is written."""
    announce(session, "accounts.confirmation_asked", {"email": email}, now=now)


def confirm_address(session: Session, secret: str, *, origin: Origin, now: datetime) -> None:
    """Confirm that the mailbox belongs to the account; raises LinkSpent."""
    user = redeem(session, secret, TokenPurpose.CONFIRM_ADDRESS, now=now)
    user.confirmed_at = user.confirmed_at or now
    announce(session, "accounts.address_confirmed", {"user_id": user.id}, now=now)
    audit.note(session, "accounts.address_confirmed", ("user", user.id), actor=None, origin=origin, now=now)
