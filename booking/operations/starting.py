"""The steps before serving: front-end files, translations, migrations, reference data, the demo."""

import os
import py_compile
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType

import flask_migrate
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from sqlalchemy import Engine, exists, select
from sqlalchemy.orm import Session

from booking.catalogue.reference import load_classes
from booking.core.clock import utcnow
from booking.database.locks import alone
from booking.directory.days import known_years
from booking.directory.reference import load_places
from booking.reservations.closing import seed_public_days
from booking.settings import ROOT
from booking.web.extensions import db, transaction
from models.accounts import User
from models.directory import Organisation

TRANSLATIONS = ROOT / "booking" / "web" / "translations"

Report = Callable[[str], None]
Load = Callable[[Flask, Report], None]


def compile_translations(report: Report, folder: Path = TRANSLATIONS) -> None:
    """Write every catalogue that is older than its source in the form that is read at run time."""
    for source in sorted(folder.glob("*/LC_MESSAGES/messages.po")):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        report(f"Compiling the translations ({source.parent.parent.name})")
        part = compiled.with_suffix(f".{os.getpid()}.part")
        with source.open("rb") as text, part.open("wb") as file:
            write_mo(file, read_po(text))
        part.replace(compiled)


def keep_compiled(report: Report, modules: Iterable[ModuleType] | None = None) -> None:
    """Write the compiled form of all code that is loaded, where Python writes none by itself: a start reads it back."""
    loaded = list(sys.modules.values() if modules is None else modules)
    if not sys.dont_write_bytecode or not (stale := list(_without_compiled(loaded))):
        return
    report(f"Compiling the code ({len(stale)} files)")
    for source, compiled in stale:
        with suppress(OSError):
            py_compile.compile(str(source), cfile=str(compiled), quiet=2)


def _without_compiled(modules: Iterable[ModuleType]) -> Iterator[tuple[Path, Path]]:
    """Source and place of the compiled form, of modules that have none or an older one, where one can be written."""
    for module in modules:
        spec = getattr(module, "__spec__", None)
        if not (spec and spec.has_location and spec.origin and spec.cached):
            continue
        source, compiled = Path(spec.origin), Path(spec.cached)
        if source.suffix != ".py" or (compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime):
            continue
        if os.access(next(folder for folder in compiled.parents if folder.exists()), os.W_OK):
            yield source, compiled


def prepare_database(app: Flask, report: Report) -> None:
    """Bring the database to head and add missing reference data; nodes that start together take turns."""
    with app.app_context():
        report("Waiting for the database")
        with alone(db.engine, "migrations"):
            if not is_at_head(db.engine):
                report("Running the migrations")
                flask_migrate.upgrade()
            added = transaction(load_places) + transaction(load_classes)
            added += transaction(seed_public_days, known_years(utcnow()), now=utcnow())
            if added:
                report(f"Added reference data ({added} rows)")


def is_at_head(engine: Engine) -> bool:
    """Whether every migration of this version has run."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_heads()
    return frozenset(current) == _heads()


@cache
def _heads() -> frozenset[str]:
    """The last migrations of this version."""
    return frozenset(ScriptDirectory(str(ROOT / "migrations")).get_heads())


def known_revisions() -> frozenset[str]:
    """Every migration of this version."""
    return frozenset(found.revision for found in ScriptDirectory(str(ROOT / "migrations")).walk_revisions())


def load_demo(app: Flask, load: Load, report: Report) -> None:
    """Fill an empty database with the demo, once."""
    with app.app_context():
        with alone(db.engine, "migrations"):
            if transaction(_is_empty):
                report("Loading the demo (sample instruments, people, reservations)")
                load(app, report)
        db.session.remove()


def _is_empty(session: Session) -> bool:
    """Whether nobody and nothing is there yet beyond reference data."""
    return not session.scalar(select(exists(select(User.id)) | exists(select(Organisation.id))))
