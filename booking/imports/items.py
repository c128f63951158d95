"""Imports of test items: compared, written and taken back by the same steps as those of records."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue.changes import plain
from booking.catalogue.import_standing import chunks
from booking.catalogue.item_planning import Earlier, PlannedItem, plan_items, standing_items
from booking.catalogue.item_reading import ReadItem, read_item
from booking.catalogue.item_writing import ItemWrite, PreparedItems, prepare_items, write_items
from booking.core.actors import Actor, Reach
from booking.core.errors import Problem
from booking.core.table_files import RawRow
from booking.core.texts import N_
from booking.database.bulk import readier, short_json
from booking.imports.applying import OUT_OF_REACH, Work, foreign_of, reach_of, settle_applied, settle_undone
from booking.imports.rules import COMPARE_CHUNK, IS_EXAMPLE, ITEM_EXAMPLE, is_example, said
from booking.imports.staging import FILLED, ROWS, Compared, Leased, defaults_of, held, next_rows, raw_of, wishes_of
from models.imports import Import
from models.vocabulary.imports import ImportKind
from models.vocabulary.imports import RowFate as Fate

WRITTEN = (Fate.CREATED, Fate.UPDATED)
CHANGED = Problem("", N_("检测项目在导入之后被修改过，没有撤销。"))


def compare(session: Session, import_id: int, within: Reach, at_once: int = COMPARE_CHUNK) -> Compared:
    """The fates of the next rows that have none; reads only."""
    found, rows = session.get_one(Import, import_id), next_rows(session, import_id, at_once)
    if not rows:
        return Compared()
    reads = _read(session, found, rows)
    wishes = wishes_of(found, within)
    values = [read.values for read in reads if read.values is not None]
    standing = standing_items(session, values, [stead.organisation_id for stead in wishes.steads.values()])
    earlier = _earlier(session, import_id, rows[0].number, standing.instruments.values())
    planned = plan_items(reads, standing, wishes, earlier)
    unknown = {one.owner_name for one in planned if one.owner_name and one.owner is None}
    ready = readier(ROWS, (*FILLED, "test_item_id"), session.get_bind().dialect, short_json)
    compared = [(*ready(_row(one)), row.id) for row, one in zip(rows, planned, strict=True)]
    return Compared(compared, frozenset(unknown), (*FILLED, "test_item_id"))


def _read(session: Session, found: Import, rows: Sequence[Any]) -> list[ReadItem]:
    """Staged rows as test items."""
    defaults = defaults_of(session, found)
    return [_read_one(raw_of(row), found.mapping, defaults) for row in rows]


def _read_one(raw: RawRow, mapping: Sequence[str], defaults: Mapping[str, str]) -> ReadItem:
    """A row as values or problems; the example of the template is none."""
    if is_example(raw.cells, mapping, ImportKind.TEST_ITEMS):
        return ReadItem(raw.number, label=ITEM_EXAMPLE["name_zh"], problems=[IS_EXAMPLE])
    return read_item(raw, mapping, defaults)


def _earlier(session: Session, import_id: int, before: int, instrument_ids: Collection[int]) -> Earlier:
    """What the rows before this one mean of these records, and what they add to them."""
    found = Earlier()
    columns = (ROWS.c.number, ROWS.c.fate, ROWS.c.instrument_id, ROWS.c.test_item_id, ROWS.c.changes)
    taken = select(*columns).where(ROWS.c.import_id == import_id, ROWS.c.number < before, ROWS.c.fate.is_not(None))
    for chunk in chunks(instrument_ids):
        for row in session.execute(taken.where(ROWS.c.instrument_id.in_(chunk)).order_by(ROWS.c.number)):
            if row.fate == Fate.CREATED:
                values = {name: change[1] for name, change in row.changes.items()}
                found.note_new(row.instrument_id, values, row.number)
            elif row.test_item_id is not None:
                found.items[row.test_item_id] = row.number
    return found


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
        "test_item_id": planned.item_id if planned.fate != Fate.REFUSED else None,
        "seen_version": 0,
        "changes": {name: [before.get(name), value] for name, value in after.items()} if is_written else {},
        "problems": [said(problem) for problem in read.problems],
        "notes": [],
    }


def writes_of(session: Session, import_id: int) -> list[ItemWrite]:
    """What the rows of the dry run would write."""
    names = ("number", "fate", "organisation_id", "instrument_id", "test_item_id", "changes")
    wanted = select(*(ROWS.c[name] for name in names)).where(ROWS.c.import_id == import_id, ROWS.c.fate.in_(WRITTEN))
    return [_write(row) for row in session.execute(wanted.order_by(ROWS.c.number))]


def _write(row: Any) -> ItemWrite:
    """One staged row as what it writes."""
    before = {name: change[0] for name, change in row.changes.items()}
    return ItemWrite(
        number=row.number,
        organisation_id=row.organisation_id or 0,
        instrument_id=row.instrument_id or 0,
        item_id=row.test_item_id,
        before=before if row.fate == Fate.UPDATED else None,
        after={name: change[1] for name, change in row.changes.items()},
    )


def ready_to_apply(session: Session, import_id: int, *, actor: Actor | None, now: datetime) -> Work:
    """What writes the rows of the dry run, worked out before anything is locked."""
    writes, reason = writes_of(session, import_id), f"import {import_id}"
    prepared = prepare_items(session, writes, actor=actor, now=now, reason=reason)
    return lambda session, leased: apply_staged(session, leased, writes, prepared)


def ready_to_undo(session: Session, import_id: int, *, actor: Actor | None, now: datetime) -> Work:
    """What takes the rows back, worked out before anything is locked."""
    writes, reason = [write.reversed() for write in writes_of(session, import_id)], f"import {import_id}"
    prepared = prepare_items(session, writes, actor=actor, now=now, reason=reason)
    return lambda session, leased: undo_staged(session, leased, writes, prepared)


def apply_staged(session: Session, leased: Leased, writes: Sequence[ItemWrite], prepared: PreparedItems) -> None:
    """Write the dry run's rows that still fit; the others are refused, with the reason."""
    found = held(session, leased)
    foreign = foreign_of(writes, reach_of(prepared.actor))
    done = write_items(session, prepared.without(foreign))
    refused = done.refused | dict.fromkeys(foreign, OUT_OF_REACH)
    counts = {"created": done.added, "updated": done.changed}
    settle_applied(session, found, refused, counts, actor=prepared.actor, now=prepared.now)


def undo_staged(session: Session, leased: Leased, writes: Sequence[ItemWrite], prepared: PreparedItems) -> None:
    """Take back what was written; what stays is kept with its reason."""
    found = held(session, leased)
    foreign = foreign_of(writes, reach_of(prepared.actor))
    done = write_items(session, prepared.without(foreign))
    kept = dict.fromkeys(done.refused, CHANGED) | dict.fromkeys(foreign, OUT_OF_REACH)
    counts = {"restored": done.changed, "removed": done.removed}
    settle_undone(session, found, kept, counts, actor=prepared.actor, now=prepared.now)
