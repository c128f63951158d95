"""Reading a table of instruments: bytes → named cells → typed rows, every row accounted for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field

from booking.catalogue.form_fields import CodedBelongsTo, HoursText, SlotsText, Wan
from booking.catalogue.forms import PlaceFields, RecordFields, SharingFields
from booking.catalogue.import_cells import Noted
from booking.catalogue.import_headers import known_names
from booking.catalogue.import_layouts import LAYOUTS, NATIONAL, Column, Layout
from booking.catalogue.rules import MOST_LANES
from booking.core.errors import InvalidInput, Problem
from booking.core.forms import FilledLine, Line, read
from booking.core.table_files import RawRow, open_table
from booking.core.texts import N_
from models.vocabulary.catalogue import BelongsTo

MODES = {"self": "self", "assisted": "assisted", "自主上机": "self", "协助上机": "assisted"}


class ImportRow(RecordFields, PlaceFields, SharingFields):
    """One row of a table: the record's fields, its owner by name, its timetable; what is blank says nothing."""

    inner_id: Annotated[FilledLine, Field(max_length=150)]
    institution: Annotated[FilledLine, Field(max_length=200)]
    owner_country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "CN"
    unit: Annotated[Line, Field(max_length=200)] = ""
    unit_en: Annotated[Line, Field(max_length=200)] = ""
    original_value_wan: Wan = None
    belongs_to: CodedBelongsTo = BelongsTo.NONE
    is_sample: bool = False
    provenance: Annotated[Line, Field(max_length=300)] = ""
    lanes: Annotated[int, Field(ge=1, le=MOST_LANES)] = 1
    opening_hours: HoursText = Field(default_factory=list)
    grid_minutes: Annotated[int, Field(ge=5, le=60)] = 30
    shortest_minutes: Annotated[int, Field(ge=5, le=20160)] = 30
    longest_minutes: Annotated[int, Field(ge=5, le=20160)] = 480
    notice_minutes: Annotated[int, Field(ge=0, le=129600)] = 0
    horizon_days: Annotated[int, Field(ge=1, le=730)] = 60
    setup_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    cleanup_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    needs_approval: bool = False
    slots: SlotsText = ""
    modes: Annotated[str, Field(max_length=40)] = ""


@dataclass(slots=True)
class ReadRow:
    """One row of the file by its number in a spreadsheet: what it says, or why it cannot be taken."""

    number: int
    values: ImportRow | None = None
    label: str = ""
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """A file as read: its layout, its rows, and what is to be said of the whole."""

    layout: Layout
    rows: list[ReadRow]
    notes: list[Problem]


def read_table(data: bytes) -> Table:
    """Every row of a CSV or XLSX file with a header that is known; raises Unreadable for no table at all."""
    file = open_table(data, frozenset(known_names()))
    layout, names = _recognised(file.header)
    rows = [read_row(raw, names, layout) for raw in file.rows]
    return Table(layout, rows, _unknown_columns(names, layout))


def _recognised(header: Sequence[str]) -> tuple[Layout, list[str]]:
    """The layout of a header and its columns under the layout's own names; raises InvalidInput."""
    for layout in LAYOUTS:
        names = [layout.aliases.get(name, name) for name in header]
        if layout.recognised_by <= set(names):
            if repeated := sorted({name for name in names if name and names.count(name) > 1}):
                raise InvalidInput([Problem(repeated[0], N_("这一列出现了不止一次。"))])
            return layout, names
    raise InvalidInput(
        [Problem("institution", N_("表头中没有 institution（单位名称）和 inner_id（所内编号）这两列。"))]
    )


def _unknown_columns(names: Sequence[str], layout: Layout) -> list[Problem]:
    """A note for each column that nothing is read from."""
    read_ones = {source for column in layout.columns for source in column.sources} | layout.unmapped
    return [Problem(name, N_("没有使用这一列。")) for name in names if name and name not in read_ones]


def read_row(
    raw: RawRow, names: Sequence[str], layout: Layout = NATIONAL, defaults: Mapping[str, str] | None = None
) -> ReadRow:
    """One row as values or problems, with notes on what was changed or left out; `names` are fields by column.

    `defaults` are the cells of fields that the row leaves blank.
    """
    cells, problems = named_cells(raw, names, defaults or {})
    row = ReadRow(raw.number, problems=problems)
    if not problems:
        _fill(row, cells, layout)
    return row


def named_cells(raw: RawRow, names: Sequence[str], defaults: Mapping[str, str]) -> tuple[dict[str, str], list[Problem]]:
    """The cells of a row by field, with the defaults where one is blank; or why the row cannot be read."""
    if raw.problem is not None:
        return {}, [raw.problem]
    if len(raw.cells) != len(names):
        values = {"found": len(raw.cells), "wanted": len(names)}
        return {}, [Problem("", N_("这一行有 %(found)s 个单元格，表头有 %(wanted)s 列。"), values)]
    if wrong := [Problem(names[index], why) for index, why in sorted(raw.wrong.items()) if names[index]]:
        return {}, wrong
    cells = {name: cell for name, cell in zip(names, raw.cells, strict=True) if name}
    return cells | {name: cell for name, cell in defaults.items() if not cells.get(name, "").strip()}, []


def _fill(row: ReadRow, cells: Mapping[str, str], layout: Layout) -> None:
    """Convert the cells of a whole row; problems and notes name the file's own columns."""
    given: dict[str, Any] = {}
    for column in _readable(layout.name, frozenset(cells)):
        made = column.convert(*(cells[source] for source in column.sources))
        if isinstance(made, Noted):
            row.notes.append(Problem(column.label, made.note.message, made.note.values))
            made = made.text
        if made:
            given[column.target] = made
    row.label = given.get("name_zh") or given.get("name_en") or ""
    for name in sorted(layout.unmapped & set(cells)):
        if cells[name].strip():
            row.notes.append(
                Problem(name, N_("“%(cell)s”没有对应的设置，未导入。"), {"cell": cells[name].strip()[:80]})
            )
    try:
        row.values = read(ImportRow, given)
        row.problems += _wrong_modes(row.values)
    except InvalidInput as wrong:
        row.problems += [
            Problem(layout.label_of(found.field.partition(".")[0]), found.message, found.values)
            for found in wrong.problems
        ]


@lru_cache(64)
def _readable(layout_name: str, names: frozenset[str]) -> tuple[Column, ...]:
    """The fields that a row with these columns can be read for."""
    layout = next(layout for layout in LAYOUTS if layout.name == layout_name)
    return tuple(column for column in layout.columns if names.issuperset(column.sources))


def _wrong_modes(values: ImportRow) -> list[Problem]:
    """A problem when `modes` names something else than `self` and `assisted`."""
    if all(mode in MODES for mode in modes_of(values.modes)):
        return []
    return [Problem("modes", N_("应为 self、assisted 或二者，以逗号分隔。"))]


def modes_of(text: str) -> list[str]:
    """The words of a list of modes."""
    return [mode.strip() for mode in text.replace("，", ",").split(",") if mode.strip()]
