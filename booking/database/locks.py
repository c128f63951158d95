"""Locks between processes that a killed process cannot leave behind: for migrations and for leading."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError


class Lock(Protocol):
    """Held by at most one process of all nodes on a database, until it lets go or dies."""

    def wait(self) -> None:
        """Take it, however long that lasts."""

    def try_to_hold(self) -> bool:
        """Whether it is ours now: still, or since just now."""

    def release(self) -> None:
        """Let go, if it is ours."""


def lock(engine: Engine, name: str) -> Lock:
    """A file lock beside a SQLite database, an advisory lock of the session on PostgreSQL."""
    if engine.dialect.name == "sqlite":
        return _FileLock(Path(f"{engine.url.database}.{name}.lock"))
    return _AdvisoryLock(engine, name)


@contextmanager
def alone(engine: Engine, name: str) -> Iterator[None]:
    """Only one process of all nodes on this database is inside; the others wait."""
    held = lock(engine, name)
    held.wait()
    try:
        yield
    finally:
        held.release()


class _FileLock:
    """An exclusive flock(2); the kernel lets go when the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def wait(self) -> None:
        """Take it, however long that lasts."""
        self._take(fcntl.LOCK_EX)

    def try_to_hold(self) -> bool:
        """Whether it is ours now; what is held once is never lost."""
        if self._handle is None:
            try:
                self._take(fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True

    def release(self) -> None:
        """Closing the file lets go."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _take(self, operation: int) -> None:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, operation)
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle


class _AdvisoryLock:
    """A lock of one PostgreSQL session on a connection of its own; lost with the connection."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = _direct(engine)
        self._key = {"key": _number(name)}
        self._connection: Connection | None = None
        self._is_held = False

    def wait(self) -> None:
        """Take it, however long that lasts; raises DBAPIError when the server is not there."""
        self._connection = self._engine.connect()
        self._connection.execute(text("SELECT pg_advisory_lock(:key)"), self._key)
        self._is_held = True

    def try_to_hold(self) -> bool:
        """Whether it is ours now; asks the server, so that a lost connection is noticed."""
        try:
            self._connection = self._connection or self._engine.connect()
            if self._is_held:
                self._connection.execute(text("SELECT 1"))
            else:
                question = text("SELECT pg_try_advisory_lock(:key)")
                self._is_held = bool(self._connection.scalar(question, self._key))
        except DBAPIError:
            self.release()
        return self._is_held

    def release(self) -> None:
        """Let go, and close the connection; the server frees a closed one's locks only a moment later."""
        connection, self._connection = self._connection, None
        is_held, self._is_held = self._is_held, False
        if connection is None:
            return
        with suppress(DBAPIError):
            if is_held:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), self._key)
        connection.invalidate()
        connection.close()


def _direct(engine: Engine) -> Engine:
    """An engine without a pool on the same database, noticing a dead server within seconds."""
    keepalive = {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3, "tcp_user_timeout": 5000}
    return create_engine(
        engine.url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"connect_timeout": 5, **keepalive},
    )


def _number(name: str) -> int:
    """A signed 64-bit number that belongs to the name."""
    return int.from_bytes(hashlib.sha256(f"chuanyu:{name}".encode()).digest()[:8], signed=True)
