"""Writing imported test items, set by set, in one transaction; taking them back is writing them reversed.

Items of a published record wait for reviewers, like those that are typed. Everything is worked out before the lock is
taken; a record that changes meanwhile is left alone.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, Row, delete, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.catalogue.changes import plain, refresh_listing
from booking.catalogue.forms import TestItemForm
from booking.catalogue.import_holding import open_rounds, tell
from booking.catalogue.import_preparing import INSTRUMENTS, ROUND, ROUNDS
from booking.catalogue.import_standing import chunks
from booking.catalogue.item_planning import ITEMS, TOO_MANY, Known, items_of
from booking.catalogue.rounds import close, note_editors, start_over
from booking.catalogue.test_items import MOST_ITEMS
from booking.catalogue.waiting_items import public_values, with_waiting_items
from booking.core.actors import Actor
from booking.core.errors import Problem
from booking.core.texts import N_
from booking.database import bulk
from booking.database.bulk import columns_of, insert_rows, readier, update_rows
from models.catalogue import Instrument
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.publishing import RoundState

NEW = tuple(columns_of(ITEMS, without=("id",)))
VALUES = tuple(TestItemForm.model_fields)
STALE = Problem("", N_("检测项目在试运行之后有了变化，没有写入；请重新试运行。"))
PUBLISHED = PublishingState.PUBLISHED


@dataclass(frozen=True, slots=True)
class ItemWrite:
    """An item to add (nothing before), to change, or to take off (nothing after).

    A new one has no number yet; it is found again by what it says.
    """

    number: int
    organisation_id: int
    instrument_id: int
    item_id: int | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    def reversed(self) -> "ItemWrite":
        """What takes it back."""
        return replace(self, before=self.after, after=self.before)


@dataclass(frozen=True, slots=True)
class _Ready:
    """One write with its row for the table that it goes to, and its row of the log."""

    write: ItemWrite
    table: str
    row: bulk.Row
    entry: bulk.Row
    is_shown: bool = False


@dataclass(slots=True)
class PreparedItems:
    """Writes that are ready, those that are not and why, and the records and items that all of it rests on."""

    actor: Actor | None
    now: datetime
    records: Mapping[int, Row[Any]]
    items: Mapping[int, Known]
    ready: list[_Ready] = field(default_factory=list)
    refused: dict[int, Problem] = field(default_factory=dict)

    def without(self, numbers: frozenset[int]) -> "PreparedItems":
        """The same but for some rows of the table."""
        kept = [one for one in self.ready if one.write.number not in numbers]
        refused = {number: why for number, why in self.refused.items() if number not in numbers}
        return replace(self, ready=kept, refused=refused)


@dataclass(slots=True)
class Written:
    """Which rows were not written and why, and how many items were added, changed and taken off."""

    refused: dict[int, Problem]
    added: int = 0
    changed: int = 0
    removed: int = 0


def prepare_items(
    session: Session, writes: Sequence[ItemWrite], *, actor: Actor | None, now: datetime, reason: str
) -> PreparedItems:
    """Everything of the writes, as long as their records stay as they are; reads only."""
    ids = {write.instrument_id for write in writes}
    found = PreparedItems(actor, now, _records(session, ids, locks=False), items_of(session, ids))
    entries = _Entries(session.get_bind().dialect, actor=actor, now=now, reason=reason)
    added: dict[int, int] = defaultdict(int)
    for write in writes:
        record, known = found.records.get(write.instrument_id), found.items.get(write.instrument_id, Known())
        why = _hindrance(write, record, known, added[write.instrument_id])
        if record is None or why is not None:
            found.refused[write.number] = why or STALE
        elif write.before is None:
            added[record.id] += 1
            found.ready.append(entries.added(write, record, _last(known) + added[record.id]))
        else:
            item_id = _item_id(write, known) or 0
            found.ready.append(entries.changed(write, record, known.rows[item_id], known.values[item_id]))
    return found


def _hindrance(write: ItemWrite, record: Row[Any] | None, known: Known, added: int) -> Problem | None:
    """Why a write cannot be: the item is not as it was seen (absent, or saying the same), or there are too many."""
    if record is None or record.organisation_id != write.organisation_id:
        return STALE
    if write.before is not None:
        return None if _item_id(write, known) is not None else STALE
    if write.after is None or known.meant(write.after):
        return STALE
    return TOO_MANY if len(known.rows) + added >= MOST_ITEMS else None


def _item_id(write: ItemWrite, known: Known) -> int | None:
    """The item of a write that still says what it said; one that was made is found by all that it said."""
    before = write.before or {}
    candidates = [write.item_id] if write.item_id is not None else known.meant(before)
    for item_id in candidates:
        current = known.values.get(item_id)
        if current is not None and all(current[name] == value for name, value in before.items()):
            return item_id
    return None


def _last(known: Known) -> int:
    """The last position of a record's items."""
    return max((row.position for row in known.rows.values()), default=0)


class _Entries:
    """What makes rows ready: for the items, for what waits of them, and for the log."""

    def __init__(self, dialect: Dialect, *, actor: Actor | None, now: datetime, reason: str) -> None:
        """Everything that all writes agree on."""
        self._new, self._values = readier(ITEMS, NEW, dialect), readier(ITEMS, VALUES, dialect)
        self._proposed = readier(ITEMS, ("proposed",), dialect)
        self._of: dict[str, Callable[[Changed], bulk.Row]] = {
            fact: audit.entries_of(f"catalogue.{fact}", "instrument", dialect, actor=actor, now=now, reason=reason)
            for fact in ("test_item_added", "test_item_edited", "test_item_held_for_review", "test_item_removed")
        }

    def added(self, write: ItemWrite, record: Row[Any], position: int) -> _Ready:
        """A new item behind the others; of a published record it waits."""
        values, is_held = TestItemForm(**dict(write.after or {})).model_dump(), record.publishing_state == PUBLISHED
        row = self._new({"instrument_id": record.id, "position": position, "is_held": is_held, **values})
        return _Ready(write, "new", row, self._entry("added", {}, values, is_held=is_held))

    def changed(self, write: ItemWrite, record: Row[Any], item: Row[Any], current: Mapping[str, Any]) -> _Ready:
        """New values of an item, which wait where the record is published; or the item goes."""
        is_published = record.publishing_state == PUBLISHED
        if write.after is None:
            entry = self._entry("removed", current, {}, is_held=False)
            return _Ready(write, "removed", (item.id,), entry, is_shown=is_published and not item.is_held)
        form = TestItemForm(**{**current, **write.after})
        new = form.model_dump()
        before = {name: current[name] for name in write.after}
        entry = self._entry("edited", before, {name: new[name] for name in write.after}, is_held=is_published)
        if is_published and not item.is_held:
            waiting = None if new == public_values(item) else form.model_dump(mode="json")
            return _Ready(write, "proposed", (*self._proposed({"proposed": waiting}), item.id), entry)
        return _Ready(write, "values", (*self._values(new), item.id), entry)

    def _entry(self, fact: str, before: Mapping[str, Any], after: Mapping[str, Any], *, is_held: bool) -> bulk.Row:
        """The row of the log, all but its subject."""
        name = "test_item_held_for_review" if is_held else f"test_item_{fact}"
        return self._of[name](Changed(0, plain(before), plain(after)))


def write_items(session: Session, prepared: PreparedItems) -> Written:
    """Write what is ready, of the records that are as they were; the others are refused."""
    ids = {one.write.instrument_id for one in prepared.ready}
    records = _records(session, ids, locks=True)
    items = items_of(session, ids)
    same = {n for n in ids if _is_same(n, records, items, prepared)}
    fitting = [one for one in prepared.ready if one.write.instrument_id in same]
    done = Written(dict(prepared.refused))
    done.refused |= {one.write.number: STALE for one in prepared.ready if one.write.instrument_id not in same}
    rows: dict[str, list[bulk.Row]] = defaultdict(list)
    for one in fitting:
        rows[one.table].append(one.row)
    insert_rows(session, ITEMS, NEW, rows["new"])
    update_rows(session, ITEMS, VALUES, rows["values"])
    update_rows(session, ITEMS, ("proposed",), rows["proposed"])
    for chunk in chunks(item_id for (item_id,) in rows["removed"]):
        session.execute(delete(ITEMS).where(ITEMS.c.id.in_(chunk)))
    done.added, done.removed = len(rows["new"]), len(rows["removed"])
    done.changed = len(rows["values"]) + len(rows["proposed"])
    _note(session, fitting, {n: records[n] for n in same}, prepared)
    return done


def _records(session: Session, ids: set[int], *, locks: bool) -> dict[int, Row[Any]]:
    """The records as they are now, locked if they are to be changed, though not for who books them meanwhile."""
    found: dict[int, Row[Any]] = {}
    columns = select(Instrument.id, Instrument.organisation_id, Instrument.version, Instrument.publishing_state)
    for chunk in chunks(ids):
        statement = columns.where(Instrument.id.in_(chunk)).order_by(Instrument.id)
        found |= {
            row.id: row for row in session.execute(statement.with_for_update(key_share=True) if locks else statement)
        }
    return found


def _is_same(number: int, records: Mapping[int, Row[Any]], items: Mapping[int, Known], prepared: PreparedItems) -> bool:
    """Whether a record and its items are as they were when the writes were made ready."""
    now, then = records.get(number), prepared.records.get(number)
    standing, seen = (known[number].rows if number in known else {} for known in (items, prepared.items))
    is_same_record = now is not None and then is not None and tuple(now) == tuple(then)
    return is_same_record and list(map(tuple, standing.values())) == list(map(tuple, seen.values()))


def _note(
    session: Session, fitting: Sequence[_Ready], records: Mapping[int, Row[Any]], prepared: PreparedItems
) -> None:
    """New versions of the records, their rounds and editors, their rows in the log, and what the search says."""
    ids, now = sorted(records), prepared.now
    moment = readier(INSTRUMENTS, ("updated_at",), session.get_bind().dialect)({"updated_at": now})
    update_rows(session, INSTRUMENTS, ("version", "updated_at"), [(records[n].version + 1, *moment, n) for n in ids])
    note_editors(session, ids, prepared.actor, now=now)
    _settle(session, records, actor=prepared.actor, now=now)
    audit.insert_entries(session, [(one.write.instrument_id, one.entry) for one in fitting])
    refresh_listing(session, {one.write.instrument_id for one in fitting if one.is_shown})


def _settle(session: Session, records: Mapping[int, Row[Any]], *, actor: Actor | None, now: datetime) -> None:
    """Let the rounds say what waits: they open, start over, or have nothing left; each institution is told once."""
    rounds = open_rounds(session, list(records))
    published = {n for n, record in records.items() if record.publishing_state == PUBLISHED}
    left = {n for chunk in chunks(published) for n in with_waiting_items(session, chunk)}
    for number, waiting in rounds.items():
        if number not in published or number in left or waiting.proposed or waiting.notes:
            start_over(session, waiting, now=now)
        else:
            close(session, waiting, RoundState.WITHDRAWN, actor=actor, now=now)
    opened = sorted(number for number in left if number not in rounds)
    same = {"is_update": True, "opened_at": now, "opened_by_id": actor.id if actor else None, "changed_at": now}
    row = readier(ROUNDS, ROUND[1:], session.get_bind().dialect)({**same, "proposed": {}, "notes": []})
    insert_rows(session, ROUNDS, ROUND, [(number, *row) for number in opened])
    tell(session, opened, now=now)
