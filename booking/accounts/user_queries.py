"""Reading accounts for those who look after them: a list to search, and one person's."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from booking.accounts import queries
from booking.accounts.forms import UsersQuery
from booking.accounts.queries import NamedGrant
from booking.core.clock import local_date
from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.accounts import AccessToken, AuditEntry, User
from models.vocabulary.accounts import AccountState


@dataclass(frozen=True, slots=True)
class Account:
    """One account with what its owner holds and when they were last here."""

    user: User
    state: AccountState
    last_sign_in_at: datetime | None
    grants: list[NamedGrant]
    tokens_in_force: int


def state_of(user: User) -> AccountState:
    """How far the account has come."""
    if user.deactivated_at is not None:
        return AccountState.DEACTIVATED
    return AccountState.CONFIRMED if user.confirmed_at is not None else AccountState.UNCONFIRMED


def users(session: Session, wanted: UsersQuery) -> Page[User]:
    """Accounts that fit, the newest first; one statement."""
    statement = select(User).where(*_conditions(wanted)).order_by(User.id.desc())
    if wanted.cursor:
        statement = statement.where(User.id < decode_cursor(wanted.cursor, row_id)[0])
    rows = session.scalars(statement.limit(wanted.limit + 1)).all()
    return page_of(rows, wanted.limit, lambda user: (user.id,))


def account(session: Session, user_id: int, *, now: datetime) -> Account:
    """One person's account; raises NotFound."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound
    held = select(func.count()).where(
        AccessToken.user_id == user_id, AccessToken.revoked_at.is_(None), AccessToken.expires_at > now
    )
    return Account(
        user=user,
        state=state_of(user),
        last_sign_in_at=last_sign_in_of(session, user_id),
        grants=queries.grants_of(session, user_id, local_date(now)),
        tokens_in_force=session.scalar(held) or 0,
    )


def last_sign_in_of(session: Session, user_id: int) -> datetime | None:
    """When the person last signed in with a password, as the log knows it."""
    return session.scalar(
        select(AuditEntry.occurred_at)
        .where(
            AuditEntry.subject_kind == "user",
            AuditEntry.subject_id == user_id,
            AuditEntry.action == "accounts.signed_in",
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    )


def _conditions(wanted: UsersQuery) -> Iterator[ColumnElement[bool]]:
    """What was asked for, as conditions."""
    if wanted.q:
        yield or_(
            User.email.contains(wanted.q.lower(), autoescape=True), User.name.icontains(wanted.q, autoescape=True)
        )
    if wanted.state == AccountState.DEACTIVATED:
        yield User.deactivated_at.is_not(None)
    elif wanted.state is not None:
        is_confirmed = wanted.state == AccountState.CONFIRMED
        yield User.deactivated_at.is_(None)
        yield User.confirmed_at.is_not(None) if is_confirmed else User.confirmed_at.is_(None)
