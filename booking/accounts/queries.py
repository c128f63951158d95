"""Reading accounts, their grants and tokens."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypeVarTuple

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor, HeldGrant
from booking.core.clock import local_date
from models.accounts import AccessToken, Grant, User

Columns = TypeVarTuple("Columns")


def actor_by_session(session: Session, user_id: int, credential_version: int, *, now: datetime) -> Actor | None:
    """The person a session cookie names, when the password is still the same and the account active."""
    statement = _with_grants(select(User, Grant), local_date(now)).where(
        User.id == user_id, User.credential_version == credential_version, User.deactivated_at.is_(None)
    )
    return _actor([(row[0], row[1]) for row in session.execute(statement)])


def actor_by_token(session: Session, secret_hash: str, *, now: datetime) -> tuple[Actor, AccessToken] | None:
    """The owner of a personal access token in force, with the token; one statement."""
    statement = (
        _with_grants(select(User, Grant, AccessToken), local_date(now))
        .join(AccessToken, AccessToken.user_id == User.id)
        .where(
            AccessToken.secret_hash == secret_hash,
            AccessToken.revoked_at.is_(None),
            AccessToken.expires_at > now,
            User.deactivated_at.is_(None),
        )
    )
    rows = session.execute(statement).all()
    actor = _actor([(row[0], row[1]) for row in rows], may_write=bool(rows) and rows[0][2].may_write)
    return (actor, rows[0][2]) if actor else None


def actor_of(session: Session, email: str, *, now: datetime) -> Actor | None:
    """The active account with this address, as an actor; for commands and jobs."""
    statement = _with_grants(select(User, Grant), local_date(now)).where(
        User.email == email.strip().lower(), User.deactivated_at.is_(None)
    )
    return _actor([(row[0], row[1]) for row in session.execute(statement)])


def _with_grants(statement: Select[*Columns], today: date) -> Select[*Columns]:
    """The statement with each account's grants in force on `today`, outer joined."""
    in_force = and_(
        Grant.user_id == User.id, Grant.starts_on <= today, or_(Grant.ends_on.is_(None), Grant.ends_on >= today)
    )
    return statement.select_from(User).outerjoin(Grant, in_force)


def _actor(rows: Sequence[tuple[User, Grant | None]], *, may_write: bool = True) -> Actor | None:
    """One actor from the rows of one account, or None when there are none."""
    if not rows:
        return None
    user = rows[0][0]
    grants = tuple(HeldGrant(g.role, g.scope_kind, g.scope_id) for _, g in rows if g is not None)
    return Actor(user.id, user.email, user.name, user.language, grants, may_write)
