"""What those who look after the platform do for somebody's account."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit, registration
from booking.accounts.permissions import Permission, require
from booking.accounts.sights import Sight, note_sight
from booking.accounts.user_queries import state_of
from booking.core.actors import Actor
from booking.core.errors import NotFound, Refused
from booking.core.texts import N_
from models.accounts import User
from models.vocabulary.accounts import AccountState


class NothingToConfirm(Refused):
    """The address is confirmed already, or the account is deactivated."""

    code = "nothing_to_confirm"
    sentence = N_("这个账户的邮箱已确认，或账户已停用，不需要确认邮件。")


def note_reading(session: Session, user_id: int, *, actor: Actor, now: datetime) -> None:
    """Log who looked at somebody's account."""
    note_sight(session, Sight.ACCOUNT, user_id, Permission.SEE_USERS, actor=actor, now=now)


def send_confirmation(session: Session, user_id: int, *, actor: Actor, now: datetime) -> None:
    """Send the confirming mail once more; raises NothingToConfirm."""
    user = _held(session, user_id, actor)
    if state_of(user) != AccountState.UNCONFIRMED:
        raise NothingToConfirm
    registration.ask_confirmation(session, user.email, now=now)
    audit.note(session, "accounts.confirmation_sent", ("user", user_id), actor=actor, now=now)


def end_sessions(session: Session, user_id: int, *, actor: Actor, now: datetime) -> None:
    """Sign the person out of every browser; password and access tokens stay as they are."""
    user = _held(session, user_id, actor)
    user.credential_version += 1
    audit.note(session, "accounts.sessions_ended", ("user", user_id), actor=actor, now=now)


def _held(session: Session, user_id: int, actor: Actor) -> User:
    """The account, locked, for who may look after accounts; raises Forbidden or NotFound."""
    require(actor, Permission.CARE_FOR_USERS)
    found = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if found is None:
        raise NotFound
    return found
