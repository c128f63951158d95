"""What an import would do: each row compared with what stands; decides everything, writes nothing."""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from booking.catalogue.import_inheriting import keep_own
from booking.catalogue.import_layouts import NATIONAL, Layout
from booking.catalogue.import_preparing import Write
from booking.catalogue.import_reading import MODES, ImportRow, ReadRow, modes_of
from booking.catalogue.import_standing import Standing
from booking.catalogue.rules import (
    Hours,
    missing_before_publishing,
    policy_problems,
    read_hours,
    share_mode_problems,
    write_hours,
)
from booking.core.actors import Reach
from booking.core.errors import Problem
from booking.core.texts import N_
from models.catalogue import BookingPolicy, Instrument
from models.directory import Organisation
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.imports import RowFate as Fate

POLICY_NUMBERS = (
    "grid_minutes",
    "shortest_minutes",
    "longest_minutes",
    "notice_minutes",
    "horizon_days",
    "setup_minutes",
    "cleanup_minutes",
    "needs_approval",
    "slots",
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


@dataclass(frozen=True, slots=True)
class Stead:
    """The organisation, and perhaps the unit, that a name in a table stands for."""

    organisation_id: int
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How rows are to be taken: whose, into which organisations, and what may be made or published besides.

    `within` is what the importer's right reaches, None for the platform's operator on the command line;
    `only_id` is the one organisation that rows may belong to, if there is one.
    """

    creates_owners: bool = False
    publishes: bool = False
    within: Reach | None = None
    only_id: int | None = None
    steads: Mapping[str, Stead] = field(default_factory=dict)

    def reaches(self, organisation_id: int) -> bool:
        """Whether rows of this organisation may be written."""
        if self.only_id is not None and organisation_id != self.only_id:
            return False
        return self.within is None or self.within.everywhere or organisation_id in self.within.organisation_ids


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
    unit: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    publishes: bool = False

    def write(self) -> Write:
        """What is to be written for it; its owner is known by now."""
        row, instrument = self.read.values, self.instrument
        assert self.owner is not None
        assert row is not None
        return Write(
            number=self.read.number,
            organisation_id=self.owner.id,
            inner_id=row.inner_id,
            instrument_id=instrument.id if instrument else None,
            seen_version=instrument.version if instrument else 0,
            values=self.values,
            policy=self.policy,
            hours=self.hours,
            unit=self.unit,
            unit_en=row.unit_en,
            lanes=row.lanes,
            publishes=self.publishes,
            before=self.before,
        )


Seen = MutableMapping[tuple[str, str], int]


def plan(
    rows: Sequence[ReadRow],
    standing: Standing,
    wishes: Wishes,
    *,
    layout: Layout = NATIONAL,
    seen: Seen | None = None,
) -> list[Planned]:
    """The fate of every row, in order; the first row with a number wins, later ones are refused.

    `seen` has the rows before these, by owner and number.
    """
    found, earlier = [], {} if seen is None else seen
    for read in rows:
        planned = _plan_row(read, standing, earlier, wishes)
        read.problems = [Problem(layout.label_of(p.field), p.message, p.values) for p in read.problems]
        if wishes.publishes and planned.fate != Fate.REFUSED:
            _plan_publishing(planned)
        if planned.publishes and planned.fate == Fate.UNCHANGED:
            planned.fate = Fate.UPDATED
        found.append(planned)
    return found


def _plan_row(read: ReadRow, standing: Standing, seen: Seen, wishes: Wishes) -> Planned:
    """One row as created, updated, unchanged or refused."""
    row = read.values
    if row is None or read.problems:
        return Planned(read, Fate.REFUSED)
    stead = wishes.steads.get(row.institution.lower())
    owner = standing.owners_by_id.get(stead.organisation_id) if stead else standing.owners.get(row.institution.lower())
    if owner is not None and not wishes.reaches(owner.id):
        read.problems.append(Problem("institution", N_("这次导入不能写入这个单位。")))
        return Planned(read, Fate.REFUSED)
    key = (row.institution.lower() if owner is None else str(owner.id), row.inner_id)
    if key in seen:
        read.problems.append(Problem("inner_id", N_("与第 %(number)s 行重复。"), {"number": seen[key]}))
        return Planned(read, Fate.REFUSED)
    seen[key] = read.number
    instrument = standing.instruments.get((owner.id, row.inner_id)) if owner else None
    policy = standing.policies.get(instrument.id) if instrument else None
    planned = Planned(read, Fate.CREATED, owner, row.institution, instrument, values_of(row))
    planned.policy, planned.hours = _policy_of(row, policy), hours_in(row)
    planned.unit = row.unit or (stead.unit if stead else "")
    keep_own(planned, row, standing)
    read.problems += _owner_problems(row, owner, creates_owners=wishes.creates_owners)
    read.problems += _value_problems(planned, standing.codes)
    if read.problems:
        planned.fate = Fate.REFUSED
    elif instrument is not None:
        _keep_differences(planned, standing)
    return planned


def values_of(row: ImportRow) -> dict[str, Any]:
    """The columns of the record that the row says something about."""
    said = row.model_fields_set
    found = {name: value for name, value in vars(row).items() if name in said and name not in NOT_COLUMNS}
    if row.original_value_wan is not None:
        found["original_value_fen"] = row.original_value_wan
    return found


def hours_in(row: ImportRow) -> list[Hours] | None:
    """The opening hours of the row, or None when it says nothing of them."""
    if "opening_hours" not in row.model_fields_set:
        return None
    return list(_read_hours("; ".join(str(entry) for entry in row.opening_hours)))


@lru_cache(500)
def _read_hours(text: str) -> tuple[Hours, ...]:
    """The hours of a text; tables say the same ones again and again."""
    return tuple(read_hours(text))


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
    policy = standing.policies.get(instrument.id)
    planned.values, before = _differing(instrument, planned.values, standing.proposed.get(instrument.id))
    planned.policy, policy_before = _differing(policy, planned.policy)
    planned.before = before | policy_before
    hours = standing.hours.get(instrument.id, [])
    if planned.hours == hours:
        planned.hours = None
    elif planned.hours is not None:
        planned.before["opening_hours"] = write_hours(hours)
    _keep_move(planned, instrument, standing)
    if "lanes" in row.model_fields_set and row.lanes != (capacity := standing.capacities.get(instrument.id, 0)):
        values = {"standing": capacity, "given": row.lanes}
        note = Problem("lanes", N_("现有 %(standing)s 个机位，表中为 %(given)s 个；请在编辑页更改机位数。"), values)
        planned.read.notes.append(note)
    differs = planned.values or planned.policy or planned.hours is not None or planned.unit
    planned.fate = Fate.UPDATED if differs else Fate.UNCHANGED


def _differing(
    standing: object, values: Mapping[str, Any], waiting: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values that the row would change, and what they are now; texts that wait aside count as said."""
    said = {name: getattr(standing, name, None) for name in values} | dict(waiting or {})
    found = {name: value for name, value in values.items() if said[name] != value}
    return found, {name: getattr(standing, name, None) for name in found}


def _keep_move(planned: Planned, instrument: Instrument, standing: Standing) -> None:
    """Leave the unit only when it is another one than the record's."""
    unit = standing.units.get((instrument.organisation_id, planned.unit))
    if unit is not None and unit.id == instrument.unit_id:
        planned.unit = ""
    elif planned.unit:
        names = {unit.id: name for (_, name), unit in standing.units.items()}
        planned.before["unit"] = names.get(instrument.unit_id or 0, "")


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
