"""SQLite and PostgreSQL prepared alike: durable, foreign keys on, UTC, explicit BEGIN."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, event

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA recursive_triggers=ON",
    "PRAGMA busy_timeout=30000",
    "PRAGMA cache_size=-32000",
)
READS_ALONE = "reads_alone"


def engine_options(url: str) -> dict[str, Any]:
    """Keyword arguments for `create_engine` that fit the engine of `url`."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 30}, "pool_size": 20, "max_overflow": 40, "hide_parameters": True}
    return {
        "hide_parameters": True,
        "pool_size": 10,
        "max_overflow": 30,
        "pool_pre_ping": False,
        "connect_args": {"options": "-c timezone=UTC", "connect_timeout": 10},
    }


def prepare(engine: Engine) -> None:
    """Attach what every connection needs; called once per engine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)


@lru_cache(maxsize=8)
def reads_alone(engine: Engine) -> Engine:
    """The engine for reading, each statement by itself: BEGIN and ROLLBACK around a page cost as much as a statement.

    That shows things as PostgreSQL's READ COMMITTED does, on both engines.
    """
    if engine.dialect.name == "sqlite":
        return engine.execution_options(**{READS_ALONE: True})
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Set the pragmas the guards rely on, and leave BEGIN to `_begin_sqlite`."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once when the transaction will write: a read first could not be retried."""
    options = connection.get_execution_options()
    if READS_ALONE not in options:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
