"""What the service's data takes: the database with its rows, files, and the room that is left."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from models.attachments import Attachment
from models.base import Base
from models.directory import Organisation
from models.imports import ImportFile
from models.notifications import Mail


@dataclass(frozen=True, slots=True)
class Space:
    """How many bytes the files of an organisation take."""

    organisation_id: int
    name_zh: str
    name_en: str
    used_bytes: int


@dataclass(frozen=True, slots=True)
class Storage:
    """The database and its surroundings; the rows are estimates where the engine keeps some."""

    engine: str
    engine_version: str
    revision: str
    database_bytes: int
    attachment_bytes: int
    mail_bytes: int
    import_bytes: int
    free_bytes: int
    rows: dict[str, int]
    rows_are_estimates: bool
    spaces: list[Space]


def storage(session: Session, data_dir: Path) -> Storage:
    """What there is now; a constant number of statements."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    version, size = (_sqlite if is_sqlite else _postgresql)(session)
    return Storage(
        engine="SQLite" if is_sqlite else "PostgreSQL",
        engine_version=version,
        revision=MigrationContext.configure(session.connection()).get_current_revision() or "",
        database_bytes=size,
        **_inside(session),
        free_bytes=shutil.disk_usage(data_dir).free,
        rows=_counted(session) if is_sqlite else _estimated(session),
        rows_are_estimates=not is_sqlite,
        spaces=_spaces(session),
    )


def _inside(session: Session) -> dict[str, int]:
    """What files, mails and uploaded tables take of the database; one statement."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"

    def size(text: ColumnElement[str]) -> ColumnElement[int]:
        return sa.func.length(sa.cast(text, sa.LargeBinary)) if is_sqlite else sa.func.octet_length(text)

    mails = sa.func.sum(size(sa.type_coerce(Mail.text, sa.Text)) + size(sa.type_coerce(Mail.html, sa.Text)))
    parts = {
        "attachment_bytes": sa.func.sum(Attachment.stored_bytes),
        "mail_bytes": mails,
        "import_bytes": sa.func.sum(sa.func.length(ImportFile.content)),
    }
    sums = [sa.select(sa.func.coalesce(total, 0)).scalar_subquery().label(name) for name, total in parts.items()]
    return {name: int(found) for name, found in session.execute(sa.select(*sums)).one()._mapping.items()}


def _sqlite(session: Session) -> tuple[str, int]:
    """Version and size of an SQLite database."""
    size = "SELECT sqlite_version(), (SELECT page_count FROM pragma_page_count()) * page_size FROM pragma_page_size()"
    row = session.execute(sa.text(size)).one()
    return str(row[0]), int(row[1])


def _postgresql(session: Session) -> tuple[str, int]:
    """Version and size of a PostgreSQL database."""
    row = session.execute(
        sa.text("SELECT current_setting('server_version'), pg_database_size(current_database())")
    ).one()
    return str(row[0]), int(row[1])


def _counted(session: Session) -> dict[str, int]:
    """The rows of each table, counted in one statement."""
    counts = [
        sa.select(sa.literal(table.name).label("name"), sa.select(sa.func.count()).select_from(table).scalar_subquery())
        for table in Base.metadata.sorted_tables
    ]
    return _sorted({row[0]: row[1] for row in session.execute(sa.union_all(*counts))})


def _estimated(session: Session) -> dict[str, int]:
    """The rows of each table as the statistics of PostgreSQL estimate them."""
    known = set(Base.metadata.tables)
    rows = session.execute(sa.text("SELECT relname, n_live_tup FROM pg_stat_user_tables"))
    return _sorted({name: count for name, count in rows if name in known})


def _sorted(rows: dict[str, int]) -> dict[str, int]:
    """The largest table first."""
    return dict(sorted(rows.items(), key=lambda row: (-row[1], row[0])))


def _spaces(session: Session) -> list[Space]:
    """What files take, for each organisation that keeps some, the most first."""
    used = sa.func.sum(Attachment.stored_bytes)
    rows = session.execute(
        sa.select(Organisation.id, Organisation.name_zh, Organisation.name_en, used)
        .join(Attachment, Attachment.organisation_id == Organisation.id)
        .group_by(Organisation.id, Organisation.name_zh, Organisation.name_en)
        .order_by(used.desc(), Organisation.id)
    )
    return [Space(*row) for row in rows]
