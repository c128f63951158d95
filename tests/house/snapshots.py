"""Coming back to an arranged world after a request wrote something, quickly, on both engines."""

import re
import secrets
from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import Connection, Engine, event

from booking.web.extensions import db
from models.base import Base
from tests.databases import Kept

KEPT = "kept"
WRITE = re.compile(r"\s*(?:(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?P<table>\w+)|WITH\b)", re.IGNORECASE)
WITHIN = re.compile(r'\b(?:INSERT\s+INTO|(?<!\bDO )UPDATE|DELETE\s+FROM)\s+"?(\w+)', re.IGNORECASE)
"""What parts of a statement with parts write to."""
BY_TRIGGERS = {"ledger_transfers": "ledger_accounts"}
"""Tables whose rows the database itself changes when another is written to."""


class Snapshot:
    """What the database held when it was taken; `restore` brings exactly that back."""

    def __init__(self, app: Flask) -> None:
        """Copy everything: to memory on SQLite, to a schema of its own on PostgreSQL."""
        self.app = app
        with app.app_context():
            db.session.remove()
            self.engine = db.engine
        self.changed: set[str] = set()
        self._copy = Kept(str(self.engine.url.database)) if self._is_sqlite else None
        self.tables = [] if self._is_sqlite else self._copy_postgresql()
        self._listening = Writes(self.engine, self)

    @property
    def written(self) -> bool:
        """Whether a transaction that wrote was committed since the world was last as arranged."""
        return bool(self.changed)

    @property
    def _is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def restore(self) -> None:
        """Everything as it was; the search is told by a new epoch that what it remembers is void."""
        if not self.written:
            return
        with self.app.app_context():
            db.session.remove()
        if self._copy:
            self._copy.bring_back()
        else:
            copies = "".join(f"DELETE FROM {t}; INSERT INTO {t} SELECT * FROM {KEPT}.{t};" for t in self._touched())
            self._run(f"SET LOCAL session_replication_role = replica; {copies}")
        with self.engine.begin() as connection:
            connection.execute(sa.text("UPDATE listing_revisions SET epoch = :epoch"), {"epoch": secrets.token_hex(16)})
        self.changed.clear()

    def forget(self) -> None:
        """Let go of the copy."""
        self._listening.stop()
        if self._copy:
            self._copy.close()
        else:
            self._run(f"DROP SCHEMA {KEPT} CASCADE")

    def _touched(self) -> set[str]:
        """What was written to, and what goes with its rows; everything where that cannot be told."""
        if self.changed - set(self.tables):
            return set(self.tables)
        tables = Base.metadata.tables.values()
        going = {
            t.name for t in tables for key in t.foreign_keys if key.ondelete and key.column.table.name in self.changed
        }
        return self.changed | going | {BY_TRIGGERS[name] for name in self.changed & set(BY_TRIGGERS)}

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
        self.writers: dict[int, set[str]] = {}
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
        found = WRITE.match(statement)
        if found:
            tables = {found["table"]} if found["table"] else set(WITHIN.findall(statement))
            if tables:
                self.writers.setdefault(id(connection.connection.dbapi_connection), set()).update(tables)

    def _committed(self, connection: Connection) -> None:
        self.snapshot.changed |= self.writers.get(id(connection.connection.dbapi_connection), set())
        self._rolled_back(connection)

    def _rolled_back(self, connection: Connection) -> None:
        self.writers.pop(id(connection.connection.dbapi_connection), None)
