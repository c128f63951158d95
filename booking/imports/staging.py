"""Rows on their way: from the file into the staging table, and from there through the comparison with what stands.

Whatever takes long is worked out while nothing is locked; what was found is stored in short transactions, each of which
checks that the import is still ours. A process that dies leaves the lease to run out, and the next one goes on from
what was committed.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Date, Dialect, func, select
from sqlalchemy.orm import Session

from booking.catalogue.changes import plain
from booking.catalogue.import_planning import POLICY_COLUMNS, Planned, Seen, Stead, Wishes, plan
from booking.catalogue.import_preparing import INSTRUMENTS, Write
from booking.catalogue.import_reading import ReadRow, read_row
from booking.catalogue.import_standing import standing_for
from booking.catalogue.rules import read_hours, write_hours
from booking.core.actors import Reach
from booking.core.csv_tables import is_text
from booking.core.table_files import RawRow
from booking.database.bulk import Row, columns_of, insert_rows, readier, short_json, update_rows
from booking.imports.rules import (
    COMPARE_CHUNK,
    EXAMPLE,
    IS_EXAMPLE,
    LEASE,
    MOST_STEADS,
    READ_CHUNK,
    is_example,
    problem_in,
    said,
)
from models.base import Base
from models.directory import Organisation
from models.imports import Import, ImportedRow
from models.vocabulary.imports import WORKING, ImportKind, ImportState
from models.vocabulary.imports import RowFate as Fate

ROWS = Base.metadata.tables["imported_rows"]
DAYS = frozenset(column.name for column in INSTRUMENTS.columns if isinstance(column.type, Date))
NOT_VALUES = frozenset({"unit", "unit_en", "opening_hours", "lanes", *POLICY_COLUMNS})
FILLED = (
    "fate",
    "label",
    "organisation_id",
    "inner_id",
    "instrument_id",
    "seen_version",
    "changes",
    "problems",
    "notes",
)
"""The columns that a comparison fills."""

LOST = "\ufffd"
_READ = columns_of(ROWS, without=("id",))


class LeaseLost(Exception):  # noqa: N818 - a fact
    """Somebody else works on the import now, or it moved on."""


@dataclass(frozen=True, slots=True)
class Leased:
    """An import that is ours until a moment, in the state it was found in."""

    id: int
    state: ImportState
    until: datetime
    kind: ImportKind = ImportKind.INSTRUMENTS


def lease(session: Session, import_id: int, *, now: datetime) -> Leased | None:
    """Take the import to work on it; None when somebody else has it or there is nothing to do."""
    found = session.scalar(select(Import).where(Import.id == import_id).with_for_update(skip_locked=True))
    if found is None or found.state not in WORKING or (found.leased_until and found.leased_until >= now):
        return None
    found.leased_until = now + LEASE
    return Leased(found.id, found.state, found.leased_until, found.kind)


def held(session: Session, leased: Leased) -> Import:
    """The import, locked; raises LeaseLost when it is not ours any more."""
    statement = select(Import).where(Import.id == leased.id).with_for_update()
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None or found.state != leased.state or found.leased_until != leased.until:
        raise LeaseLost
    return found


def renewed(found: Import, *, now: datetime) -> Leased:
    """The lease, longer."""
    found.leased_until = now + LEASE
    return Leased(found.id, found.state, found.leased_until, found.kind)


def chunks_after(rows: Iterable[RawRow], done: int) -> Iterator[list[RawRow]]:
    """The rows behind those that are stored already, some at a time."""
    rest = islice(rows, done, None)
    while chunk := list(islice(rest, READ_CHUNK)):
        yield chunk


def ready_to_read(import_id: int, rows: Sequence[RawRow], dialect: Dialect) -> list[Row]:
    """Rows of the file as the staging table takes them."""
    ready = readier(ROWS, _READ, dialect, short_json)
    return [ready(_staged(import_id, row)) for row in rows]


def store_read(session: Session, leased: Leased, rows: Sequence[Row], *, now: datetime) -> Leased:
    """Stage rows as they stand in the file."""
    found = held(session, leased)
    insert_rows(session, ROWS, _READ, rows)
    found.rows_read += len(rows)
    return renewed(found, now=now)


def _staged(import_id: int, row: RawRow) -> dict[str, Any]:
    """A row of the staging table; what no text may hold is replaced and named as wrong."""
    cells = [_storable(cell) for cell in row.cells]
    return {
        "import_id": import_id,
        "number": row.number,
        "cells": cells,
        "wrong": {str(index): why for index, why in row.wrong.items()},
        "unreadable": said(row.problem) if row.problem else None,
        "label": "",
        "changes": {},
        "problems": [],
        "notes": [],
        "seen_version": 0,
        "is_kept": False,
    }


def _storable(cell: str) -> str:
    """The cell without lone surrogates and NULs, which a database refuses."""
    if is_text(cell) and "\x00" not in cell:
        return cell
    return "".join(LOST if "\ud800" <= char <= "\udfff" or char == "\x00" else char for char in cell)


def finish_reading(session: Session, leased: Leased) -> None:
    """Every row is staged; people say what the columns are."""
    found = held(session, leased)
    found.state, found.leased_until = ImportState.MAPPING, None


@dataclass(frozen=True, slots=True)
class Compared:
    """What the dry run says of some rows, as the staging table takes it."""

    rows: list[Row] = field(default_factory=list)
    unknown: frozenset[str] = frozenset()
    columns: Sequence[str] = FILLED


def wishes_of(found: Import, within: Reach) -> Wishes:
    """How the rows of the import are to be taken."""
    steads = {name: Stead(value["organisation_id"], value["unit"]) for name, value in found.steads.items()}
    return Wishes(within=within, only_id=found.organisation_id, steads=steads)


def compare(session: Session, import_id: int, within: Reach, at_once: int = COMPARE_CHUNK) -> Compared:
    """The fates of the next rows that have none; reads only."""
    found, rows = session.get_one(Import, import_id), next_rows(session, import_id, at_once)
    if not rows:
        return Compared()
    defaults = defaults_of(session, found)
    reads = [_read(raw_of(row), found.mapping, defaults) for row in rows]
    values = [read.values for read in reads if read.values is not None]
    wishes = wishes_of(found, within)
    standing = standing_for(session, values, [stead.organisation_id for stead in wishes.steads.values()])
    inner_ids = {row.inner_id for row in values}
    planned = plan(reads, standing, wishes, seen=_seen(session, import_id, inner_ids, rows[0].number))
    unknown = {p.owner_name for p in planned if p.owner_name and p.owner is None}
    ready = readier(ROWS, FILLED, session.get_bind().dialect, short_json)
    compared = [(*ready(_row(p)), row.id) for row, p in zip(rows, planned, strict=True)]
    return Compared(compared, frozenset(unknown))


def _read(raw: RawRow, mapping: Sequence[str], defaults: Mapping[str, str]) -> ReadRow:
    """A row as values or problems; the example of the template is none."""
    if is_example(raw.cells, mapping):
        return ReadRow(raw.number, label=EXAMPLE["name_zh"], problems=[IS_EXAMPLE])
    return read_row(raw, mapping, defaults=defaults)


def next_rows(session: Session, import_id: int, at_once: int) -> Sequence[Any]:
    """The next staged rows that have no fate."""
    columns = (ImportedRow.id, ImportedRow.number, ImportedRow.cells, ImportedRow.wrong, ImportedRow.unreadable)
    waiting = select(*columns).where(ImportedRow.import_id == import_id, ImportedRow.fate.is_(None))
    return session.execute(waiting.order_by(ImportedRow.number).limit(at_once)).all()


def defaults_of(session: Session, found: Import) -> dict[str, str]:
    """What the rows of an import for one organisation need not say."""
    owner = session.get(Organisation, found.organisation_id) if found.organisation_id else None
    return {"institution": owner.name_zh} if owner else {}


def raw_of(row: Any) -> RawRow:
    """The row as it was read from the file."""
    wrong = {int(index): why for index, why in row.wrong.items()}
    return RawRow(row.number, row.cells, wrong, problem_in(row.unreadable) if row.unreadable else None)


def _seen(session: Session, import_id: int, inner_ids: set[str], before: int) -> Seen:
    """The rows before this one that name the same records, by owner and number."""
    earlier = (
        select(ImportedRow.organisation_id, ImportedRow.inner_id, func.min(ImportedRow.number))
        .where(
            ImportedRow.import_id == import_id,
            ImportedRow.number < before,
            ImportedRow.fate.is_not(None),
            ImportedRow.organisation_id.is_not(None),
            ImportedRow.inner_id.in_(inner_ids),
        )
        .group_by(ImportedRow.organisation_id, ImportedRow.inner_id)
    )
    return {(str(owner_id), inner_id or ""): number for owner_id, inner_id, number in session.execute(earlier)}


def _row(planned: Planned) -> dict[str, Any]:
    """The columns of the staging table that the comparison fills."""
    read, writes = planned.read, planned.fate in {Fate.CREATED, Fate.UPDATED}
    instrument = planned.instrument if planned.fate != Fate.REFUSED else None
    return {
        "fate": planned.fate,
        "label": read.label[:300],
        "organisation_id": planned.owner.id if planned.owner else None,
        "inner_id": read.values.inner_id if read.values and planned.owner else None,
        "instrument_id": instrument.id if instrument else None,
        "seen_version": instrument.version if instrument else 0,
        "changes": _changes(planned) if writes else {},
        "problems": [said(problem) for problem in read.problems],
        "notes": [said(note) for note in read.notes],
    }


def _changes(planned: Planned) -> dict[str, Any]:
    """Field by field what was before and what comes after, as JSON."""
    row = planned.read.values
    assert row is not None
    after: dict[str, Any] = {**planned.values, **planned.policy}
    if planned.unit:
        after |= {"unit": planned.unit, "unit_en": row.unit_en}
    if planned.hours is not None:
        after["opening_hours"] = write_hours(planned.hours)
    if planned.fate == Fate.CREATED:
        after["lanes"] = row.lanes
    before, new = plain(planned.before), plain(after)
    return {name: [before.get(name), value] for name, value in new.items()}


def store_compared(session: Session, leased: Leased, compared: Compared, *, now: datetime) -> Leased:
    """Keep the fates of some rows."""
    found = held(session, leased)
    update_rows(session, ROWS, compared.columns, compared.rows)
    found.rows_compared += len(compared.rows)
    found.unknown_owners = sorted({*found.unknown_owners, *compared.unknown})[:MOST_STEADS]
    return renewed(found, now=now)


def finish_comparing(session: Session, leased: Leased) -> None:
    """Every row has a fate; people look at it."""
    found = held(session, leased)
    count(session, found)
    found.state, found.leased_until = ImportState.COMPARED, None


def count(session: Session, found: Import) -> None:
    """Note how many rows had which fate."""
    counted = select(ImportedRow.fate, func.count()).where(ImportedRow.import_id == found.id)
    fates: Counter[Any] = Counter(dict(session.execute(counted.group_by(ImportedRow.fate)).all()))
    for fate in Fate:
        setattr(found, f"{fate.value}_count", fates[fate])


def writes_of(session: Session, import_id: int) -> list[Write]:
    """What the rows of the dry run would write."""
    columns = ("number", "fate", "organisation_id", "inner_id", "instrument_id", "seen_version", "changes")
    wanted = select(*(ROWS.c[name] for name in columns)).where(
        ROWS.c.import_id == import_id, ROWS.c.fate.in_({Fate.CREATED, Fate.UPDATED})
    )
    return [_write(row) for row in session.execute(wanted.order_by(ROWS.c.number))]


def _write(row: Any) -> Write:
    """One staged row as what it writes."""
    after = {name: change[1] for name, change in row.changes.items()}
    before = {name: change[0] for name, change in row.changes.items()}
    hours = after.get("opening_hours")
    return Write(
        number=row.number,
        organisation_id=row.organisation_id or 0,
        inner_id=row.inner_id or "",
        instrument_id=row.instrument_id if row.fate == Fate.UPDATED else None,
        seen_version=row.seen_version,
        values=_typed({name: value for name, value in after.items() if name not in NOT_VALUES}),
        policy={name: value for name, value in after.items() if name in POLICY_COLUMNS},
        hours=read_hours(hours) if hours is not None else None,
        unit=after.get("unit") or "",
        unit_en=after.get("unit_en") or "",
        lanes=after.get("lanes") or 1,
        before=_typed(before) if row.fate == Fate.UPDATED else {},
    )


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON values as columns take them: days are days."""
    return {
        name: date.fromisoformat(value) if name in DAYS and isinstance(value, str) else value
        for name, value in values.items()
    }
