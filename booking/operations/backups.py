"""Backing up while the service runs, and restoring into an empty database of either engine."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import flask_migrate
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.core.clock import utcnow
from booking.core.errors import Refused
from booking.core.texts import N_
from booking.database import archives
from booking.database.archives import Contents
from booking.database.locks import alone
from booking.operations.backup_age import note_backup
from booking.operations.proving import BOOKS
from booking.operations.starting import is_at_head, known_revisions
from booking.reservations import verifying
from booking.web.extensions import db, transaction
from models.catalogue import Instrument
from models.vocabulary.catalogue import PublishingState

PROOFS = (verifying, *BOOKS)
"""What is added up again after a restore."""


class FileExists(Refused):
    """The backup would overwrite a file."""

    code = "file_exists"
    sentence = N_("文件已经存在，请换一个名字。")


class NotEmpty(Refused):
    """Restoring would mix two databases."""

    code = "not_empty"
    sentence = N_("目标数据库里已有数据。请恢复到一个空的数据库（设置 BOOKING_DATABASE_URL 或 BOOKING_DATA_DIR）。")


class NoSchema(Refused):
    """There is nothing to back up."""

    code = "no_schema"
    sentence = N_("数据库还没有建立。")


class UnknownRevision(Refused):
    """The backup was made by a version that this one does not know."""

    code = "unknown_revision"
    sentence = N_("这份备份来自更新的版本，请先升级本服务。")


class UnreadableBackup(Refused):
    """The file is no sound backup."""

    code = "unreadable_backup"
    sentence = N_("这不是本服务的备份，或文件不完整。")


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and what the proofs of claims and ledger say about it (nothing when all is well)."""

    contents: Contents
    faults: list[str]


def back_up(engine: Engine, path: Path, *, now: datetime) -> Contents:
    """Write everything the database holds at one moment to a new file; writers are not held up.

    The file appears whole or not at all: until then it has a hidden name that ends in `.part`, of its own for each
    attempt. Raises FileExists, NoSchema, or OSError when the disk is full.
    """
    if path.exists():
        raise FileExists
    part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    file = os.fdopen(_private(part), "wb")
    try:
        with file, _snapshot(engine) as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
            if revision is None:
                raise NoSchema
            found = archives.write(connection, file, revision=revision, now=now)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            raise FileExists
        part.rename(path)
        _sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)
    return found


def keep_backup(path: Path, *, now: datetime) -> Contents:
    """Back the application's database up, and remember it where the system page looks; raises like back_up."""
    found = back_up(db.engine, path, now=now)
    if is_at_head(db.engine):
        transaction(note_backup, path, found, now=utcnow())
    return found


def restore(path: Path) -> Restored:
    """Put a backup back into the application's database, which must be empty, and bring it to this version.

    All rows come back or none. Raises UnreadableBackup, UnknownRevision, NotEmpty, or OSError.
    """
    with path.open("rb") as file, alone(db.engine, "migrations"):
        try:
            found = archives.contents(file)
            _make_schema(found.revision)
            with db.engine.execution_options(writes=True).begin() as connection:
                archives.read(connection, file)
        except archives.Unreadable as broken:
            raise UnreadableBackup from broken
        db.engine.dispose()
        flask_migrate.upgrade()
    transaction(_list_again)
    with Session(db.engine) as session:
        return Restored(found, [line for proof in PROOFS for line in proof.faults(session)])


def _private(path: Path) -> int:
    """A new file that only its owner may read."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def _sync_folder(folder: Path) -> None:
    """Make a new name in the folder outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment of the database, however long it reads."""
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def _make_schema(revision: str) -> None:
    """Empty tables as they were in that revision; raises NotEmpty or UnknownRevision."""
    if revision not in known_revisions():
        raise UnknownRevision
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and _holds_anything(connection):
            raise NotEmpty
    if current is not None:
        flask_migrate.downgrade(revision="base")
    flask_migrate.upgrade(revision=revision)


def _holds_anything(connection: Connection) -> bool:
    """Whether there is anybody, or anything that belongs to somebody."""
    return any(
        connection.scalar(sa.select(sa.exists(sa.select(sa.text("1")).select_from(sa.table(name)))))
        for name in ("users", "organisations")
    )


def _list_again(session: Session) -> None:
    """The text index is not copied: it is made anew from the records."""
    published = sa.select(Instrument.id).where(Instrument.publishing_state == PublishingState.PUBLISHED)
    listing.refresh(session, session.scalars(published).all())
