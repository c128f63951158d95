"""Writing what an import decided: set by set, in the caller's one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.catalogue.changes import plain, refresh_listing
from booking.catalogue.import_holding import Waiting, hold_back_all
from booking.catalogue.import_reading import ImportRow
from booking.catalogue.import_standing import chunks
from booking.catalogue.rounds import note_editors
from booking.catalogue.rules import Hours, write_hours
from booking.core.actors import Actor
from models.base import Base
from models.catalogue import Instrument
from models.directory import Unit
from models.vocabulary.catalogue import BookingMode, PublishingState

TABLES = Base.metadata.tables
INSTRUMENTS, POLICIES, HOURS = (TABLES[name] for name in ("instruments", "booking_policies", "opening_hours"))
GROUPS, LANES, LINKS = (TABLES[name] for name in ("lane_groups", "lanes", "instrument_lane_groups"))
_COLUMNS = set(INSTRUMENTS.columns.keys())
_DEFAULTS = {name: found.default for name, found in ImportRow.model_fields.items() if name in _COLUMNS}

Key = tuple[int, str]


@dataclass(slots=True)
class Write:
    """A record to create, or, when it has an id, to change; `before` has what its changed fields said.

    The record is changed only while it is at `seen_version`.
    """

    number: int
    organisation_id: int
    inner_id: str
    instrument_id: int | None = None
    seen_version: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    hours: list[Hours] | None = None
    unit: str = ""
    unit_en: str = ""
    lanes: int = 1
    publishes: bool = False
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What names the record."""
        return self.organisation_id, self.inner_id


@dataclass(frozen=True, slots=True)
class Applied:
    """What was made, and the rows whose record was no longer what had been seen."""

    stale: frozenset[int]
    unit_ids: list[int]
    created: int
    updated: int


def apply(
    session: Session,
    writes: Sequence[Write],
    *,
    actor: Actor | None,
    now: datetime,
    reason: str,
    is_reviewed: bool = False,
) -> Applied:
    """Write what still fits, each record with its row of the audit log; the search is refreshed once.

    Texts of published records wait aside for their review, unless the command line says they need none.
    """
    standing = locked(session, writes)
    stale = {write.number for write in writes if not _fits(write, standing)}
    fitting = [write for write in writes if write.number not in stale]
    units, made = _units(session, fitting)
    created = [write for write in fitting if write.instrument_id is None]
    updated = [write for write in fitting if write.instrument_id is not None]
    if not is_reviewed:
        hold_back_all(session, _heldable(updated, standing), actor=actor, now=now)
    ids = _create(session, created, units, now=now)
    note_editors(session, [*ids, *(write.instrument_id for write in updated if write.instrument_id)], actor, now=now)
    _update(session, updated, units, now=now)
    changes = [Changed(key, {}, plain(write.values)) for key, write in zip(ids, created, strict=True)]
    changes += [_changed(write) for write in updated]
    audit.note_all(session, "catalogue.record_imported", "instrument", changes, actor=actor, now=now, reason=reason)
    listed = [key for key, write in zip(ids, created, strict=True) if write.publishes]
    listed += [write.instrument_id for write in updated if write.instrument_id and _shows(write, standing)]
    refresh_listing(session, listed)
    return Applied(frozenset(stale), made, len(created), len(updated))


def _heldable(updated: Sequence[Write], standing: Mapping[Key, "Standing"]) -> list[Waiting]:
    """The changes with the state of their records."""
    return [Waiting(standing[write.key].id, standing[write.key].state, write.values, write.before) for write in updated]


@dataclass(frozen=True, slots=True)
class Standing:
    """A record as it is under the lock."""

    id: int
    version: int
    state: PublishingState


def locked(session: Session, writes: Sequence[Write]) -> dict[Key, Standing]:
    """The records that the writes name, locked."""
    columns = (Instrument.organisation_id, Instrument.inner_id, Instrument.id, Instrument.version)
    found: dict[Key, Standing] = {}
    for owner_id, inner_ids in _by_owner(write.key for write in writes).items():
        for chunk in chunks(inner_ids):
            named = select(*columns, Instrument.publishing_state).where(
                Instrument.organisation_id == owner_id, Instrument.inner_id.in_(chunk)
            )
            for owner, inner_id, key, version, state in session.execute(named.with_for_update()):
                found[owner, inner_id or ""] = Standing(key, version, state)
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
    """Whether the search lists the record, or is to."""
    return write.publishes or standing[write.key].state == PublishingState.PUBLISHED


def _units(session: Session, writes: Sequence[Write]) -> tuple[dict[tuple[int, str], int], list[int]]:
    """The units that the writes name, by owner and name, and the ids of those made for them."""
    wanted = {(write.organisation_id, write.unit): write.unit_en for write in writes if write.unit}
    known: dict[tuple[int, str], int] = {}
    for owner_id in {owner_id for owner_id, _ in wanted}:
        for unit_id, name in session.execute(select(Unit.id, Unit.name_zh).where(Unit.organisation_id == owner_id)):
            known[owner_id, name] = unit_id
    missing = {key: name_en for key, name_en in wanted.items() if key not in known}
    made = [Unit(organisation_id=key[0], name_zh=key[1], name_en=name_en) for key, name_en in missing.items()]
    session.add_all(made)
    session.flush()
    return known | {(unit.organisation_id, unit.name_zh): unit.id for unit in made}, [unit.id for unit in made]


def _create(
    session: Session, created: Sequence[Write], units: Mapping[tuple[int, str], int], *, now: datetime
) -> list[int]:
    """Insert records with their lanes, policies and hours, a few statements for all of them; their ids."""
    if not created:
        return []
    session.execute(insert(INSTRUMENTS), [_columns(write, units, now=now) for write in created])
    ids = _ids_of(session, [write.key for write in created])
    _create_lanes(session, ids, created)
    policies = [{"instrument_id": key, **write.policy} for key, write in zip(ids, created, strict=True)]
    session.execute(insert(POLICIES), policies)
    _insert_hours(session, [(key, write.hours or []) for key, write in zip(ids, created, strict=True)])
    return ids


def _columns(write: Write, units: Mapping[tuple[int, str], int], *, now: datetime) -> dict[str, Any]:
    """Every column of a new record, so that all rows name the same ones."""
    return {
        **_DEFAULTS,
        "original_value_fen": None,
        **write.values,
        "inner_id": write.inner_id,
        "organisation_id": write.organisation_id,
        "unit_id": units.get((write.organisation_id, write.unit)),
        "booking_mode": BookingMode.ON_REQUEST,
        "publishing_state": PublishingState.PUBLISHED if write.publishes else PublishingState.DRAFT,
        "first_published_at": now if write.publishes else None,
        "cleared_at": now if write.publishes else None,
        "created_at": now,
        "updated_at": now,
    }


def _ids_of(session: Session, keys: Sequence[Key]) -> list[int]:
    """The ids of the records in the order of their keys."""
    found: dict[Key, int] = {}
    for owner_id, inner_ids in _by_owner(keys).items():
        for chunk in chunks(inner_ids):
            named = select(Instrument.inner_id, Instrument.id)
            named = named.where(Instrument.organisation_id == owner_id, Instrument.inner_id.in_(chunk))
            found |= {(owner_id, inner_id or ""): key for inner_id, key in session.execute(named)}
    return [found[key] for key in keys]


def _create_lanes(session: Session, ids: Sequence[int], created: Sequence[Write]) -> None:
    """An own lane group for each record, with as many positions as its row says."""
    pairs = list(zip(ids, created, strict=True))
    groups = [{"organisation_id": write.organisation_id, "own_instrument_id": key} for key, write in pairs]
    session.execute(insert(GROUPS), groups)
    found: dict[int | None, int] = {}
    for chunk in chunks(ids):
        named = select(GROUPS.c.own_instrument_id, GROUPS.c.id).where(GROUPS.c.own_instrument_id.in_(chunk))
        found |= dict(session.execute(named).all())
    lanes = [
        {"lane_group_id": found[key], "position": position}
        for key, write in pairs
        for position in range(1, write.lanes + 1)
    ]
    session.execute(insert(LANES), lanes)
    session.execute(insert(LINKS), [{"instrument_id": key, "lane_group_id": found[key]} for key in ids])


def _insert_hours(session: Session, hours: Iterable[tuple[int, Sequence[Hours]]]) -> None:
    """Opening hours of many instruments."""
    rows = [
        {"instrument_id": key, "weekday": h.weekday, "opens_minute": h.opens_minute, "closes_minute": h.closes_minute}
        for key, found in hours
        for h in found
    ]
    if rows:
        session.execute(insert(HOURS), rows)


def _update(session: Session, updated: Sequence[Write], units: Mapping[tuple[int, str], int], *, now: datetime) -> None:
    """Set what differs on standing records, those with the same changed columns together."""
    rows = []
    for write in updated:
        values = dict(write.values)
        if write.unit:
            values["unit_id"] = units[write.organisation_id, write.unit]
        if write.publishes:
            values |= {"publishing_state": PublishingState.PUBLISHED, "cleared_at": now}
        rows.append((write.instrument_id or 0, values))
    set_columns(session, "instruments", rows, version=INSTRUMENTS.c.version + 1, updated_at=now)
    set_columns(session, "booking_policies", [(write.instrument_id or 0, write.policy) for write in updated])
    _first_published(session, [write.instrument_id or 0 for write in updated if write.publishes], now=now)
    replace_hours(session, {write.instrument_id or 0: write.hours for write in updated if write.hours is not None})


def _first_published(session: Session, ids: Sequence[int], *, now: datetime) -> None:
    """Remember since when records are public that never were."""
    for chunk in chunks(ids):
        never = INSTRUMENTS.c.id.in_(chunk), INSTRUMENTS.c.first_published_at.is_(None)
        session.execute(update(INSTRUMENTS).where(*never).values(first_published_at=now))


def set_columns(session: Session, table: str, rows: Sequence[tuple[int, Mapping[str, Any]]], **always: Any) -> None:
    """Update rows of a table by their key, one statement for each set of columns; `always` is set on each."""
    found = TABLES[table]
    key = next(iter(found.primary_key.columns))
    sets: dict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
    for row_id, values in rows:
        if values or always:
            sets[frozenset(values)].append({"row_key": row_id, **{f"new_{name}": v for name, v in values.items()}})
    for names, parameters in sets.items():
        new = {name: bindparam(f"new_{name}", type_=found.c[name].type) for name in sorted(names)}
        statement = update(found).where(key == bindparam("row_key")).values(new | always)
        session.connection().execute(statement, parameters)


def replace_hours(session: Session, hours: Mapping[int, Sequence[Hours]]) -> None:
    """Give instruments these opening hours instead of those they have."""
    for chunk in chunks(hours):
        session.execute(delete(HOURS).where(HOURS.c.instrument_id.in_(chunk)))
    _insert_hours(session, hours.items())


def _changed(write: Write) -> Changed:
    """What the audit log says of a changed record."""
    after = {**write.values, **write.policy}
    if write.unit:
        after["unit"] = write.unit
    if write.hours is not None:
        after["opening_hours"] = write_hours(write.hours)
    if write.publishes:
        after["publishing_state"] = PublishingState.PUBLISHED
    return Changed(write.instrument_id or 0, plain(write.before), plain(after))
