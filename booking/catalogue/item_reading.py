"""Reading a table of test items: named cells → typed rows, every row accounted for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any

from pydantic import Field

from booking.catalogue.exporting_items import HEADINGS
from booking.catalogue.forms import TestItemForm
from booking.catalogue.import_headers import known_names as names_of_records
from booking.catalogue.import_reading import named_cells
from booking.core.errors import InvalidInput, Problem
from booking.core.forms import FilledLine, read
from booking.core.table_files import RawRow, simplified

OF_THE_RECORD = ("inner_id", "institution")
FIELDS = (*OF_THE_RECORD, *TestItemForm.model_fields)
"""The fields that a column may be."""

MORE_NAMES = {
    "name_zh": ("项目", "项目名称", "测试项目", "检测项目名称", "检测内容", "Test item", "Item", "Name"),
    "name_en": ("项目英文名称", "英文名称", "English name"),
    "standard": ("检测标准", "标准号", "依据标准", "检测依据", "方法标准", "Standard", "Method"),
    "range_zh": ("检测范围", "测试范围", "适用范围", "Range"),
    "price_zh": ("收费", "收费标准", "单价", "检测费", "Price", "Fee"),
    "turnaround_days": ("报告周期", "检测周期", "周期（天）", "周期", "工作日", "Turnaround", "Days"),
    "report_mark": ("资质", "认证", "报告资质", "检测资质", "Report mark", "Accreditation"),
}


class ItemRow(TestItemForm):
    """One row of a table of test items: of which record, and what the item says; what is blank says nothing."""

    __test__ = False

    inner_id: Annotated[FilledLine, Field(max_length=150)]
    institution: Annotated[FilledLine, Field(max_length=200)]

    def given(self) -> dict[str, Any]:
        """What the row says of the item."""
        return {name: getattr(self, name) for name in TestItemForm.model_fields if name in self.model_fields_set}


@dataclass(slots=True)
class ReadItem:
    """One row of the file by its number in a spreadsheet: what it says, or why it cannot be taken."""

    number: int
    values: ItemRow | None = None
    label: str = ""
    problems: list[Problem] = field(default_factory=list)


@cache
def known_names() -> Mapping[str, str]:
    """Field by simplified name: those of our own export, in both languages, and what people call them besides."""
    found = {name: target for name, target in names_of_records().items() if target in OF_THE_RECORD}
    found |= {simplified(heading): name for name, heading in HEADINGS.items() if name in FIELDS}
    for target, names in MORE_NAMES.items():
        found |= {simplified(name): target for name in names if simplified(name) not in found}
    return found | {simplified(name): name for name in FIELDS}


def read_item(raw: RawRow, names: Sequence[str], defaults: Mapping[str, str]) -> ReadItem:
    """One row as values or problems; `defaults` are the cells of fields that the row leaves blank."""
    cells, problems = named_cells(raw, names, defaults)
    row = ReadItem(raw.number, problems=problems)
    if problems:
        return row
    given = {name: cell.strip() for name, cell in cells.items() if name in FIELDS and cell.strip()}
    row.label = label_of(given.get("name_zh") or given.get("name_en") or "", given.get("standard", ""))
    try:
        row.values = read(ItemRow, given)
    except InvalidInput as wrong:
        row.problems += wrong.problems
    return row


def label_of(name: str, standard: str) -> str:
    """What an item is called among those of its instrument."""
    return f"{name} · {standard}" if standard else name
