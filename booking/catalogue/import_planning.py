"""What an import would do: each row compared with what stands; decides everything, writes nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from booking.catalogue.import_reading import MODES, ImportRow, ReadRow, Table, modes_of
from booking.catalogue.rules import Hours, missing_before_publishing, policy_problems, read_hours, share_mode_problems
from booking.core.errors import Problem
from booking.core.texts import N_
from models.catalogue import BookingPolicy, Instrument, InstrumentClass, Lane, LaneGroup, OpeningHours, Subject
from models.directory import Organisation, Place, Unit
from models.vocabulary.catalogue import PublishingState

CHUNK = 500
POLICY_NUMBERS = (
    "grid_minutes",
    "shortest_minutes",
    "longest_minutes",
    "notice_minutes",
    "horizon_days",
    "setup_minutes",
    "cleanup_minutes",
    "needs_approval",
)
POLICY_COLUMNS = (*POLICY_NUMBERS, "allows_self", "allows_assisted")
NOT_COLUMNS = {
    "institution",
    "owner_country",
    "unit",
    "unit_en",
    "unit_id",
    "original_value_wan",
    "lanes",
    "opening_hours",
    "modes",
    *POLICY_NUMBERS,
}


class Fate(StrEnum):
    """What becomes of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(slots=True)
class Planned:
    """A row with its fate and everything that applying it needs."""

    read: ReadRow
    fate: Fate
    owner: Organisation | None = None
    owner_name: str = ""
    instrument: Instrument | None = None
    values: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    hours: list[Hours] | None = None
    publishes: bool = False


@dataclass(slots=True)
class Standing:
    """What is in the database that the rows of a table touch."""

    owners: dict[str, Organisation]
    units: dict[tuple[int, str], Unit]
    instruments: dict[tuple[int, str], Instrument]
    policies: dict[int, BookingPolicy]
    hours: dict[int, list[Hours]]
    capacities: dict[int, int]
    codes: dict[str, set[str]]


def standing_for(session: Session, rows: Sequence[ImportRow]) -> Standing:
    """Everything the rows refer to, in a number of statements that grows by one per 500 rows."""
    owners = _owners(session, {row.institution for row in rows})
    owner_ids = {owner.id for owner in owners.values()}
    instruments: dict[tuple[int, str], Instrument] = {}
    for inner_ids in chunks({row.inner_id for row in rows}):
        fitting = Instrument.organisation_id.in_(owner_ids), Instrument.inner_id.in_(inner_ids)
        for found in session.scalars(select(Instrument).where(*fitting).with_for_update()):
            instruments[found.organisation_id, found.inner_id or ""] = found
    ids = {found.id for found in instruments.values()}
    units = session.scalars(select(Unit).where(Unit.organisation_id.in_(owner_ids)))
    columns = {"class_code": InstrumentClass.code, "subject_code": Subject.code, "adcode": Place.adcode}
    return Standing(
        owners=owners,
        units={(unit.organisation_id, unit.name_zh): unit for unit in units},
        instruments=instruments,
        policies=_policies(session, ids),
        hours=_hours(session, ids),
        capacities=_capacities(session, ids),
        codes={name: set(session.scalars(select(column))) for name, column in columns.items()},
    )


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The values in parts that fit into one statement."""
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def _owners(session: Session, names: set[str]) -> dict[str, Organisation]:
    """The organisations by both of their names, letter case aside."""
    found: dict[str, Organisation] = {}
    for chunk in chunks({name.lower() for name in names}):
        named = or_(func.lower(Organisation.name_zh).in_(chunk), func.lower(Organisation.name_en).in_(chunk))
        for owner in session.scalars(select(Organisation).where(named).order_by(Organisation.id.desc())):
            found |= {name.lower(): owner for name in (owner.name_en, owner.name_zh) if name}
    return found


def _policies(session: Session, ids: set[int]) -> dict[int, BookingPolicy]:
    """The policies of instruments by id."""
    return {
        policy.instrument_id: policy
        for chunk in chunks(ids)
        for policy in session.scalars(select(BookingPolicy).where(BookingPolicy.instrument_id.in_(chunk)))
    }


def _hours(session: Session, ids: set[int]) -> dict[int, list[Hours]]:
    """The opening hours of instruments by id, in order."""
    found: dict[int, list[Hours]] = {}
    for chunk in chunks(ids):
        for row in session.scalars(select(OpeningHours).where(OpeningHours.instrument_id.in_(chunk))):
            hours = Hours(row.weekday, row.opens_minute, row.closes_minute)
            found.setdefault(row.instrument_id, []).append(hours)
    return {instrument_id: sorted(hours) for instrument_id, hours in found.items()}


def _capacities(session: Session, ids: set[int]) -> dict[int, int]:
    """How many positions of its own each instrument has in service."""
    found: dict[int, int] = {}
    own = select(LaneGroup.own_instrument_id, func.count()).join(Lane, Lane.lane_group_id == LaneGroup.id)
    serving = own.where(Lane.retired_at.is_(None)).group_by(LaneGroup.own_instrument_id)
    for chunk in chunks(ids):
        for instrument_id, number in session.execute(serving.where(LaneGroup.own_instrument_id.in_(chunk))):
            if instrument_id is not None:
                found[instrument_id] = number
    return found


def plan(table: Table, standing: Standing, *, creates_owners: bool, publishes: bool) -> list[Planned]:
    """The fate of every row, in order; the first row with a number wins, later ones are refused."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for read in table.rows:
        planned = _plan_row(read, standing, seen, creates_owners=creates_owners)
        read.problems = [Problem(table.layout.label_of(p.field), p.message, p.values) for p in read.problems]
        if publishes and planned.fate != Fate.REFUSED:
            _plan_publishing(planned)
        if planned.publishes and planned.fate == Fate.UNCHANGED:
            planned.fate = Fate.UPDATED
        found.append(planned)
    return found


def _plan_row(read: ReadRow, standing: Standing, seen: dict[tuple[str, str], int], *, creates_owners: bool) -> Planned:
    """One row as created, updated, unchanged or refused."""
    row = read.values
    if row is None or read.problems:
        return Planned(read, Fate.REFUSED)
    owner = standing.owners.get(row.institution.lower())
    key = (row.institution.lower() if owner is None else str(owner.id), row.inner_id)
    if key in seen:
        read.problems.append(Problem("inner_id", N_("与第 %(number)s 行重复。"), {"number": seen[key]}))
        return Planned(read, Fate.REFUSED)
    seen[key] = read.number
    instrument = standing.instruments.get((owner.id, row.inner_id)) if owner else None
    policy = standing.policies.get(instrument.id) if instrument else None
    planned = Planned(read, Fate.CREATED, owner, row.institution, instrument, values_of(row))
    planned.policy, planned.hours = _policy_of(row, policy), hours_in(row)
    read.problems += _owner_problems(row, owner, creates_owners=creates_owners)
    read.problems += _value_problems(planned, standing.codes)
    if read.problems:
        planned.fate = Fate.REFUSED
    elif instrument is not None:
        _keep_differences(planned, standing)
    return planned


def values_of(row: ImportRow) -> dict[str, Any]:
    """The columns of the record that the row says something about."""
    found = {name: value for name, value in row if name in row.model_fields_set and name not in NOT_COLUMNS}
    if row.original_value_wan is not None:
        found["original_value_fen"] = row.original_value_wan
    return found


def hours_in(row: ImportRow) -> list[Hours] | None:
    """The opening hours of the row, or None when it says nothing of them."""
    if "opening_hours" not in row.model_fields_set:
        return None
    return read_hours("; ".join(str(entry) for entry in row.opening_hours))


def _policy_of(row: ImportRow, policy: BookingPolicy | None) -> dict[str, Any]:
    """The whole policy as it would be: the row's numbers over the standing ones over the defaults."""
    defaults = {name: ImportRow.model_fields[name].default for name in POLICY_NUMBERS}
    found = {**defaults, "allows_self": True, "allows_assisted": True}
    if policy is not None:
        found = {name: getattr(policy, name) for name in POLICY_COLUMNS}
    found |= {name: getattr(row, name) for name in POLICY_NUMBERS if name in row.model_fields_set}
    if modes := {MODES[mode] for mode in modes_of(row.modes)}:
        found |= {"allows_self": "self" in modes, "allows_assisted": "assisted" in modes}
    return found


def _owner_problems(row: ImportRow, owner: Organisation | None, *, creates_owners: bool) -> list[Problem]:
    """Why the row's institution cannot be taken."""
    if owner is not None:
        return []
    if not creates_owners:
        return [Problem("institution", N_("没有登记过这个单位。"))]
    if row.owner_country == "CN" and not row.adcode:
        return [Problem("institution", N_("没有登记过这个单位，也没有行政区划代码，无法新建。"))]
    return []


def _value_problems(planned: Planned, codes: Mapping[str, set[str]]) -> list[Problem]:
    """What is wrong with the values as a whole, the standing ones included."""
    values = planned.values
    found = [
        Problem(name, N_("没有这个编码。")) for name, known in codes.items() if values.get(name, "") not in known | {""}
    ]
    whole = {name: _value(planned, name, "") for name in ("name_zh", "name_en", "share_mode")}
    if not (whole["name_zh"] or whole["name_en"]):
        found.append(Problem("name_zh", N_("请填写中文或英文名称。")))
    reason, approval = _value(planned, "not_shared_reason", ""), _value(planned, "not_shared_approved_by", "")
    found += share_mode_problems(whole["share_mode"], reason, approval)
    if (_value(planned, "latitude", None) is None) != (_value(planned, "longitude", None) is None):
        found.append(Problem("longitude", N_("经度和纬度须一并填写。")))
    return found + policy_problems(planned.policy)


def _value(planned: Planned, name: str, otherwise: Any) -> Any:
    """A column as it would be afterwards."""
    return planned.values[name] if name in planned.values else getattr(planned.instrument, name, otherwise)


def _keep_differences(planned: Planned, standing: Standing) -> None:
    """Leave only what differs from the standing record, and say so when nothing does."""
    instrument, row = planned.instrument, planned.read.values
    assert instrument is not None
    assert row is not None
    planned.values = {name: value for name, value in planned.values.items() if getattr(instrument, name) != value}
    policy = standing.policies.get(instrument.id)
    planned.policy = {name: value for name, value in planned.policy.items() if getattr(policy, name, None) != value}
    if planned.hours == standing.hours.get(instrument.id, []):
        planned.hours = None
    unit = standing.units.get((instrument.organisation_id, row.unit)) if row.unit else None
    moves = bool(row.unit) and (unit is None or unit.id != instrument.unit_id)
    if "lanes" in row.model_fields_set and row.lanes != (capacity := standing.capacities.get(instrument.id, 0)):
        values = {"standing": capacity, "given": row.lanes}
        note = Problem("lanes", N_("现有 %(standing)s 个机位，表中为 %(given)s 个；请在编辑页更改机位数。"), values)
        planned.read.notes.append(note)
    differs = planned.values or planned.policy or planned.hours is not None or moves
    planned.fate = Fate.UPDATED if differs else Fate.UNCHANGED


class _Whole:
    """A record as it would be, with empty text for what it lacks."""

    def __init__(self, planned: Planned) -> None:
        """Keep the plan that values are looked up in."""
        self._planned = planned

    def __getattr__(self, name: str) -> Any:
        """A column as it would be afterwards."""
        return _value(self._planned, name, "")


def _plan_publishing(planned: Planned) -> None:
    """Publish drafts that are complete; note what the others still lack."""
    state = getattr(planned.instrument, "publishing_state", PublishingState.DRAFT)
    row = planned.read.values
    if state != PublishingState.DRAFT or row is None:
        return
    country = planned.owner.country if planned.owner else row.owner_country
    missing = missing_before_publishing(_Whole(planned), is_abroad=country != "CN")
    if planned.owner is not None and planned.owner.adcode:
        missing = [problem for problem in missing if problem.field != "adcode"]
    planned.publishes = not missing
    planned.read.notes += missing
