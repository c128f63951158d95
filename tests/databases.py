"""The two engines of the tests: databases as the migrations make them, emptied between tests."""

import gc
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import event

from app import create_app
from booking.operations.starting import compile_translations
from booking.settings import ROOT, Settings
from booking.web import assets
from booking.web.extensions import db
from models.base import Base
from tests import heads

KEPT_TABLES = {"places", "instrument_classes", "subjects"}
FULL = 2
START_AGAIN = """
SELECT setval(quote_ident(sequencename)::regclass, start_value, false) FROM pg_sequences
WHERE schemaname = 'public' AND last_value IS NOT NULL
AND sequencename NOT IN ('places_id_seq', 'instrument_classes_id_seq', 'subjects_id_seq');
"""
KEY = "tests only: this key signs nothing that matters"


def settings_for(url: str, folder: Path, **more: object) -> Settings:
    """Settings of an application under test."""
    values: dict[str, object] = {"data_dir": folder, "database_url": url, "secret_key": KEY, "runs_jobs": False}
    return Settings.model_validate(values | more)


def migrated(settings: Settings) -> Flask:
    """An application on an empty database at head, with the reference data and both languages."""
    assets.build(ROOT, report=lambda _line: None)
    compile_translations(lambda _line: None)
    heads.bring_to_head(settings.sqlalchemy_url)
    app = create_app(settings)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.teardown_request(_let_go)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _hasten)
    return app


def _hasten(connection: sqlite3.Connection, _record: object) -> None:
    """What the service waits for, that every commit is on the disk, tests need not."""
    assert connection.execute("PRAGMA synchronous").fetchone() == (FULL,)
    connection.execute("PRAGMA synchronous = OFF")


def _let_go(_error: BaseException | None) -> None:
    """End each request's reads, as the end of its application context does outside tests."""
    db.session.remove()


@contextmanager
def sqlite_app(folder: Path) -> Iterator[Flask]:
    """An application on SQLite."""
    yield migrated(settings_for(f"sqlite:///{folder / 'test.db'}", folder))


@contextmanager
def postgresql_app(folder: Path) -> Iterator[Flask]:
    """An application on a database of its own in the project's PostgreSQL."""
    with postgresql_database(f"test_{os.getpid()}") as url:
        app = migrated(settings_for(url, folder))
        yield app
        with app.app_context():
            db.engine.dispose()


@contextmanager
def postgresql_database(name: str) -> Iterator[str]:
    """The URL of a new, empty database that is dropped afterwards."""
    yield heads.make_postgresql(name)
    # What nobody closed goes back while the database is there: later it would complain amid other tests.
    gc.collect()
    heads.drop_postgresql(name)


class Kept:
    """A copy of an SQLite database in memory, and the way back to it.

    Where the schema is the one that it left, going back leaves its number as well: else everybody who is connected
    reads 400 tables, indexes and triggers anew, which takes longer than all else that many a test does.
    """

    def __init__(self, path: str) -> None:
        """Copy the database at the path."""
        self._copy = sqlite3.connect(":memory:", check_same_thread=False)
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.backup(self._copy)
        self._schema = self._schema_now()

    def bring_back(self) -> None:
        """Make the database what the copy is."""
        is_same = self._schema_now() == self._schema
        self._copy.backup(self._database)
        if is_same:
            self._database.execute(f"PRAGMA schema_version = {self._schema}")
        else:
            self._schema = self._schema_now()

    def close(self) -> None:
        """Let go of the copy."""
        self._copy.close()
        self._database.close()

    def _schema_now(self) -> int:
        """The number of the schema; whatever changes a table makes it higher."""
        return int(self._database.execute("PRAGMA schema_version").fetchone()[0])


def keep_template(app: Flask) -> None:
    """Remember the empty SQLite database, to come back to it."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            app.extensions["template"] = Kept(str(db.engine.url.database))


def empty(app: Flask) -> None:
    """Back to the reference data alone, sequences included."""
    with app.app_context():
        db.session.remove()
        if db.engine.dialect.name == "sqlite":
            app.extensions["template"].bring_back()
            return
        tables = (name for name in (*Base.metadata.tables, "instrument_texts") if name not in KEPT_TABLES)
        emptied = "".join(f"DELETE FROM {name};" for name in tables)
        with db.engine.begin() as connection:
            connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {emptied} {START_AGAIN}")
