"""Closing an account: nothing of it works any more, what it did stays; and opening it again."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.ending import Departure, end_grants
from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, NotFound
from booking.core.texts import N_
from booking.notifications.service import announce
from models.accounts import AccessToken, Grant, User


class AccountClosed(Conflict):
    """The account is closed already, or was never closed."""

    code = "account_state"
    sentence = N_("账户已处于这个状态，可能已由他人处理。")


def deactivate_account(
    session: Session,
    user_id: int,
    *,
    reason: str,
    successors: Mapping[int, str] | None = None,
    actor: Actor,
    now: datetime,
) -> User:
    """Close somebody's account at once: sessions, tokens and roles end.

    Raises SuccessorNeeded with every role that would be left to nobody, NotFound, Forbidden, AccountClosed.
    """
    require(actor, Permission.DEACTIVATE_PEOPLE)
    user = _locked(session, user_id)
    if user.id == actor.id:
        raise Forbidden(N_("不能停用自己的账户。"))
    if user.deactivated_at is not None:
        raise AccountClosed
    yesterday = local_date(now) - timedelta(days=1)
    unended = select(Grant).where(Grant.user_id == user_id, or_(Grant.ends_on.is_(None), Grant.ends_on > yesterday))
    grants = session.scalars(unended.order_by(Grant.id)).all()
    end_grants(session, grants, Departure(yesterday, reason, successors or {}), actor=actor, now=now)
    user.deactivated_at = now
    user.credential_version += 1
    session.execute(
        update(AccessToken)
        .where(AccessToken.user_id == user_id, AccessToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    audit.note(session, "accounts.account_deactivated", ("user", user_id), actor=actor, now=now, reason=reason)
    announce(session, "accounts.account_deactivated", {"user_id": user_id, "reason": reason}, now=now)
    return user


def reactivate_account(session: Session, user_id: int, *, reason: str, actor: Actor, now: datetime) -> User:
    """Open a closed account again, without the roles it had; raises NotFound, Forbidden, AccountClosed."""
    require(actor, Permission.DEACTIVATE_PEOPLE)
    user = _locked(session, user_id)
    if user.deactivated_at is None:
        raise AccountClosed
    user.deactivated_at = None
    audit.note(session, "accounts.account_reactivated", ("user", user_id), actor=actor, now=now, reason=reason)
    return user


def _locked(session: Session, user_id: int) -> User:
    """The account under lock; raises NotFound."""
    user = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        raise NotFound
    return user
