"""Secrets sent by mail: written with the mail, good for one thing, once, for a while."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from booking.core.errors import Refused
from booking.core.secret import new_secret, secret_hash
from booking.core.texts import N_
from models.accounts import MailedToken, User
from models.vocabulary.accounts import TokenPurpose

GOOD_FOR = {
    TokenPurpose.CONFIRM_ADDRESS: timedelta(hours=24),
    TokenPurpose.RESET_PASSWORD: timedelta(hours=1),
    TokenPurpose.RENEW_AFFILIATION: timedelta(hours=24),
    TokenPurpose.CHANGE_ADDRESS: timedelta(hours=24),
    TokenPurpose.MOVE_ADDRESS: timedelta(hours=24),
}
KEPT_FOR = timedelta(days=30)


class LinkSpent(Refused):
    """The link was used, is too old, or never existed; nobody learns which."""

    status = 410
    code = "link_spent"
    sentence = N_("这个链接已使用过或已过期。")


def write_secret(
    session: Session, user_id: int, purpose: TokenPurpose, *, now: datetime, new_email: str | None = None
) -> str:
    """A new secret for one mail; only its hash is stored, with the address that it is to prove if it is a new one."""
    secret = new_secret()
    session.add(
        MailedToken(
            user_id=user_id,
            purpose=purpose,
            new_email=new_email,
            secret_hash=secret_hash(secret),
            created_at=now,
            expires_at=now + GOOD_FOR[purpose],
        )
    )
    return secret


def email_of_secret(session: Session, secret: str, purpose: TokenPurpose, *, now: datetime) -> str:
    """Whose address the secret was sent to; raises LinkSpent. Looking does not use it up."""
    email = session.scalar(
        select(User.email)
        .join(MailedToken, MailedToken.user_id == User.id)
        .where(
            MailedToken.secret_hash == secret_hash(secret),
            MailedToken.purpose == purpose,
            MailedToken.used_at.is_(None),
            MailedToken.expires_at > now,
            User.deactivated_at.is_(None),
        )
    )
    if email is None:
        raise LinkSpent
    return email


def redeem(session: Session, secret: str, purpose: TokenPurpose, *, now: datetime) -> User:
    """The account the secret belongs to, locked, every secret of this purpose used up; raises LinkSpent."""
    owner = select(MailedToken.user_id).where(
        MailedToken.secret_hash == secret_hash(secret), MailedToken.purpose == purpose
    )
    user = session.scalar(
        select(User).where(User.id.in_(owner), User.deactivated_at.is_(None)).with_for_update(of=User)
    )
    mine = MailedToken.secret_hash == secret_hash(secret)
    fresh = MailedToken.used_at.is_(None) & (MailedToken.expires_at > now)
    if user is None or session.scalar(select(MailedToken.id).where(mine, fresh)) is None:
        raise LinkSpent
    void_secrets(session, user.id, purpose, now=now)
    return user


def void_secrets(session: Session, user_id: int, purpose: TokenPurpose, *, now: datetime) -> None:
    """Make every unused secret of one purpose useless."""
    session.execute(
        update(MailedToken)
        .where(MailedToken.user_id == user_id, MailedToken.purpose == purpose, MailedToken.used_at.is_(None))
        .values(used_at=now)
    )


def forget_old_secrets(session: Session, now: datetime) -> int:
    """Delete mailed secrets that expired a month ago; how many."""
    old = delete(MailedToken).where(MailedToken.expires_at < now - KEPT_FOR)
    return len(session.scalars(old.returning(MailedToken.id)).all())
