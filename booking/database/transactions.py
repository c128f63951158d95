"""One way to change anything: `transaction(engine, work, …)`, atomic, retried when the engine says so."""

import random
import threading
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from booking.database.locks import alone

P = ParamSpec("P")
T = TypeVar("T")

MOST_TRIES = 5
SERIALISATION_FAILURE, DEADLOCK_DETECTED = "40001", "40P01"

_sqlite_writer = threading.Lock()


def transaction(engine: Engine, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work(session, …)` in one transaction and commit; a fresh session per try, at most five.

    What `work` returns stays usable: nothing expires on commit.
    """
    writing = engine.execution_options(writes=True)
    for attempt in range(1, MOST_TRIES + 1):
        try:
            return _once(writing, work, *args, **kwargs)
        except DBAPIError as failed:
            if attempt == MOST_TRIES or not _may_retry(failed):
                raise
        time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311 - jitter, not a secret
    raise AssertionError("unreachable")


def connection_of(session: Session) -> Connection:
    """The session's connection, for a statement past what it has loaded.

    What it has not stored yet is stored first where it would do so itself: not within `no_autoflush`.
    """
    if session.autoflush:
        session.flush()
    return session.connection()


def writes_alone(session: Session) -> bool:
    """Whether nobody else can have changed anything since the transaction began, and can until it ends.

    So it is on SQLite in what `transaction` runs: it takes the one writer's lock before it reads.
    """
    options = session.connection().get_execution_options()
    return session.get_bind().dialect.name == "sqlite" and bool(options.get("writes"))


def _once(engine: Engine, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """One try; writers on SQLite queue, in a process and among processes, because its own waiting is by sleeping."""
    with Session(engine, expire_on_commit=False) as session:
        if engine.dialect.name != "sqlite":
            with session.begin():
                return work(session, *args, **kwargs)
        with _sqlite_writer, alone(engine, "writing"), session.begin():
            return work(session, *args, **kwargs)


def _may_retry(failed: DBAPIError) -> bool:
    """Whether the same work may succeed when run again: a serialisation failure or a deadlock."""
    return getattr(failed.orig, "sqlstate", None) in {SERIALISATION_FAILURE, DEADLOCK_DETECTED}
