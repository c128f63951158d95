"""The real service in a process of its own, on a database that the test can reach too."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import BrowserContext
from sqlalchemy import Connection, Engine, create_engine, event

from booking.accounts.identity import session_key
from booking.database.engines import READS_ALONE, engine_options, prepare
from booking.settings import ROOT
from models.accounts import User
from tests.databases import KEY
from tests.heads import bring_to_head

READY = "Ready:"


class NotServing(Exception):  # noqa: N818 - a fact
    """The service did not start; carries what it said."""


@dataclass(frozen=True)
class House:
    """A running service: its address, and an engine on its database."""

    address: str
    engine: Engine

    def sign_in(self, context: BrowserContext, user: User) -> None:
        """Give the browser the cookie that signing in would."""
        app = Flask("cookies")
        app.secret_key = KEY
        serializer = SecureCookieSessionInterface().get_signing_serializer(app)
        assert serializer is not None
        value = serializer.dumps({"_user_id": session_key(user.id, user.credential_version), "_fresh": True})
        context.add_cookies([{"name": "session", "value": str(value), "url": self.address}])


@contextmanager
def serving(
    folder: Path, database_url: str = "", *, program: Sequence[str] = ("app.py",), **settings: str
) -> Iterator[House]:
    """The service on an empty database until the block ends; further settings as environment names."""
    address = f"http://127.0.0.1:{_free_port()}"
    url = database_url or f"sqlite:///{folder / 'booking.sqlite3'}"
    values = {
        "BOOKING_DATA_DIR": str(folder),
        "BOOKING_DATABASE_URL": url,
        "BOOKING_SECRET_KEY": KEY,
        "BOOKING_PORT": address.rsplit(":", 1)[1],
        "BOOKING_WORKERS": "1",
        "BOOKING_RUNS_JOBS": "false",
        "PYTHONUNBUFFERED": "1",
    }
    bring_to_head(url)
    log = folder / "service.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *program, "--empty"],
            cwd=ROOT,
            env={**os.environ, **values, **settings},
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )
    engine = create_engine(url, **engine_options(url))
    try:
        _wait_until_ready(process, log)
        prepare(engine)
        yield House(address, _arranging(engine))
    finally:
        engine.dispose()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        assert process.stdout is not None
        process.stdout.close()


def _arranging(engine: Engine) -> Engine:
    """The engine for who arranges beside the service: on SQLite a transaction begins with what it writes first.

    Who has only read could not write any more once the service did: SQLite refuses that as "locked" at once.
    """
    if engine.dialect.name != "sqlite":
        return engine
    arranging = engine.execution_options(**{READS_ALONE: True})

    @event.listens_for(arranging, "before_cursor_execute")
    def begin(connection: Connection, cursor: Any, statement: str, *_: object) -> None:
        if not statement.startswith(("SELECT", "PRAGMA", "WITH")) and not cursor.connection.in_transaction:
            cursor.execute("BEGIN IMMEDIATE")

    return arranging


def _wait_until_ready(process: subprocess.Popen[str], log: Path) -> None:
    """Read what the service says until it serves; raises NotServing with everything it said."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if READY in line:
            return
    raise NotServing("".join(said) + log.read_text()[-3000:])


def _free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
