"""Imports of test items: compared, written and taken back by the same steps as those of records."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.catalogue.changes import plain
from booking.catalogue.item_planning import Earlier, PlannedItem, plan_items, standing_items
from booking.catalogue.item_reading import ReadItem, read_item
from booking.catalogue.item_writing import ItemWrite, Written, write_items
from booking.core.actors import Actor, Reach
from booking.core.errors import Problem
from booking.database.bulk import readier, short_json
from booking.imports.applying import OUT_OF_REACH, Work, foreign_of, reach_of, settle_applied, settle_undone
from booking.imports.rules import COMPARE_CHUNK, said
from booking.imports.staging import FILLED, ROWS, Compared, Leased, defaults_of, held, next_rows, raw_of, wishes_of
from models.imports import Import, ImportedRow
from models.vocabulary.imports import RowFate as Fate

WRITTEN = (Fate.CREATED, Fate.UPDATED)


def compare(session: Session, import_id: int, within: Reach, at_once: int = COMPARE_CHUNK) -> Compared:
    """The fates of the next rows that have none; reads only."""
    found, rows = session.get_one(Import, import_id), next_rows(session, import_id, at_once)
    if not rows:
        return Compared()
    reads = _read(session, found, rows)
    wishes = wishes_of(found, within)
    values = [read.values for read in reads if read.values is not None]
    standing = standing_items(session, values, [stead.organisation_id for stead in wishes.steads.values()])
    planned = plan_items(reads, standing, wishes, _earlier(session, import_id, rows[0].number))
    unknown = {one.owner_name for one in planned if one.owner_name and one.owner is None}
    ready = readier(ROWS, FILLED, session.get_bind().dialect, short_json)
    compared = [(*ready(_row(one)), row.id) for row, one in zip(rows, planned, strict=True)]
    return Compared(compared, frozenset(unknown))


def _read(session: Session, found: Import, rows: Sequence[Any]) -> list[ReadItem]:
    """Staged rows as test items."""
    defaults = defaults_of(session, found)
    return [read_item(raw_of(row), found.mapping, defaults) for row in rows]


def _earlier(session: Session, import_id: int, before: int) -> Earlier:
    """What the rows before this one mean and add."""
    named = (ImportedRow.instrument_id, ImportedRow.inner_id, ImportedRow.label)
    taken = (
        ImportedRow.import_id == import_id,
        ImportedRow.number < before,
        ImportedRow.fate.is_not(None),
        ImportedRow.instrument_id.is_not(None),
    )
    first = select(*named, func.min(ImportedRow.number)).where(*taken).group_by(*named)
    rows = {(number, inner_id or "", label): row for number, inner_id, label, row in session.execute(first) if number}
    added = select(ImportedRow.instrument_id, func.count()).where(*taken, ImportedRow.fate == Fate.CREATED)
    counted = session.execute(added.group_by(ImportedRow.instrument_id))
    return Earlier(rows, {number: count for number, count in counted if number})


def _row(planned: PlannedItem) -> dict[str, Any]:
    """The columns of the staging table that the comparison fills."""
    read, is_written = planned.read, planned.fate in WRITTEN
    before, after = plain(planned.before), plain(planned.after)
    return {
        "fate": planned.fate,
        "label": read.label,
        "organisation_id": planned.owner.id if planned.owner else None,
        "inner_id": read.values.inner_id if read.values and planned.owner else None,
        "instrument_id": planned.instrument_id if planned.fate != Fate.REFUSED else None,
        "seen_version": 0,
        "changes": {name: [before.get(name), value] for name, value in after.items()} if is_written else {},
        "problems": [said(problem) for problem in read.problems],
        "notes": [],
    }


def writes_of(session: Session, import_id: int) -> list[ItemWrite]:
    """What the rows of the dry run would write."""
    found = session.get_one(Import, import_id)
    wanted = select(ROWS).where(ROWS.c.import_id == import_id, ROWS.c.fate.in_(WRITTEN)).order_by(ROWS.c.number)
    rows = session.execute(wanted).all()
    reads = _read(session, found, rows)
    return [_write(row, read) for row, read in zip(rows, reads, strict=True) if read.values is not None]


def _write(row: Any, read: ReadItem) -> ItemWrite:
    """One staged row as what it writes."""
    values = read.values
    assert values is not None
    before = {name: change[0] for name, change in row.changes.items()}
    return ItemWrite(
        number=row.number,
        organisation_id=row.organisation_id or 0,
        instrument_id=row.instrument_id or 0,
        key=(values.name_zh, values.name_en, values.standard),
        before=before if row.fate == Fate.UPDATED else None,
        after={name: change[1] for name, change in row.changes.items()},
    )


def ready_to_apply(session: Session, import_id: int, *, actor: Actor | None, now: datetime) -> Work:
    """What writes the rows of the dry run, once it is locked."""
    writes = writes_of(session, import_id)
    return lambda session, leased: apply_staged(session, leased, writes, actor=actor, now=now)


def ready_to_undo(session: Session, import_id: int, *, actor: Actor | None, now: datetime) -> Work:
    """What takes the rows back."""
    writes = writes_of(session, import_id)
    return lambda session, leased: undo_staged(session, leased, writes, actor=actor, now=now)


def apply_staged(
    session: Session, leased: Leased, writes: Sequence[ItemWrite], *, actor: Actor | None, now: datetime
) -> None:
    """Write the dry run's rows that still fit; the others are refused, with the reason."""
    found = held(session, leased)
    done, refused = _written(session, found, writes, actor=actor, now=now)
    counts = {"created": done.added, "updated": done.changed}
    settle_applied(session, found, refused, counts, actor=actor, now=now)


def undo_staged(
    session: Session, leased: Leased, writes: Sequence[ItemWrite], *, actor: Actor | None, now: datetime
) -> None:
    """Take back what was written; what stays is kept with its reason."""
    found = held(session, leased)
    back = [write.reversed() for write in writes]
    done, kept = _written(session, found, back, actor=actor, now=now)
    settle_undone(session, found, kept, {"restored": done.changed, "removed": done.removed}, actor=actor, now=now)


def _written(
    session: Session, found: Import, writes: Sequence[ItemWrite], *, actor: Actor | None, now: datetime
) -> tuple[Written, Mapping[int, Problem]]:
    """What was written of the rows within reach, and why the others were not."""
    foreign = foreign_of(writes, reach_of(actor))
    allowed = [write for write in writes if write.number not in foreign]
    done = write_items(session, allowed, actor=actor, now=now, reason=f"import {found.id}")
    return done, done.refused | dict.fromkeys(foreign, OUT_OF_REACH)
