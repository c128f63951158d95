"""Taking an import back: changed records get their former values, created ones go where nothing else needs them.

Imported texts that wait for reviewers are taken out of their rounds; what had waited there before them is not put back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, delete, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.catalogue.changes import plain, refresh_listing
from booking.catalogue.import_applying import (
    GROUPS,
    LANES,
    LINKS,
    Standing,
    bring_back,
    locked,
    replace_hours,
    set_columns,
)
from booking.catalogue.import_holding import Waiting, take_back_all
from booking.catalogue.import_preparing import HOURS, INSTRUMENTS, POLICIES, TABLES, Write
from booking.catalogue.import_standing import chunks
from booking.catalogue.rounds import note_editors
from booking.catalogue.rules import read_hours
from booking.core.actors import Actor
from booking.core.errors import Problem
from booking.core.texts import N_
from models.accounts import Grant
from models.attachments import Attachment
from models.directory import Unit
from models.vocabulary.accounts import ScopeKind
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.catalogue import PublishingState

OWN = {"lane_groups", "instrument_lane_groups", "booking_policies", "opening_hours", "record_editors"}
CHANGED = Problem("", N_("记录在导入之后被修改过，没有撤销。"))
GONE = Problem("", N_("这个编号下已没有导入的那条记录，没有撤销。"))
NEEDED = Problem("", N_("已有预约或其他内容引用这条记录，没有删除。"))
NOT_COLUMNS = {"unit", "unit_en", "opening_hours", "lanes"}


@dataclass(frozen=True, slots=True)
class Undone:
    """Which rows stayed as they were imported and why, and how many records went back or away."""

    kept: Mapping[int, Problem]
    restored: int
    removed: int


def undo(
    session: Session,
    writes: Sequence[Write],
    unit_ids: Sequence[int],
    *,
    applied_at: datetime | None,
    actor: Actor | None,
    now: datetime,
) -> Undone:
    """Take back what was written at `applied_at`; what went, changed since or is needed by others stays."""
    standing = locked(session, writes)
    there = [write for write in writes if _is_written(write, standing.get(write.key), applied_at)]
    kept = dict.fromkeys({write.number for write in writes} - {write.number for write in there}, GONE)
    kept |= {w.number: CHANGED for w in there if standing[w.key].version != w.seen_version + 1}
    fitting = [write for write in there if write.number not in kept]
    created = [write for write in fitting if write.instrument_id is None]
    needed = _needed(session, [standing[write.key].id for write in created])
    kept |= {write.number: NEEDED for write in created if standing[write.key].id in needed}
    removed = [standing[write.key].id for write in created if write.number not in kept]
    updated = [write for write in fitting if write.instrument_id is not None]
    _restore(session, updated, actor=actor, now=now)
    _remove(session, removed)
    _remove_units(session, unit_ids)
    _take_back(session, updated, standing, actor=actor, now=now)
    changes = [Changed(key, {}, {"removed": True}) for key in removed]
    changes += [Changed(write.instrument_id or 0, {}, plain(write.before)) for write in updated]
    audit.note_all(session, "catalogue.import_undone", "instrument", changes, actor=actor, now=now)
    refresh_listing(session, _listed(updated, standing))
    return Undone(kept, len(updated), len(removed))


def _take_back(
    session: Session,
    updated: Sequence[Write],
    standing: Mapping[tuple[int, str], Standing],
    *,
    actor: Actor | None,
    now: datetime,
) -> None:
    """Nobody lets through what an undone import said, and whoever undid it had a hand in what records say now."""
    note_editors(session, [standing[write.key].id for write in updated], actor, now=now)
    seen = [Waiting(standing[w.key].id, standing[w.key].state, w.values, w.before) for w in updated]
    take_back_all(session, seen, actor=actor, now=now)


def _is_written(write: Write, found: Standing | None, applied_at: datetime | None) -> bool:
    """Whether what has the number now is the record that was written, and none made since under the same number."""
    if found is None:
        return False
    return found.id == write.instrument_id if write.instrument_id is not None else found.created_at == applied_at


def _listed(updated: Sequence[Write], standing: Mapping[tuple[int, str], Standing]) -> list[int]:
    """The restored records that the search lists."""
    return [standing[w.key].id for w in updated if standing[w.key].state == PublishingState.PUBLISHED]


def _restore(session: Session, updated: Sequence[Write], *, actor: Actor | None, now: datetime) -> None:
    """Give changed records their former values."""
    policy_names = set(POLICIES.columns.keys())
    units = _units_before(session, updated)
    bring_back(session, list(units.values()), actor=actor, now=now, reason="")
    records: list[tuple[int, dict[str, Any]]] = []
    policies: list[tuple[int, dict[str, Any]]] = []
    hours = {}
    for write in updated:
        key = write.instrument_id or 0
        before = {name: value for name, value in write.before.items() if name not in NOT_COLUMNS}
        policies.append((key, {name: value for name, value in before.items() if name in policy_names}))
        values = {name: value for name, value in before.items() if name not in policy_names}
        if "unit" in write.before:
            values["unit_id"] = units.get((write.organisation_id, write.before["unit"] or ""))
        records.append((key, values | {"version": write.seen_version + 2, "updated_at": now}))
        if "opening_hours" in write.before:
            hours[key] = read_hours(write.before["opening_hours"] or "")
    set_columns(session, "instruments", records)
    set_columns(session, "booking_policies", policies)
    replace_hours(session, hours)


def _units_before(session: Session, updated: Sequence[Write]) -> dict[tuple[int, str], int]:
    """The units that records stood in before, by owner and name."""
    wanted = {(write.organisation_id, write.before["unit"]) for write in updated if write.before.get("unit")}
    if not wanted:
        return {}
    within = Unit.organisation_id.in_({owner_id for owner_id, _ in wanted})
    rows = session.execute(select(Unit.organisation_id, Unit.name_zh, Unit.id).where(within))
    return {(owner_id, name): unit_id for owner_id, name, unit_id in rows if (owner_id, name) in wanted}


def _needed(session: Session, ids: Sequence[int]) -> set[int]:
    """Which of the new records something refers to that is not part of them."""
    found: set[int] = set()
    for chunk in chunks(ids):
        for table, column in _referring("instruments"):
            found |= set(session.scalars(select(table.c[column]).where(table.c[column].in_(chunk)).distinct()))
        found |= _through_lanes(session, chunk)
        granted = Grant.scope_kind == ScopeKind.INSTRUMENT, Grant.scope_id.in_(chunk)
        found |= set(session.scalars(select(Grant.scope_id).where(*granted)))
        kept = Attachment.owner_kind == OwnerKind.INSTRUMENT, Attachment.owner_id.in_(chunk)
        found |= set(session.scalars(select(Attachment.owner_id).where(*kept).distinct()))
    return found


def _referring(target: str) -> Iterator[tuple[Table, str]]:
    """Every column of another table that refers to `target`, those of a record's own parts left out."""
    for table in TABLES.values():
        for key in table.foreign_keys:
            if key.column.table.name == target and table.name not in OWN | {"lanes"}:
                yield table, key.parent.name


def _through_lanes(session: Session, ids: Sequence[int]) -> set[int]:
    """Which of the records have a lane or a lane group that something else uses."""
    found: set[int] = set()
    owner = GROUPS.c.own_instrument_id
    for table, column in _referring("lane_groups"):
        joined = select(owner).join(table, table.c[column] == GROUPS.c.id)
        found |= set(session.scalars(joined.where(owner.in_(ids)).distinct()))
    for table, column in _referring("lanes"):
        joined = select(owner).join(LANES, LANES.c.lane_group_id == GROUPS.c.id)
        joined = joined.join(table, table.c[column] == LANES.c.id)
        found |= set(session.scalars(joined.where(owner.in_(ids)).distinct()))
    shared = select(owner).join(LINKS, and_(LINKS.c.lane_group_id == GROUPS.c.id, LINKS.c.instrument_id != owner))
    return found | set(session.scalars(shared.where(owner.in_(ids)).distinct()))


def _remove(session: Session, ids: Sequence[int]) -> None:
    """Delete records with their own parts."""
    for chunk in chunks(ids):
        groups = select(GROUPS.c.id).where(GROUPS.c.own_instrument_id.in_(chunk))
        session.execute(delete(LINKS).where(LINKS.c.instrument_id.in_(chunk)))
        session.execute(delete(LANES).where(LANES.c.lane_group_id.in_(groups)))
        session.execute(delete(GROUPS).where(GROUPS.c.own_instrument_id.in_(chunk)))
        for table in (HOURS, POLICIES, TABLES["record_editors"]):
            session.execute(delete(table).where(table.c.instrument_id.in_(chunk)))
        session.execute(delete(INSTRUMENTS).where(INSTRUMENTS.c.id.in_(chunk)))


def _remove_units(session: Session, ids: Sequence[int]) -> None:
    """Delete the units that were made for the import and that nothing refers to any more."""
    used: set[int] = set()
    for table, column in _referring("units"):
        used |= set(session.scalars(select(table.c[column]).where(table.c[column].in_(ids)).distinct()))
    granted = Grant.scope_kind == ScopeKind.UNIT, Grant.scope_id.in_(ids)
    used |= set(session.scalars(select(Grant.scope_id).where(*granted)))
    session.execute(delete(Unit).where(Unit.id.in_(set(ids) - used)))
