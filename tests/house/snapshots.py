"""Coming back to an arranged world after a request wrote something, quickly, on both engines."""

import secrets
import sqlite3
from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import Connection, Engine, event

from booking.web.extensions import db
from tests.databases import copy_back

KEPT = "kept"
WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")


class Snapshot:
    """What the database held when it was taken; `restore` brings exactly that back."""

    def __init__(self, app: Flask) -> None:
        """Copy everything: to memory on SQLite, to a schema of its own on PostgreSQL."""
        self.app = app
        with app.app_context():
            db.session.remove()
            self.engine = db.engine
        self.written = False
        self._copy = self._copy_sqlite() if self._is_sqlite else None
        self.tables = [] if self._is_sqlite else self._copy_postgresql()
        self._listening = Writes(self.engine, self)

    @property
    def _is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def restore(self) -> None:
        """Everything as it was; the search is told by a new epoch that what it remembers is void."""
        with self.app.app_context():
            db.session.remove()
        if self._copy:
            copy_back(self._copy, str(self.engine.url.database))
        else:
            copies = "".join(f"DELETE FROM {t}; INSERT INTO {t} SELECT * FROM {KEPT}.{t};" for t in self.tables)
            self._run(f"SET LOCAL session_replication_role = replica; {copies}")
        with self.engine.begin() as connection:
            connection.execute(sa.text("UPDATE listing_revisions SET epoch = :epoch"), {"epoch": secrets.token_hex(16)})
        self.written = False

    def forget(self) -> None:
        """Let go of the copy."""
        self._listening.stop()
        if self._copy:
            self._copy.close()
        else:
            self._run(f"DROP SCHEMA {KEPT} CASCADE")

    def _copy_sqlite(self) -> sqlite3.Connection:
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        with sqlite3.connect(str(self.engine.url.database)) as source:
            source.backup(copy)
        return copy

    def _copy_postgresql(self) -> list[str]:
        named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        with self.engine.begin() as connection:
            tables = list(connection.scalars(sa.text(named)))
        copies = "".join(f"CREATE TABLE {KEPT}.{table} AS TABLE public.{table};" for table in tables)
        self._run(f"DROP SCHEMA IF EXISTS {KEPT} CASCADE; CREATE SCHEMA {KEPT}; {copies}")
        return tables

    def _run(self, statements: str) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql(statements)


class Writes:
    """Notes on the snapshot when a transaction that wrote was committed."""

    def __init__(self, engine: Engine, snapshot: Snapshot) -> None:
        """Listen to the engine until `stop`."""
        self.engine, self.snapshot = engine, snapshot
        self.writers: set[int] = set()
        for name, listener in self._listeners.items():
            event.listen(engine, name, listener)

    @property
    def _listeners(self) -> dict[str, Callable[..., None]]:
        return {"before_cursor_execute": self._executed, "commit": self._committed, "rollback": self._rolled_back}

    def stop(self) -> None:
        """Listen no more."""
        for name, listener in self._listeners.items():
            event.remove(self.engine, name, listener)

    def _executed(self, connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            self.writers.add(id(connection.connection.dbapi_connection))

    def _committed(self, connection: Connection) -> None:
        if id(connection.connection.dbapi_connection) in self.writers:
            self.snapshot.written = True
        self._rolled_back(connection)

    def _rolled_back(self, connection: Connection) -> None:
        self.writers.discard(id(connection.connection.dbapi_connection))
