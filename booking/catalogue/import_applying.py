"""Writing what an import decided: set by set, in the caller's one transaction."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.catalogue.changes import refresh_listing
from booking.catalogue.import_holding import Waiting, hold_back_all, open_rounds
from booking.catalogue.import_preparing import (
    HOUR,
    HOURS,
    INSTRUMENTS,
    POLICIES,
    POLICY,
    RECORD,
    TABLES,
    Aside,
    Key,
    Prepared,
    Ready,
    Write,
    prepare,
)
from booking.catalogue.import_standing import chunks
from booking.catalogue.listing import NEVER_LISTED
from booking.catalogue.review_rules import HELD_BACK
from booking.catalogue.rounds import note_editors
from booking.catalogue.rules import Hours
from booking.core.actors import Actor
from booking.database.bulk import Row, among, insert_rows, new_ids, readier, update_rows
from models.catalogue import Instrument
from models.directory import Unit
from models.vocabulary.catalogue import PublishingState

GROUPS, LANES, LINKS = (TABLES[name] for name in ("lane_groups", "lanes", "instrument_lane_groups"))


@dataclass(frozen=True, slots=True)
class Applied:
    """What was made, and the rows whose record was no longer what had been seen."""

    stale: frozenset[int]
    unit_ids: list[int]
    created: int
    updated: int


def apply(session: Session, prepared: Prepared, *, is_reviewed: bool = False) -> Applied:
    """Write what still fits, each record with its row of the audit log; the search is refreshed once.

    Texts of published records wait aside for their review, unless the command line says they need none.
    """
    standing = locked(session, prepared.writes)
    stale = frozenset(write.number for write in prepared.writes if not _fits(write, standing))
    fitting = prepared.without(stale)
    units, made = _units(session, fitting)
    created = [write for write in fitting.writes if write.instrument_id is None]
    updated = [write for write in fitting.writes if write.instrument_id is not None]
    entries = {write.number: prepared.ready[write.number].entry for write in fitting.writes}
    if not is_reviewed and (seen := [write for write in updated if _is_reviewed(write, standing)]):
        rest, of_rest = _hold_back(session, fitting, seen, standing)
        updated = [write for write in updated if write.number not in of_rest] + rest
        entries |= of_rest
    ids = _create(session, created, [prepared.ready[write.number] for write in created], units)
    changed = [write.instrument_id or 0 for write in updated]
    note_editors(session, [*ids, *changed], prepared.actor, now=prepared.now)
    _update(session, updated, units, now=prepared.now)
    subjects = zip([*ids, *changed], [*created, *updated], strict=True)
    audit.insert_entries(session, [(key, entries[write.number]) for key, write in subjects])
    listed = [key for key, write in zip(ids, created, strict=True) if write.publishes]
    listed += [key for key, write in zip(changed, updated, strict=True) if _shows(write, standing)]
    refresh_listing(session, listed)
    return Applied(stale, made, len(created), len(updated))


def _is_reviewed(write: Write, standing: Mapping[Key, "Standing"]) -> bool:
    """Whether the change concerns reviewers: texts of a published record, or anything of one that they read now."""
    state = standing[write.key].state
    is_held = state == PublishingState.PUBLISHED and not write.values.keys().isdisjoint(HELD_BACK)
    return is_held or state == PublishingState.IN_REVIEW


def _hold_back(
    session: Session, prepared: Prepared, writes: Sequence[Write], standing: Mapping[Key, "Standing"]
) -> tuple[list[Write], dict[int, Row]]:
    """Put aside what needs review; what is left to write, and its audit entries by number.

    Where nothing waits yet, all of it is ready. The rest is worked out in copies, because the engine may ask to
    begin again.
    """
    rounds = open_rounds(session, [standing[write.key].id for write in writes])
    aside: dict[int, Aside] = {}
    others = []
    for write in writes:
        found, ready = standing[write.key], prepared.ready[write.number].aside
        if ready is not None and found.state == PublishingState.PUBLISHED and found.id not in rounds:
            aside[found.id] = ready
        else:
            others.append(replace(write, values=dict(write.values), before=dict(write.before)))
    waiting = [Waiting(standing[w.key].id, standing[w.key].state, w.values, w.before) for w in others]
    hold_back_all(session, waiting, rounds, aside, actor=prepared.actor, now=prepared.now)
    dialect = session.get_bind().dialect
    rest = prepare(others, dialect, actor=prepared.actor, now=prepared.now, reason=prepared.reason)
    entries = {number: ready.entry for number, ready in rest.ready.items()}
    entries |= {ready.rest.number: ready.entry for ready in aside.values()}
    return [*others, *(ready.rest for ready in aside.values())], entries


@dataclass(frozen=True, slots=True)
class Standing:
    """A record as it is under the lock."""

    id: int
    version: int
    state: PublishingState
    created_at: datetime


def locked(session: Session, writes: Sequence[Write]) -> dict[Key, Standing]:
    """The records that the writes name, locked; who books one meanwhile does not wait for it (no key changes)."""
    columns = (Instrument.organisation_id, Instrument.inner_id, Instrument.id, Instrument.version)
    found: dict[Key, Standing] = {}
    for owner_id, inner_ids in _by_owner(write.key for write in writes).items():
        named = select(*columns, Instrument.publishing_state, Instrument.created_at).where(
            Instrument.organisation_id == owner_id, among(session, INSTRUMENTS.c.inner_id, inner_ids)
        )
        for owner, inner_id, key, version, state, created_at in session.execute(named.with_for_update(key_share=True)):
            found[owner, inner_id or ""] = Standing(key, version, state, created_at)
    return found


def _by_owner(keys: Iterable[Key]) -> dict[int, set[str]]:
    """The inner ids by organisation."""
    found: dict[int, set[str]] = defaultdict(set)
    for owner_id, inner_id in keys:
        found[owner_id].add(inner_id)
    return found


def _fits(write: Write, standing: Mapping[Key, Standing]) -> bool:
    """Whether the record is still as it was seen: absent, or at the same version."""
    now = standing.get(write.key)
    if write.instrument_id is None:
        return now is None
    return now is not None and (now.id, now.version) == (write.instrument_id, write.seen_version)


def _shows(write: Write, standing: Mapping[Key, Standing]) -> bool:
    """Whether what the search knows of the record is, or is to be, another thing."""
    is_listed = standing[write.key].state == PublishingState.PUBLISHED
    is_told = bool(write.values.keys() - NEVER_LISTED or write.unit or write.hours is not None)
    return write.publishes or (is_listed and is_told)


def bring_back(session: Session, unit_ids: Collection[int], *, actor: Actor | None, now: datetime, reason: str) -> None:
    """Units in which records stand again are there again, though they were removed; locked, so that none goes now."""
    if unit_ids:
        these = Unit.id.in_(unit_ids)
        session.execute(select(Unit.id).where(these).order_by(Unit.id).with_for_update(read=True, key_share=True))
        removed = update(Unit).where(these, Unit.removed_at.is_not(None))
        named = Unit.id, Unit.organisation_id, Unit.name_zh
        back = session.execute(removed.values(removed_at=None, version=Unit.version + 1).returning(*named)).all()
        changes = [Changed(key, {}, {"organisation_id": owner_id, "name_zh": name}) for key, owner_id, name in back]
        audit.note_all(session, "directory.unit_added", "unit", changes, actor=actor, now=now, reason=reason)


def _units(session: Session, prepared: Prepared) -> tuple[dict[tuple[int, str], int], list[int]]:
    """The units that the writes name, by owner and name, and the ids of those made for them.

    One that was removed is back when a table names it again.
    """
    wanted = {(write.organisation_id, write.unit): write.unit_en for write in prepared.writes if write.unit}
    known: dict[tuple[int, str], int] = {}
    for owner_id in {owner_id for owner_id, _ in wanted}:
        for unit_id, name in session.execute(select(Unit.id, Unit.name_zh).where(Unit.organisation_id == owner_id)):
            known[owner_id, name] = unit_id
    missing = {key: name_en for key, name_en in wanted.items() if key not in known}
    made = [Unit(organisation_id=key[0], name_zh=key[1], name_en=name_en) for key, name_en in missing.items()]
    session.add_all(made)
    session.flush()
    told: dict[str, Any] = {"actor": prepared.actor, "now": prepared.now, "reason": prepared.reason}
    bring_back(session, [known[key] for key in wanted if key in known], **told)
    return known | {(unit.organisation_id, unit.name_zh): unit.id for unit in made}, [unit.id for unit in made]


def _create(
    session: Session, created: Sequence[Write], ready: Sequence[Ready], units: Mapping[tuple[int, str], int]
) -> Sequence[int]:
    """Insert records with their lanes, policies and hours, a few statements for all of them; their ids."""
    if not created:
        return []
    ids = new_ids(session, INSTRUMENTS, len(created))
    stands_in = [units.get((write.organisation_id, write.unit)) for write in created]
    records = [(key, unit_id, *one.record) for key, unit_id, one in zip(ids, stands_in, ready, strict=True)]
    insert_rows(session, INSTRUMENTS, RECORD, records)
    _create_lanes(session, ids, created)
    insert_rows(session, POLICIES, POLICY, [(key, *one.policy) for key, one in zip(ids, ready, strict=True)])
    hours = [(key, *row) for key, one in zip(ids, ready, strict=True) for row in one.hours]
    insert_rows(session, HOURS, HOUR, hours)
    return ids


def _create_lanes(session: Session, ids: Sequence[int], created: Sequence[Write]) -> None:
    """An own lane group for each record, with as many positions as its row says."""
    groups = new_ids(session, GROUPS, len(ids))
    own = [(group, write.organisation_id, key, "") for group, key, write in zip(groups, ids, created, strict=True)]
    insert_rows(session, GROUPS, ("id", "organisation_id", "own_instrument_id", "name"), own)
    places = zip(groups, created, strict=True)
    lanes = [(group, position) for group, write in places for position in range(1, write.lanes + 1)]
    insert_rows(session, LANES, ("lane_group_id", "position"), lanes)
    insert_rows(session, LINKS, ("instrument_id", "lane_group_id"), list(zip(ids, groups, strict=True)))


def _update(session: Session, updated: Sequence[Write], units: Mapping[tuple[int, str], int], *, now: datetime) -> None:
    """Set what differs on standing records, those with the same changed columns together."""
    rows = []
    for write in updated:
        values = {**write.values, "version": write.seen_version + 1, "updated_at": now}
        if write.unit:
            values["unit_id"] = units[write.organisation_id, write.unit]
        if write.publishes:
            values |= {"publishing_state": PublishingState.PUBLISHED, "cleared_at": now}
        rows.append((write.instrument_id or 0, values))
    set_columns(session, "instruments", rows)
    set_columns(session, "booking_policies", [(write.instrument_id or 0, write.policy) for write in updated])
    _first_published(session, [write.instrument_id or 0 for write in updated if write.publishes], now=now)
    replace_hours(session, {write.instrument_id or 0: write.hours for write in updated if write.hours is not None})


def _first_published(session: Session, ids: Sequence[int], *, now: datetime) -> None:
    """Remember since when records are public that never were."""
    for chunk in chunks(ids):
        never = INSTRUMENTS.c.id.in_(chunk), INSTRUMENTS.c.first_published_at.is_(None)
        session.execute(update(INSTRUMENTS).where(*never).values(first_published_at=now))


def set_columns(session: Session, table: str, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """Update rows of a table by their key, one statement for each set of columns."""
    found, dialect = TABLES[table], session.get_bind().dialect
    key = next(iter(found.primary_key.columns)).name
    sets: dict[frozenset[str], list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
    for row_id, values in rows:
        if values:
            sets[frozenset(values)].append((row_id, values))
    for names, alike in sets.items():
        columns = sorted(names)
        ready = readier(found, columns, dialect)
        update_rows(session, found, columns, [(*ready(values), row_id) for row_id, values in alike], key=key)


def replace_hours(session: Session, hours: Mapping[int, Sequence[Hours]]) -> None:
    """Give instruments these opening hours instead of those they have."""
    for chunk in chunks(hours):
        session.execute(delete(HOURS).where(HOURS.c.instrument_id.in_(chunk)))
    rows = [(key, h.weekday, h.opens_minute, h.closes_minute) for key, found in hours.items() for h in found]
    insert_rows(session, HOURS, HOUR, rows)
