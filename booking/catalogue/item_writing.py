"""Writing imported test items, set by set, in the caller's one transaction; taking them back is writing them reversed.

Items of a published record wait for reviewers, like those that are typed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.catalogue.changes import plain, refresh_listing
from booking.catalogue.forms import TestItemForm
from booking.catalogue.import_holding import open_rounds, tell
from booking.catalogue.import_preparing import INSTRUMENTS, ROUND, ROUNDS
from booking.catalogue.import_standing import chunks
from booking.catalogue.item_planning import ITEMS, TOO_MANY, items_of, matching
from booking.catalogue.rounds import close, note_editors, start_over
from booking.catalogue.test_items import MOST_ITEMS
from booking.catalogue.waiting_items import public_values, values_of, with_waiting_items
from booking.core.actors import Actor
from booking.core.errors import Problem
from booking.core.texts import N_
from booking.database.bulk import columns_of, insert_rows, readier, update_rows
from models.catalogue import Instrument
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.publishing import RoundState

NEW = tuple(columns_of(ITEMS, without=("id",)))
VALUES = tuple(TestItemForm.model_fields)
STALE = Problem("", N_("检测项目在试运行之后有了变化，没有写入；请重新试运行。"))


@dataclass(frozen=True, slots=True)
class ItemWrite:
    """An item to add (nothing before), to change, or to take off (nothing after); known again by name and standard."""

    number: int
    organisation_id: int
    instrument_id: int
    key: tuple[str, str, str]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    def reversed(self) -> "ItemWrite":
        """What takes it back."""
        return replace(self, before=self.after, after=self.before)


@dataclass(slots=True)
class Written:
    """Which rows were not written and why, and how many items were added, changed and taken off."""

    refused: dict[int, Problem] = field(default_factory=dict)
    added: int = 0
    changed: int = 0
    removed: int = 0


@dataclass(slots=True)
class _Work:
    """The statements to come: rows to add, values and waiting values to set, ids to delete, entries of the log."""

    added: list[dict[str, Any]] = field(default_factory=list)
    given: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    proposed: list[tuple[int, dict[str, Any] | None]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    facts: dict[str, list[Changed]] = field(default_factory=lambda: defaultdict(list))
    listed: set[int] = field(default_factory=set)

    @property
    def concerned(self) -> set[int]:
        """The records of which something changes."""
        return {change.subject_id for changes in self.facts.values() for change in changes}


def write_items(
    session: Session, writes: Sequence[ItemWrite], *, actor: Actor | None, now: datetime, reason: str
) -> Written:
    """Write what still fits, each item with its row of the audit log; the others are refused."""
    records = _locked(session, {write.instrument_id for write in writes})
    items, work, done = items_of(session, records), _Work(), Written()
    counts = {number: len(found) for number, found in items.items()}
    last = {number: max(item.position for item in found) for number, found in items.items()}
    for write in writes:
        record = records.get(write.instrument_id)
        found = matching(items.get(write.instrument_id, ()), *write.key)
        if record is None or record.organisation_id != write.organisation_id or not _fits(write, found):
            done.refused[write.number] = STALE
        elif write.before is not None:
            _change(work, done, record, found[0], write)
        elif counts.get(record.id, 0) >= MOST_ITEMS:
            done.refused[write.number] = TOO_MANY
        else:
            counts[record.id], last[record.id] = counts.get(record.id, 0) + 1, last.get(record.id, 0) + 1
            _add(work, done, record, write, last[record.id])
    _store(session, work)
    concerned = {number: record for number, record in records.items() if number in work.concerned}
    _note(session, work, concerned, actor=actor, now=now, reason=reason)
    return done


def _locked(session: Session, ids: set[int]) -> dict[int, Row[Any]]:
    """The records as they are now, locked."""
    found: dict[int, Row[Any]] = {}
    columns = select(Instrument.id, Instrument.organisation_id, Instrument.version, Instrument.publishing_state)
    for chunk in chunks(ids):
        rows = session.execute(columns.where(Instrument.id.in_(chunk)).order_by(Instrument.id).with_for_update())
        found |= {row.id: row for row in rows}
    return found


def _fits(write: ItemWrite, found: Sequence[Row[Any]]) -> bool:
    """Whether the item is still as it was seen: absent, or saying the same."""
    if write.before is None:
        return not found
    if len(found) != 1:
        return False
    current = values_of(found[0])
    return all(current[name] == value for name, value in write.before.items())


def _add(work: _Work, done: Written, record: Row[Any], write: ItemWrite, position: int) -> None:
    """A new item behind the others; of a published record it waits."""
    values, is_held = _typed(write.after or {}), record.publishing_state == PublishingState.PUBLISHED
    work.added.append({"instrument_id": record.id, "position": position, "is_held": is_held, **values})
    work.facts[_fact("added", is_held)].append(Changed(record.id, {}, plain(values)))
    done.added += 1


def _change(work: _Work, done: Written, record: Row[Any], item: Row[Any], write: ItemWrite) -> None:
    """New values of an item, which wait where the record is published; or the item goes."""
    current, is_published = values_of(item), record.publishing_state == PublishingState.PUBLISHED
    if write.after is None:
        work.removed.append(item.id)
        work.facts["test_item_removed"].append(Changed(record.id, plain(current), {}))
        if is_published and not item.is_held:
            work.listed.add(record.id)
        done.removed += 1
        return
    new = _typed({**current, **write.after})
    if is_published and not item.is_held:
        waiting = TestItemForm(**new).model_dump(mode="json")
        work.proposed.append((item.id, None if new == public_values(item) else waiting))
    else:
        work.given.append((item.id, new))
    after = {name: new[name] for name in write.after}
    change = Changed(record.id, plain({name: current[name] for name in after}), plain(after))
    work.facts[_fact("edited", is_published)].append(change)
    done.changed += 1


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """All values of an item as its columns take them."""
    return TestItemForm(**values).model_dump()


def _fact(fact: str, is_held: bool) -> str:
    """What the audit log says happened."""
    return "test_item_held_for_review" if is_held else f"test_item_{fact}"


def _store(session: Session, work: _Work) -> None:
    """A statement for each kind of change."""
    dialect = session.get_bind().dialect
    new, values, proposed = (readier(ITEMS, names, dialect) for names in (NEW, VALUES, ("proposed",)))
    insert_rows(session, ITEMS, NEW, [new(row) for row in work.added])
    update_rows(session, ITEMS, VALUES, [(*values(row), item_id) for item_id, row in work.given])
    waiting = [(*proposed({"proposed": row}), item_id) for item_id, row in work.proposed]
    update_rows(session, ITEMS, ("proposed",), waiting)
    for chunk in chunks(work.removed):
        session.execute(delete(ITEMS).where(ITEMS.c.id.in_(chunk)))


def _note(
    session: Session, work: _Work, records: Mapping[int, Row[Any]], *, actor: Actor | None, now: datetime, reason: str
) -> None:
    """New versions of the records, their rounds and editors, their rows in the log, and what the search says."""
    dialect, ids = session.get_bind().dialect, sorted(records)
    moment = readier(INSTRUMENTS, ("updated_at",), dialect)({"updated_at": now})
    update_rows(session, INSTRUMENTS, ("version", "updated_at"), [(records[n].version + 1, *moment, n) for n in ids])
    note_editors(session, ids, actor, now=now)
    _settle(session, records, actor=actor, now=now)
    for fact, changes in work.facts.items():
        audit.note_all(session, f"catalogue.{fact}", "instrument", changes, actor=actor, now=now, reason=reason)
    if work.listed:
        refresh_listing(session, work.listed)


def _settle(session: Session, records: Mapping[int, Row[Any]], *, actor: Actor | None, now: datetime) -> None:
    """Let the rounds say what waits: they open, start over, or have nothing left; each institution is told once."""
    rounds = open_rounds(session, list(records))
    published = [n for n, record in records.items() if record.publishing_state == PublishingState.PUBLISHED]
    left = {n for chunk in chunks(published) for n in with_waiting_items(session, chunk)}
    for number, waiting in rounds.items():
        if number not in published or number in left or waiting.proposed or waiting.notes:
            start_over(session, waiting, now=now)
        else:
            close(session, waiting, RoundState.WITHDRAWN, actor=actor, now=now)
    opened = [number for number in published if number in left and number not in rounds]
    same = {"is_update": True, "opened_at": now, "opened_by_id": actor.id if actor else None, "changed_at": now}
    row = readier(ROUNDS, ROUND[1:], session.get_bind().dialect)({**same, "proposed": {}, "notes": []})
    insert_rows(session, ROUNDS, ROUND, [(number, *row) for number in opened])
    tell(session, opened, now=now)
