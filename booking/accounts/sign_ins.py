"""What follows on the right and on a wrong password."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.accounts import audit, limits
from booking.accounts.audit import Origin
from booking.core.errors import Refused
from booking.core.texts import N_
from models.accounts import User


class WrongCredentials(Refused):
    """No active account has this address and this password."""

    code = "wrong_credentials"
    sentence = N_("邮箱或密码不正确。")


class Unconfirmed(Refused):
    """The password is right, but nobody has confirmed the address yet."""

    code = "unconfirmed"
    sentence = N_("这个账户的邮箱还没有确认。请打开确认邮件里的链接，或重新发送一封。")


def note_failure(session: Session, user_id: int | None, *, origin: Origin, now: datetime) -> None:
    """Log a wrong password, or an address without an account."""
    audit.note(session, "accounts.sign_in_failed", ("user", user_id), actor=None, origin=origin, now=now)


def note_success(session: Session, user_id: int, email: str, *, origin: Origin, now: datetime) -> None:
    """Log the sign-in and start the account's count of failures again."""
    limits.forget_failures(session, email)
    audit.note(session, "accounts.signed_in", ("user", user_id), actor=None, origin=origin, now=now)


def refresh_hash(session: Session, user_id: int, old_hash: str, new_hash: str) -> None:
    """Store the same password hashed with today's parameters, unless it was changed meanwhile."""
    session.execute(
        update(User).where(User.id == user_id, User.password_hash == old_hash).values(password_hash=new_hash)
    )
