"""What an import of test items would do: each row compared with what stands; decides everything, writes nothing.

An item is known again by its instrument, its name and its standard.
"""

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from booking.catalogue.forms import TestItemForm
from booking.catalogue.import_planning import Wishes
from booking.catalogue.import_standing import chunks, owners_named
from booking.catalogue.item_reading import ItemRow, ReadItem
from booking.catalogue.test_items import MOST_ITEMS
from booking.catalogue.waiting_items import values_of
from booking.core.errors import Problem
from booking.core.texts import N_
from models.base import Base
from models.catalogue import Instrument
from models.directory import Organisation
from models.vocabulary.imports import RowFate as Fate

ITEMS = Base.metadata.tables["test_items"]
TOO_MANY = Problem("name_zh", N_("检测项目最多 %(most)s 项。"), {"most": MOST_ITEMS})
AMBIGUOUS = Problem("standard", N_("这台仪器有几个同名的检测项目，请写明标准。"))
Named = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """The organisations, records and items that the rows of a table touch."""

    owners: Mapping[str, Organisation]
    owners_by_id: Mapping[int, Organisation]
    instruments: Mapping[tuple[int, str], int]
    items: Mapping[int, Sequence[Row[Any]]]


@dataclass(slots=True)
class PlannedItem:
    """A row with its fate, its record, and what of the item differs: before (none for a new one) and after."""

    read: ReadItem
    fate: Fate
    owner: Organisation | None = None
    owner_name: str = ""
    instrument_id: int | None = None
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Earlier:
    """The rows before these: by record and label the first one's number, and how many items each record gets."""

    rows: MutableMapping[Named, int] = field(default_factory=dict)
    added: MutableMapping[int, int] = field(default_factory=dict)


def standing_items(session: Session, rows: Sequence[ItemRow], more_owners: Sequence[int] = ()) -> Standing:
    """Everything the rows refer to, in a number of statements that grows by one per 500 rows."""
    owners = owners_named(session, {row.institution for row in rows})
    further = session.scalars(select(Organisation).where(Organisation.id.in_(more_owners))) if more_owners else ()
    by_id = {owner.id: owner for owner in (*owners.values(), *further)}
    instruments: dict[tuple[int, str], int] = {}
    columns = select(Instrument.organisation_id, Instrument.inner_id, Instrument.id)
    for inner_ids in chunks({row.inner_id for row in rows}):
        fitting = columns.where(Instrument.organisation_id.in_(by_id), Instrument.inner_id.in_(inner_ids))
        instruments |= {(place, inner_id or ""): key for place, inner_id, key in session.execute(fitting)}
    return Standing(owners, by_id, instruments, items_of(session, instruments.values()))


def items_of(session: Session, instrument_ids: Iterable[int]) -> dict[int, list[Row[Any]]]:
    """The items of records in the owner's order, as plain rows."""
    found: dict[int, list[Row[Any]]] = {}
    for chunk in chunks(instrument_ids):
        statement = select(ITEMS).where(ITEMS.c.instrument_id.in_(chunk)).order_by(ITEMS.c.position, ITEMS.c.id)
        for row in session.execute(statement):
            found.setdefault(row.instrument_id, []).append(row)
    return found


def matching(items: Sequence[Row[Any]], name_zh: str, name_en: str, standard: str) -> list[Row[Any]]:
    """The items that a row means: of its name, and of its standard where it names one."""
    named = [
        item
        for item in items
        for values in (values_of(item),)
        if (values["name_zh"] == name_zh if name_zh else values["name_en"] == name_en)
    ]
    exact = [item for item in named if values_of(item)["standard"] == standard]
    return exact if standard or len(exact) == 1 else named


def plan_items(reads: Sequence[ReadItem], standing: Standing, wishes: Wishes, earlier: Earlier) -> list[PlannedItem]:
    """The fate of every row, in order; the first row that means an item wins, later ones are refused."""
    return [_plan(read, standing, wishes, earlier) for read in reads]


def _plan(read: ReadItem, standing: Standing, wishes: Wishes, earlier: Earlier) -> PlannedItem:
    """One row as created, updated, unchanged or refused."""
    row = read.values
    if row is None or read.problems:
        return PlannedItem(read, Fate.REFUSED)
    planned = PlannedItem(read, Fate.REFUSED)
    if problem := _place(planned, row, standing, wishes) or _unnamed(row):
        return _refused(planned, problem)
    number = planned.instrument_id or 0
    key = (number, row.inner_id, read.label)
    if key in earlier.rows:
        return _refused(planned, Problem("name_zh", N_("与第 %(number)s 行重复。"), {"number": earlier.rows[key]}))
    earlier.rows[key] = read.number
    return _compare(planned, row, standing.items.get(number, ()), earlier.added)


def _place(planned: PlannedItem, row: ItemRow, standing: Standing, wishes: Wishes) -> Problem | None:
    """Find the record of the row; or why there is none that may be written."""
    stead = wishes.steads.get(row.institution.lower())
    owner = standing.owners_by_id.get(stead.organisation_id) if stead else standing.owners.get(row.institution.lower())
    if owner is None:
        planned.owner_name = row.institution
        return Problem("institution", N_("没有登记过这个单位。"))
    if not wishes.reaches(owner.id):
        return Problem("institution", N_("这次导入不能写入这个单位。"))
    planned.owner, planned.instrument_id = owner, standing.instruments.get((owner.id, row.inner_id))
    return None if planned.instrument_id else Problem("inner_id", N_("这个单位没有这个编号的仪器。"))


def _unnamed(row: ItemRow) -> Problem | None:
    """An item needs a name in either language."""
    return None if row.name_zh or row.name_en else Problem("name_zh", N_("请填写中文或英文名称。"))


def _compare(
    planned: PlannedItem, row: ItemRow, items: Sequence[Row[Any]], added: MutableMapping[int, int]
) -> PlannedItem:
    """The row against the items of its record."""
    found = matching(items, row.name_zh, row.name_en, row.standard)
    number = planned.instrument_id or 0
    if len(found) > 1:
        return _refused(planned, AMBIGUOUS)
    if not found:
        if len(items) + added.get(number, 0) >= MOST_ITEMS:
            return _refused(planned, TOO_MANY)
        added[number] = added.get(number, 0) + 1
        planned.fate, planned.after = Fate.CREATED, TestItemForm(**row.given()).model_dump()
        return planned
    current = values_of(found[0])
    planned.after = {name: value for name, value in row.given().items() if current[name] != value}
    planned.before = {name: current[name] for name in planned.after}
    planned.fate = Fate.UPDATED if planned.after else Fate.UNCHANGED
    return planned


def _refused(planned: PlannedItem, why: Problem) -> PlannedItem:
    """The row is not taken."""
    planned.read.problems.append(why)
    planned.fate = Fate.REFUSED
    return planned
