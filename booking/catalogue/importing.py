"""Importing a table of instruments: read, plan, apply in one transaction, report every row."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.accounts.permissions import Permission, require
from booking.catalogue.changes import assign, plain, refresh_listing
from booking.catalogue.import_planning import Fate, Planned, Standing, chunks, plan, standing_for
from booking.catalogue.import_reading import ImportRow, read_table
from booking.catalogue.rules import Hours, write_hours
from booking.core.actors import Actor
from booking.core.errors import Problem
from models.catalogue import BookingPolicy, Instrument, InstrumentLaneGroup, Lane, LaneGroup, OpeningHours
from models.directory import Organisation, Unit
from models.vocabulary.catalogue import BookingMode, PublishingState
from models.vocabulary.directory import OrganisationKind

__all__ = ["Fate", "Outcome", "Report", "import_instruments"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row, by its number in a spreadsheet, and why."""

    number: int
    fate: Fate
    label: str
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Every row of an import, and what is to be said of the whole table."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[Problem, ...]
    owners_created: int = 0
    units_created: int = 0

    def count(self, fate: Fate) -> int:
        """How many rows had this fate."""
        return Counter(outcome.fate for outcome in self.outcomes)[fate]


def import_instruments(
    session: Session,
    data: bytes,
    *,
    actor: Actor | None,
    now: datetime,
    publishes: bool = False,
    creates_owners: bool = False,
    dry_run: bool = False,
) -> Report:
    """Create and update records from a CSV file; rows are known again by institution and inner number.

    New records are drafts on request; `publishes` makes complete ones public. A refused row changes
    nothing, the others are stored. Without an actor the platform's operator acts on the command line.
    """
    if actor is not None:
        require(actor, Permission.IMPORT_RECORDS)
    table = read_table(data)
    rows = [read.values for read in table.rows if read.values is not None and not read.problems]
    standing = standing_for(session, rows)
    planned = plan(table, standing, creates_owners=creates_owners, publishes=publishes)
    made = (0, 0) if dry_run else _apply(session, planned, standing, actor=actor, now=now)
    outcomes = tuple(
        Outcome(p.read.number, p.fate, p.read.label, tuple(p.read.problems), tuple(p.read.notes)) for p in planned
    )
    return Report(outcomes, tuple(table.notes), *made)


def _apply(
    session: Session, planned: Sequence[Planned], standing: Standing, *, actor: Actor | None, now: datetime
) -> tuple[int, int]:
    """Write the plan; how many organisations and units were made."""
    touched = [p for p in planned if p.fate in {Fate.CREATED, Fate.UPDATED}]
    owners = _make_owners(session, touched, now=now)
    units = _make_units(session, touched, standing)
    created = [p for p in touched if p.fate == Fate.CREATED]
    ids = _create(session, created, standing, now=now)
    updated = [p for p in touched if p.fate == Fate.UPDATED]
    changes = [Changed(key, {}, plain(row.values)) for key, row in zip(ids, created, strict=True)]
    changes += [_update(session, row, standing, now=now) for row in updated]
    reason = "" if actor else "command line"
    audit.note_all(session, "catalogue.record_imported", "instrument", changes, actor=actor, now=now, reason=reason)
    refresh_listing(session, [*ids, *(row.instrument.id for row in updated if row.instrument)], now=now)
    return owners, units


def _make_owners(session: Session, touched: Sequence[Planned], *, now: datetime) -> int:
    """An organisation for every name that has none; how many."""
    made: dict[str, Organisation] = {}
    for row in touched:
        if row.owner is None:
            key = row.owner_name.lower()
            made.setdefault(key, _owner(row, now=now))
            row.owner = made[key]
    session.add_all(made.values())
    session.flush()
    return len(made)


def _owner(row: Planned, *, now: datetime) -> Organisation:
    """The organisation that a row names, in the row's own country."""
    values = row.read.values
    assert values is not None
    is_national = values.owner_country == "CN"
    return Organisation(
        name_zh=row.owner_name,
        name_en="" if is_national else row.owner_name,
        kind=OrganisationKind.RESEARCH_INSTITUTE,
        country=values.owner_country,
        adcode=values.adcode if is_national else None,
        created_at=now,
    )


def _make_units(session: Session, touched: Sequence[Planned], standing: Standing) -> int:
    """A unit for every department an owner has not registered yet; how many."""
    made: dict[tuple[int, str], Unit] = {}
    for owner_id, values in ((row.owner.id, row.read.values) for row in touched if row.owner):
        if values and values.unit and (owner_id, values.unit) not in standing.units:
            unit = Unit(organisation_id=owner_id, name_zh=values.unit, name_en=values.unit_en)
            made.setdefault((owner_id, values.unit), unit)
    session.add_all(made.values())
    session.flush()
    standing.units |= made
    return len(made)


def _unit_id(row: Planned, standing: Standing) -> int | None:
    """The unit of a row, or None when it names none."""
    values = row.read.values
    if not (row.owner and values and values.unit):
        return None
    return standing.units[row.owner.id, values.unit].id


def _create(session: Session, created: Sequence[Planned], standing: Standing, *, now: datetime) -> list[int]:
    """Insert records with their lanes, policies and hours, a few statements for all of them; their ids."""
    if not created:
        return []
    rows = [_columns(row, standing, now=now) for row in created]
    session.execute(insert(Instrument), rows)
    ids = _ids_of(session, rows)
    _create_lanes(session, ids, created)
    policies = [{"instrument_id": key, **row.policy} for key, row in zip(ids, created, strict=True)]
    session.execute(insert(BookingPolicy), policies)
    hours = [hour for key, row in zip(ids, created, strict=True) for hour in _hours_rows(key, row.hours or [])]
    if hours:
        session.execute(insert(OpeningHours), hours)
    return ids


def _ids_of(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The ids of the new records in the order of their rows: owner and number name each."""
    found: dict[tuple[int, str | None], int] = {}
    for chunk in chunks({row["inner_id"] for row in rows}):
        named = select(Instrument.organisation_id, Instrument.inner_id, Instrument.id)
        for owner_id, inner_id, instrument_id in session.execute(named.where(Instrument.inner_id.in_(chunk))):
            found[owner_id, inner_id] = instrument_id
    return [found[row["organisation_id"], row["inner_id"]] for row in rows]


def _group_ids(session: Session, instrument_ids: Sequence[int]) -> list[int]:
    """The own lane groups of the new records, in their order."""
    found: dict[int | None, int] = {}
    for chunk in chunks(instrument_ids):
        named = select(LaneGroup.own_instrument_id, LaneGroup.id).where(LaneGroup.own_instrument_id.in_(chunk))
        found |= dict(session.execute(named).all())
    return [found[instrument_id] for instrument_id in instrument_ids]


def _columns(row: Planned, standing: Standing, *, now: datetime) -> dict[str, Any]:
    """Every column of a new record, so that all rows name the same ones."""
    assert row.owner is not None
    named = {name: ImportRow.model_fields[name].default for name in ImportRow.model_fields if name in _COLUMNS}
    return {
        **named,
        "original_value_fen": None,
        **row.values,
        "organisation_id": row.owner.id,
        "unit_id": _unit_id(row, standing),
        "booking_mode": BookingMode.ON_REQUEST,
        "publishing_state": PublishingState.PUBLISHED if row.publishes else PublishingState.DRAFT,
        "created_at": now,
        "updated_at": now,
    }


_COLUMNS = set(Instrument.__table__.columns.keys())


def _create_lanes(session: Session, ids: Sequence[int], created: Sequence[Planned]) -> None:
    """An own lane group for each record, with as many positions as its row says."""
    groups = [
        {"organisation_id": row.owner.id, "own_instrument_id": key}
        for key, row in zip(ids, created, strict=True)
        if row.owner
    ]
    session.execute(insert(LaneGroup), groups)
    group_ids = _group_ids(session, ids)
    lanes = [
        {"lane_group_id": group_id, "position": position}
        for group_id, row in zip(group_ids, created, strict=True)
        for position in range(1, (row.read.values.lanes if row.read.values else 1) + 1)
    ]
    session.execute(insert(Lane), lanes)
    links = [{"instrument_id": key, "lane_group_id": group} for key, group in zip(ids, group_ids, strict=True)]
    session.execute(insert(InstrumentLaneGroup), links)


def _hours_rows(instrument_id: int, hours: Sequence[Hours]) -> list[dict[str, int]]:
    """Opening hours as rows of their table."""
    return [
        {
            "instrument_id": instrument_id,
            "weekday": item.weekday,
            "opens_minute": item.opens_minute,
            "closes_minute": item.closes_minute,
        }
        for item in hours
    ]


def _update(session: Session, row: Planned, standing: Standing, *, now: datetime) -> Changed:
    """Set what differs on a standing record; what was before and after."""
    instrument = row.instrument
    assert instrument is not None
    values = dict(row.values)
    if (unit_id := _unit_id(row, standing)) is not None:
        values["unit_id"] = unit_id
    if row.publishes:
        values["publishing_state"] = PublishingState.PUBLISHED
    before, after = assign(instrument, values)
    if row.policy:
        old, new = assign(standing.policies[instrument.id], row.policy)
        before, after = before | old, after | new
    if row.hours is not None:
        session.execute(delete(OpeningHours).where(OpeningHours.instrument_id == instrument.id))
        if row.hours:
            session.execute(insert(OpeningHours), _hours_rows(instrument.id, row.hours))
        before["opening_hours"] = write_hours(standing.hours.get(instrument.id, []))
        after["opening_hours"] = write_hours(row.hours)
    instrument.version += 1
    instrument.updated_at = now
    return Changed(instrument.id, plain(before), plain(after))
