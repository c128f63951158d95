"""Locks between processes that a killed process cannot leave behind: for migrations and for leading."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError


class HeldLock(Protocol):
    """A lock that this process holds until it lets go or dies."""

    def is_held(self) -> bool:
        """Whether it is still ours; a lost connection loses it."""

    def release(self) -> None:
        """Let go."""


@contextmanager
def alone(engine: Engine, name: str) -> Iterator[None]:
    """Only one process of all nodes on this database is inside; the others wait."""
    lock = _take(engine, name, wait=True)
    try:
        yield
    finally:
        if lock:
            lock.release()


def try_to_hold(engine: Engine, name: str) -> HeldLock | None:
    """The lock `name` of this database, or None while another process holds it."""
    return _take(engine, name, wait=False)


def _take(engine: Engine, name: str, *, wait: bool) -> HeldLock | None:
    """A file lock beside a SQLite database, an advisory lock of the session on PostgreSQL."""
    if engine.dialect.name == "sqlite":
        return _FileLock.take(Path(f"{engine.url.database}.{name}.lock"), wait=wait)
    return _AdvisoryLock.take(engine, name, wait=wait)


class _FileLock:
    """An exclusive flock(2); the kernel lets go when the process ends."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def take(cls, path: Path, *, wait: bool) -> "_FileLock | None":
        """The lock on a file, which is made when missing."""
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(handle)
            return None
        return cls(handle)

    def is_held(self) -> bool:
        """Always, until it is released."""
        return self._handle >= 0

    def release(self) -> None:
        """Closing the file lets go."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


class _AdvisoryLock:
    """A lock of one PostgreSQL session on a connection of its own, outside the pool."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def take(cls, engine: Engine, name: str, *, wait: bool) -> "_AdvisoryLock | None":
        """The lock on a number made of the name; it ends with the connection."""
        connection = _direct(engine).connect()
        if wait:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _key(name)})
            return cls(connection)
        if connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _key(name)}):
            return cls(connection)
        connection.close()
        return None

    def is_held(self) -> bool:
        """Whether the connection, and with it the lock, still lives."""
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def release(self) -> None:
        """Closing the connection lets go."""
        self._connection.close()


def _direct(engine: Engine) -> Engine:
    """An engine without a pool on the same database, noticing a dead server within seconds."""
    keepalive = {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3, "tcp_user_timeout": 5000}
    return create_engine(
        engine.url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"connect_timeout": 5, **keepalive},
    )


def _key(name: str) -> int:
    """A signed 64-bit number that belongs to the name."""
    return int.from_bytes(hashlib.sha256(f"chuanyu:{name}".encode()).digest()[:8], signed=True)
