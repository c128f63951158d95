"""Fixtures of the storms: the real server on each engine, people with tokens, and processes that write."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.core.clock import utcnow
from booking.web.extensions import db
from models.accounts import AccessToken, User
from tests.factories.people import make_user
from tests.storms.weather import Server, Storm, serving, writers


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything here as a storm."""
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.storm)


@pytest.fixture(scope="session")
def server(engine_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service on the engine under test."""
    with engine_app.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
    with serving(url, tmp_path_factory.mktemp("storm")) as running:
        yield running


@pytest.fixture(scope="session")
def storm(server: Server) -> Iterator[Storm]:
    """Processes that send calls to the service."""
    with writers(server.port) as blowing:
        yield blowing


@pytest.fixture
def tokens(session: Session) -> list[str]:
    """Tokens of fifty people, each of whom may write."""
    return [token_of(session, make_user(session, f"writer{number}")) for number in range(50)]


def token_of(session: Session, user: User) -> str:
    """A token of this person that may write."""
    secret, now = secrets.token_urlsafe(24), utcnow()
    session.add(
        AccessToken(
            user_id=user.id,
            name="storm",
            secret_hash=hashlib.sha256(secret.encode()).hexdigest(),
            may_write=True,
            created_at=now,
            expires_at=now + timedelta(days=1),
            last_used_at=now,
        )
    )
    session.commit()
    return secret
