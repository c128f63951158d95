"""Commands of another application on another database, as a backup is put back elsewhere."""

import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from pathlib import Path
from typing import Any

from flask import Flask

from app import create_app
from booking.web.extensions import db
from tests.databases import postgresql_database, settings_for


@contextmanager
def elsewhere(engine: str, folder: Path) -> Iterator[Flask]:
    """An application on an empty database of this engine."""
    folder.mkdir(exist_ok=True)
    if engine == "sqlite":
        yield create_app(settings_for(f"sqlite:///{folder / 'other.sqlite3'}", folder))
        return
    with postgresql_database("test_restored") as url:
        other = create_app(settings_for(url, folder))
        yield other
        with other.app_context():
            db.engine.dispose()


def manifest(path: Path) -> dict[str, Any]:
    """What a backup says of itself."""
    with zipfile.ZipFile(path) as archive:
        found: dict[str, Any] = json.loads(archive.read("manifest.json"))
    return found


def run(app: Flask, *words: object) -> tuple[int, str, str]:
    """Run a command; its exit code, what it said, and its complaints."""
    return Context().run(_run, app, [str(word) for word in words])


def _run(app: Flask, words: list[str]) -> tuple[int, str, str]:
    with app.app_context():
        done = app.test_cli_runner().invoke(args=words)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr
