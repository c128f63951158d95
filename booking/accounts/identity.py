"""How a request's session or bearer token becomes an actor."""

from booking.accounts import queries, tokens
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.secret import secret_hash
from booking.database import transactions
from booking.web.extensions import db, reading
from booking.web.signed_in import Loaders


def loaders() -> Loaders:
    """What `app.py` hands to `web.signed_in`."""
    return Loaders(by_session=_by_session, by_token=_by_token)


def session_key(user_id: int, credential_version: int) -> str:
    """What the session cookie says: whose it is, and under which password it was made."""
    return f"{user_id}.{credential_version}"


def _by_session(key: str) -> Actor | None:
    """The actor of a session cookie, or None when it is broken or out of date."""
    user_id, _, version = key.partition(".")
    if not (user_id.isdecimal() and version.isdecimal()):
        return None
    return queries.actor_by_session(reading(), int(user_id), int(version), now=utcnow())


def _by_token(secret: str) -> Actor | None:
    """The actor of a personal access token in force; its use is noted at most hourly, in a transaction of its own."""
    now = utcnow()
    found = queries.actor_by_token(reading(), secret_hash(secret), now=now)
    if found is None:
        return None
    actor, token = found
    if tokens.use_is_due(token, now=now):
        transactions.transaction(db.engine, tokens.note_use, token.id, now=now)
    return actor
