"""Moving an account to another e-mail address, proved by a link sent there; the old one stays until then.

The person asks for it with the password, or an administrator of the platform for somebody who lost the mailbox.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from booking.accounts import audit, limits, mailed
from booking.accounts.audit import Origin
from booking.accounts.forms import MoveAddressForm
from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor
from booking.core.errors import Conflict, InvalidInput, NotFound, Problem
from booking.core.secret import secret_hash
from booking.core.texts import N_
from booking.notifications.service import announce
from models.accounts import MailedToken, User
from models.vocabulary.accounts import TokenPurpose

ASKED = (TokenPurpose.CHANGE_ADDRESS, TokenPurpose.MOVE_ADDRESS)


def ask_new_address(session: Session, email: str, *, actor: Actor, now: datetime) -> None:
    """Ask for the link to `email`; whether it has an account is found out when the mail is written.

    Links that were sent to other addresses before stop working. Raises InvalidInput for the address one has.
    """
    if email == actor.email:
        raise InvalidInput([Problem("new_email", N_("这就是您现在的邮箱。"))])
    _void_asked(session, actor.id, now=now)
    announce(session, "accounts.address_change_asked", {"user_id": actor.id, "email": email}, now=now)
    audit.note(session, "accounts.address_change_asked", ("user", actor.id), actor=actor, now=now)


def ask_move(session: Session, user_id: int, form: MoveAddressForm, *, actor: Actor, now: datetime) -> None:
    """Ask for the link to another address in the place of somebody who lost the mailbox, with a reason.

    The old address and the other administrators of the platform are told; nothing changes before the new address has
    proved itself, and a new password voids the link. Raises Forbidden, NotFound, Conflict or InvalidInput.
    """
    require(actor, Permission.MOVE_ADDRESSES)
    user = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        raise NotFound
    if user.id == actor.id:
        raise Conflict(N_("自己的邮箱请在“账户”页修改。"))
    if user.deactivated_at is not None:
        raise Conflict(N_("账户已停用，邮箱不能修改。"))
    if is_taken(session, form.new_email):
        raise InvalidInput([Problem("new_email", N_("这个邮箱已有账户。"))])
    _void_asked(session, user_id, now=now)
    asked = {"user_id": user_id, "email": form.new_email, "actor_id": actor.id}
    announce(session, "accounts.address_move_asked", asked, now=now)
    subject, after = ("user", user_id), {"email": form.new_email}
    audit.note(session, "accounts.address_move_asked", subject, actor=actor, now=now, after=after, reason=form.reason)


def asked_address(session: Session, secret: str, *, now: datetime) -> tuple[str, str]:
    """The address that the account has and the one that the link proves; raises LinkSpent."""
    old = mailed.email_of_secret(session, secret, _purpose_of(session, secret), now=now)
    return old, session.scalar(select(MailedToken.new_email).where(_same(secret))) or ""


def change_address(session: Session, secret: str, *, origin: Origin, now: datetime) -> None:
    """Move the account to the address that the link proves, tell the old one, and void links sent there.

    When an administrator asked for it, all sessions end. Raises LinkSpent, also when somebody else has the address
    meanwhile.
    """
    purpose = _purpose_of(session, secret)
    user = mailed.redeem(session, secret, purpose, now=now)
    email = session.scalar(select(MailedToken.new_email).where(_same(secret)))
    if not email or is_taken(session, email):
        raise mailed.LinkSpent
    before, user.email = user.email, email
    user.confirmed_at = user.confirmed_at or now
    for kind in TokenPurpose:
        mailed.void_secrets(session, user.id, kind, now=now)
    if purpose == TokenPurpose.MOVE_ADDRESS:
        user.credential_version += 1
        audit.note(session, "accounts.sessions_ended", ("user", user.id), actor=None, origin=origin, now=now)
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


def _void_asked(session: Session, user_id: int, *, now: datetime) -> None:
    """Links to other addresses that were asked for before, by whom ever, stop working."""
    for purpose in ASKED:
        mailed.void_secrets(session, user_id, purpose, now=now)


def _purpose_of(session: Session, secret: str) -> TokenPurpose:
    """Whether the person asked for the link, or an administrator in their place."""
    moved = select(MailedToken.id).where(_same(secret), MailedToken.purpose == TokenPurpose.MOVE_ADDRESS)
    return TokenPurpose.MOVE_ADDRESS if session.scalar(moved) is not None else TokenPurpose.CHANGE_ADDRESS


def _same(secret: str) -> ColumnElement[bool]:
    """The row of a secret."""
    return MailedToken.secret_hash == secret_hash(secret)
