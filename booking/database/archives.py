"""Every row of a database in one file that either engine reads back: a ZIP of JSON lines with a manifest.

Tables are read as they are in the database, not as models say, so that a file written by an older version
can be read into the schema it was written from. JSON columns travel as the text they hold.
"""

import base64
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import IO, Any

import sqlalchemy as sa
from sqlalchemy import Column, Connection, MetaData, Table

from booking.database.guards import balances_as_stored

FORMAT = 1
MANIFEST = "manifest.json"
NEVER_COPIED = ("alembic_version", "instrument_listings", "instrument_texts", "listing_", "sqlite_")
"""Beginnings of names: what the migrations keep, and what is made anew from the records."""
BATCH = 1000


class Unreadable(Exception):  # noqa: N818 - a fact
    """The file is no archive of ours, is cut off, or does not fit the schema; says which."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What an archive holds: the revision of its schema, when it was made, and the rows of each table."""

    revision: str
    made_at: datetime
    rows: Mapping[str, int]


def write(connection: Connection, file: IO[bytes], *, revision: str, now: datetime) -> Contents:
    """Copy every table into `file` as one snapshot sees it; the connection must hold one (not checked)."""
    rows: dict[str, int] = {}
    sums: dict[str, str] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for table in tables(connection):
            with archive.open(_entry(table.name), "w", force_zip64=True) as lines:
                rows[table.name], sums[table.name] = _copy_out(connection, table, lines)
        manifest = {"format": FORMAT, "revision": revision, "made_at": now.isoformat(), "rows": rows, "sha256": sums}
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return Contents(revision, now, rows)


def contents(file: IO[bytes]) -> Contents:
    """What the archive says of itself; raises Unreadable."""
    manifest = _manifest(file)
    return Contents(manifest["revision"], datetime.fromisoformat(manifest["made_at"]), manifest["rows"])


def read(connection: Connection, file: IO[bytes]) -> None:
    """Put every row back, in the connection's transaction, in place of what the tables hold; raises Unreadable.

    The schema must be of the archive's revision. Guards and constraints judge the rows as any others.
    """
    manifest = _manifest(file)
    there = {table.name: table for table in tables(connection)}
    if unknown := set(manifest["rows"]) - set(there):
        raise Unreadable(f"the schema has no table {', '.join(sorted(unknown))}")
    with zipfile.ZipFile(file) as archive, _foreign_keys_later(connection), balances_as_stored(connection):
        for table in there.values():
            _empty(connection, table)
        for name, count in manifest["rows"].items():
            with archive.open(_entry(name)) as lines:
                _copy_in(connection, there[name], lines, count, manifest["sha256"][name])
    if connection.dialect.name == "postgresql":
        _raise_sequences(connection, there.values())


def tables(connection: Connection) -> list[Table]:
    """The tables of the database that are copied, by name; read together, as PostgreSQL tells of all at once."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _all: not name.startswith(NEVER_COPIED), resolve_fks=False)
    return sorted(found.tables.values(), key=lambda table: table.name)


def _empty(connection: Connection, table: Table) -> None:
    """Take away what migrations put there; a table that may not lose rows has none and is left alone."""
    if connection.scalar(sa.select(sa.exists(sa.select(sa.text("1")).select_from(table)))):
        connection.execute(table.delete())


def _entry(name: str) -> str:
    """Where a table stands in the archive."""
    return f"tables/{name}.jsonl"


def _manifest(file: IO[bytes]) -> dict[str, Any]:
    """The manifest; raises Unreadable when the file is none of ours or was cut off."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    except (zipfile.BadZipFile, KeyError, ValueError) as broken:
        raise Unreadable("this is no backup of this service, or it was cut off") from broken
    if manifest.get("format") != FORMAT:
        raise Unreadable("this backup was made by a newer version")
    return manifest


def _copy_out(connection: Connection, table: Table, lines: IO[bytes]) -> tuple[int, str]:
    """Write one line for each row in order of key; how many, and the digest of the text."""
    encoders = [_encoder(column) for column in table.columns]
    shown = [_shown(column) for column in table.columns]
    ordered = sa.select(*shown).select_from(table).order_by(*table.primary_key.columns)
    digest, count = hashlib.sha256(), 0
    lines.write(head := _line([column.name for column in table.columns]))
    digest.update(head)
    for row in connection.execution_options(yield_per=BATCH).execute(ordered):
        line = _line([encode(value) for encode, value in zip(encoders, row, strict=True)])
        lines.write(line)
        digest.update(line)
        count += 1
    return count, digest.hexdigest()


def _copy_in(connection: Connection, table: Table, lines: IO[bytes], count: int, digest: str) -> None:
    """Insert the rows of one table in batches; raises Unreadable when some are missing or were changed."""
    seen = hashlib.sha256()
    rows = _counted(lines, seen.update)
    names = next(rows, [])
    if unknown := set(names) - set(table.columns.keys()):
        raise Unreadable(f"the table {table.name} has no column {', '.join(sorted(map(str, unknown)))}")
    engine, columns = connection.dialect.name, [table.columns[name] for name in names]
    decoders = [_decoder(column, engine) for column in columns]
    statement = table.insert().values({column.name: _stored(column, engine) for column in columns})
    done = 0
    while batch := list(islice(rows, BATCH)):
        values = [
            {f"v_{c.name}": decode(v) for c, decode, v in zip(columns, decoders, row, strict=True)} for row in batch
        ]
        connection.execute(statement, values)
        done += len(batch)
    if (done, seen.hexdigest()) != (count, digest):
        raise Unreadable(f"the rows of {table.name} are not those that were written")


def _counted(lines: IO[bytes], note: Callable[[bytes], None]) -> Iterator[list[Any]]:
    """Each line as values, noting what was read."""
    for line in lines:
        note(line)
        yield json.loads(line)


def _line(values: list[Any]) -> bytes:
    """Values as one line of JSON."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _shown(column: Column[Any]) -> Any:
    """How a column is read: JSON as the text it holds."""
    return sa.cast(column, sa.Text) if isinstance(column.type, sa.JSON) else column


def _stored(column: Column[Any], engine: str) -> Any:
    """How a column is written: JSON as the text it was, which PostgreSQL wants told."""
    if not isinstance(column.type, sa.JSON):
        return sa.bindparam(f"v_{column.name}", type_=column.type)
    text = sa.bindparam(f"v_{column.name}", type_=sa.Text)
    return text if engine == "sqlite" else sa.cast(text, _RawJson)


class _RawJson(sa.types.UserDefinedType[str]):
    """The name of the JSON type for a cast, without SQLAlchemy's reading and writing of it."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """The type's name."""
        return "JSON"


def _encoder(column: Column[Any]) -> Callable[[Any], Any]:
    """A value of the column as JSON has it: moments in UTC, bytes in base 64."""
    if isinstance(column.type, sa.DateTime):
        return lambda value: value and (value.astimezone(UTC) if value.tzinfo else value).strftime(_MOMENT)
    if isinstance(column.type, sa.Date):
        return lambda value: value and value.isoformat()
    if isinstance(column.type, sa.LargeBinary):
        return lambda value: value if value is None else base64.b64encode(value).decode("ascii")
    return lambda value: value


def _decoder(column: Column[Any], engine: str) -> Callable[[Any], Any]:
    """The way back of `_encoder`; SQLite stores UTC without an offset."""
    if isinstance(column.type, sa.DateTime):
        zone = None if engine == "sqlite" else UTC
        return lambda text: text and datetime.strptime(text, _MOMENT).replace(tzinfo=zone)
    if isinstance(column.type, sa.Date):
        return lambda text: text and date.fromisoformat(text)
    if isinstance(column.type, sa.LargeBinary):
        return lambda text: text if text is None else base64.b64decode(text)
    return lambda value: value


_MOMENT = "%Y-%m-%dT%H:%M:%S.%f"


@contextmanager
def _foreign_keys_later(connection: Connection) -> Iterator[None]:
    """Rows may name rows that come later; at the end every reference is checked.

    SQLite checks at commit; on PostgreSQL the constraints are taken away and made again. An error undoes both.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        yield
        return
    dropped = connection.execute(_FOREIGN_KEYS).all()
    for owner, name, _definition in dropped:
        connection.exec_driver_sql(f"ALTER TABLE {owner} DROP CONSTRAINT {name}")
    yield
    for owner, name, definition in dropped:
        connection.exec_driver_sql(f"ALTER TABLE {owner} ADD CONSTRAINT {name} {definition}")


_FOREIGN_KEYS = sa.text(
    "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 2"
)


def _raise_sequences(connection: Connection, there: Iterable[Table]) -> None:
    """The next id of each table comes after the highest that was put back."""
    for table in there:
        for column in table.primary_key.columns:
            names = {"owner": table.name, "name": column.name}
            sequence = connection.scalar(sa.text("SELECT pg_get_serial_sequence(:owner, :name)"), names)
            if sequence:
                highest = connection.scalar(sa.select(sa.func.max(column)))
                raise_it = sa.text("SELECT setval(CAST(:sequence AS regclass), :value, :is_used)")
                connection.execute(
                    raise_it, {"sequence": sequence, "value": highest or 1, "is_used": highest is not None}
                )
