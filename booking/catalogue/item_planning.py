"""What an import of test items would do: each row compared with what stands; decides everything, writes nothing.

An item is known again by its instrument, its name and its standard.
"""

from collections import defaultdict
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
Name = tuple[str, str, str]
"""A name in one language (`name_zh` or `name_en`), and the standard."""


@dataclass(slots=True)
class Known:
    """The items of one record by their names, each with what it says once everything that waits is let through."""

    rows: dict[int, Row[Any]] = field(default_factory=dict)
    values: dict[int, dict[str, Any]] = field(default_factory=dict)
    by_name: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, row: Row[Any]) -> None:
        """One more item."""
        values = values_of(row)
        self.rows[row.id] = row
        self.values[row.id] = values
        for language in LANGUAGES:
            if values[language]:
                self.by_name[language, values[language]].append(row.id)

    def meant(self, values: Mapping[str, Any]) -> list[int]:
        """The items that these values mean: of their name, and of their standard where they name one."""
        language = name_of(values)[0]
        named = self.by_name.get((language, values[language]), [])
        exact = [item_id for item_id in named if self.values[item_id]["standard"] == values["standard"]]
        return exact if values["standard"] or len(exact) == 1 else named


LANGUAGES = ("name_zh", "name_en")


def name_of(values: Mapping[str, Any]) -> Name:
    """By which name and standard an item is known again: the Chinese name where there is one."""
    language = "name_zh" if values["name_zh"] else "name_en"
    return language, values[language], values["standard"]


def names_of(values: Mapping[str, Any]) -> list[Name]:
    """Every name by which an item could be known again, with its standard."""
    return [(language, values[language], values["standard"]) for language in LANGUAGES if values[language]]


@dataclass(frozen=True, slots=True)
class Standing:
    """The organisations, records and items that the rows of a table touch."""

    owners: Mapping[str, Organisation]
    owners_by_id: Mapping[int, Organisation]
    instruments: Mapping[tuple[int, str], int]
    items: Mapping[int, Known]


@dataclass(slots=True)
class PlannedItem:
    """A row with its fate, its record, its item, and what of that differs: before (none for a new one) and after."""

    read: ReadItem
    fate: Fate
    owner: Organisation | None = None
    owner_name: str = ""
    instrument_id: int | None = None
    item_id: int | None = None
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Earlier:
    """The rows before these: which items they mean, what new ones are called, and how many each record gets."""

    items: MutableMapping[int, int] = field(default_factory=dict)
    names: MutableMapping[tuple[int, Name], int] = field(default_factory=dict)
    added: MutableMapping[int, int] = field(default_factory=dict)

    def note_new(self, instrument_id: int, values: Mapping[str, Any], number: int) -> None:
        """A row makes a new item."""
        self.added[instrument_id] = self.added.get(instrument_id, 0) + 1
        for name in names_of(values):
            self.names.setdefault((instrument_id, name), number)


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


def items_of(session: Session, instrument_ids: Iterable[int]) -> dict[int, Known]:
    """The items of records in the owner's order, as plain rows."""
    found: dict[int, Known] = defaultdict(Known)
    for chunk in chunks(instrument_ids):
        statement = select(ITEMS).where(ITEMS.c.instrument_id.in_(chunk)).order_by(ITEMS.c.position, ITEMS.c.id)
        for row in session.execute(statement):
            found[row.instrument_id].add(row)
    return found


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
    return _compare(planned, row, standing.items.get(planned.instrument_id or 0, Known()), earlier)


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


def _compare(planned: PlannedItem, row: ItemRow, known: Known, earlier: Earlier) -> PlannedItem:
    """The row against the items of its record, and against the rows before it that mean the same one."""
    number, values = planned.instrument_id or 0, TestItemForm(**row.given()).model_dump()
    found = known.meant(values)
    if len(found) > 1:
        return _refused(planned, AMBIGUOUS)
    repeated = earlier.items.get(found[0]) if found else earlier.names.get((number, name_of(values)))
    if repeated is not None:
        return _refused(planned, Problem("name_zh", N_("与第 %(number)s 行重复。"), {"number": repeated}))
    if not found:
        if len(known.rows) + earlier.added.get(number, 0) >= MOST_ITEMS:
            return _refused(planned, TOO_MANY)
        earlier.note_new(number, values, planned.read.number)
        planned.fate, planned.after = Fate.CREATED, values
        return planned
    planned.item_id = found[0]
    earlier.items[found[0]] = planned.read.number
    current = known.values[found[0]]
    planned.after = {name: value for name, value in row.given().items() if current[name] != value}
    planned.before = {name: current[name] for name in planned.after}
    planned.fate = Fate.UPDATED if planned.after else Fate.UNCHANGED
    return planned


def _refused(planned: PlannedItem, why: Problem) -> PlannedItem:
    """The row is not taken."""
    planned.read.problems.append(why)
    planned.fate = Fate.REFUSED
    return planned
