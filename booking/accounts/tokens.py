"""Personal access tokens: made, noted as used, revoked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.queries import TokenUse
from booking.core.actors import Actor
from booking.core.errors import NotFound, Refused
from booking.core.secret import new_secret, secret_hash
from booking.core.texts import N_
from models.accounts import AccessToken, User

PREFIX = "cyi_"
MOST_TOKENS = 50
NOTED_EVERY = timedelta(hours=1)


class TooManyTokens(Refused):
    """A person keeps at most fifty tokens at a time."""

    code = "too_many_tokens"
    sentence = N_("最多可同时保留 %(most)s 个访问令牌，请先撤销不用的。")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as wanted: its name, what it may do, and for how long."""

    name: str
    may_write: bool
    days: int


def make_token(session: Session, wanted: NewToken, *, actor: Actor, now: datetime) -> tuple[AccessToken, str]:
    """A new token of the actor's, and its secret, which is nowhere else; raises TooManyTokens."""
    session.execute(select(User.id).where(User.id == actor.id).with_for_update())
    kept = select(func.count()).where(AccessToken.user_id == actor.id, AccessToken.revoked_at.is_(None))
    if (session.scalar(kept) or 0) >= MOST_TOKENS:
        raise TooManyTokens(most=MOST_TOKENS)
    secret = new_secret(PREFIX)
    token = AccessToken(
        user_id=actor.id,
        name=wanted.name,
        secret_hash=secret_hash(secret),
        may_write=wanted.may_write,
        created_at=now,
        expires_at=now + timedelta(days=wanted.days),
    )
    session.add(token)
    session.flush()
    after = {"name": token.name, "may_write": token.may_write, "expires_at": token.expires_at.isoformat()}
    audit.note(session, "accounts.token_made", ("access_token", token.id), actor=actor, now=now, after=after)
    return token, secret


def revoke_token(session: Session, token_id: int, *, actor: Actor, now: datetime) -> None:
    """End one of the actor's own tokens at once; raises NotFound for any other."""
    token = session.scalar(
        select(AccessToken)
        .where(AccessToken.id == token_id, AccessToken.user_id == actor.id, AccessToken.revoked_at.is_(None))
        .with_for_update()
    )
    if token is None:
        raise NotFound
    token.revoked_at = now
    audit.note(session, "accounts.token_revoked", ("access_token", token.id), actor=actor, now=now)


def use_is_due(token: TokenUse, *, now: datetime) -> bool:
    """Whether an hour has passed since the token's last use was noted."""
    return token.last_used_at is None or token.last_used_at < now - NOTED_EVERY


def note_use(session: Session, token_id: int, *, now: datetime) -> None:
    """Note the token's use, in one statement; of several requests at once only the first writes."""
    stale = or_(AccessToken.last_used_at.is_(None), AccessToken.last_used_at < now - NOTED_EVERY)
    session.execute(update(AccessToken).where(AccessToken.id == token_id, stale).values(last_used_at=now))
