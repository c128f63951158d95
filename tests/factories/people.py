"""People for tests."""

from datetime import UTC, date, datetime
from functools import cache

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import queries
from booking.accounts.consents import VERSION
from booking.accounts.identity import session_key
from booking.core.actors import Actor
from booking.privacy.showing import KEPT
from models.accounts import Grant, User
from models.privacy import Consent
from models.vocabulary.accounts import Role, ScopeKind

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def make_user(session: Session, name: str = "researcher", **columns: object) -> User:
    """A confirmed account `<name>@example.org` that agreed to the text on data, committed."""
    values: dict[str, object] = {
        "email": f"{name}@example.org",
        "name": name.title(),
        "created_at": LONG_AGO,
        "confirmed_at": LONG_AGO,
    }
    user = User(**(values | columns))
    session.add(user)
    session.flush()
    session.add(Consent(user_id=user.id, version=VERSION, agreed_at=LONG_AGO))
    session.commit()
    return user


def give(session: Session, user: User, role: Role, kind: ScopeKind, scope_id: int | None = None) -> Grant:
    """A grant in force since 2020, committed."""
    grant = Grant(
        user_id=user.id,
        role=role,
        scope_kind=kind,
        scope_id=scope_id,
        starts_on=date(2020, 1, 1),
        created_at=LONG_AGO,
    )
    session.add(grant)
    session.commit()
    return grant


def actor_for(session: Session, user: User, *, now: datetime) -> Actor:
    """The user as services see it."""
    actor = queries.actor_by_session(session, user.id, user.credential_version, now=now)
    assert actor is not None
    return actor


def stand_in(session: Session, absent: Actor, *, now: datetime) -> Actor:
    """Somebody who stands in until 2030 for a person with one role, committed."""
    held = session.scalars(select(Grant).where(Grant.user_id == absent.id)).one()
    user = make_user(session, f"in-place-of-{absent.id}")
    grant = give(session, user, held.role, held.scope_kind, held.scope_id)
    grant.ends_on, grant.delegated_from_id = date(2030, 1, 1), held.id
    session.commit()
    return actor_for(session, user, now=now)


def sign_in(client: FlaskClient, user: User, *, was_here: bool = False) -> None:
    """Give the client the cookie that signing in would, or the one that the first page then leaves."""
    app, key = client.application, session_key(user.id, user.credential_version)
    agreed = f"{user.id}.{VERSION.isoformat()}" if was_here else ""
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], _cookie(app, key, agreed))


@cache
def _cookie(app: Flask, key: str, agreed: str) -> str:
    """The signed cookie of a session; signing again and again would cost more than many a request."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    kept = {KEPT: agreed} if agreed else {}
    signed: str = signer.dumps({"_user_id": key, "_fresh": True} | kept)
    return signed
