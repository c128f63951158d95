"""Reading a roster: pasted or uploaded text → rows with what they say of each person, every row accounted for."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from booking.accounts.forms import Email, Name
from booking.accounts.rules import normal_address
from booking.affiliations.forms import Day, StaffNumber
from booking.affiliations.rules import is_readable
from booking.core.csv_tables import rows_of
from booking.core.errors import InvalidInput, Problem
from booking.core.forms import Blank, Form, Line, read
from booking.core.table_files import unguarded
from booking.core.texts import N_

MOST_ROWS = 5000
PHONE = re.compile(r"^\+?[0-9][0-9 -]{5,30}$")
DAY = re.compile(r"^(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D?$")

COLUMNS = {
    "staff_number": ("staff_number", "staff number", "工号", "学号", "工号或学号", "职工号", "编号"),
    "name": ("name", "姓名", "名字"),
    "email": ("email", "mail", "e-mail", "邮箱", "电子邮箱", "邮件", "电子邮件"),
    "phone": ("phone", "mobile", "手机", "手机号", "电话", "联系电话"),
    "unit": ("unit", "department", "部门", "学院", "单位", "所属部门", "院系"),
    "user_group": ("user_group", "user group", "group", "用户类别", "类别"),
    "until": ("until", "ends_on", "有效期至", "截止日期", "到期日期", "到期"),
}
TEMPLATE = ("工号", "姓名", "邮箱", "手机", "部门", "用户类别", "有效期至")
_TARGETS = {alias: target for target, aliases in COLUMNS.items() for alias in aliases}


def _phone(value: str) -> str:
    """Refuse what is no telephone number; empty stays empty."""
    if value and not PHONE.match(value):
        raise PydanticCustomError("string_pattern_mismatch", "no telephone number")
    return value


class RosterRow(Form):
    """What a row says of a person; what is blank says nothing."""

    name: Name
    email: Annotated[Email | None, Blank] = None
    phone: Annotated[Line, Field(max_length=40), AfterValidator(_phone)] = ""
    staff_number: StaffNumber = ""
    unit: Annotated[Line, Field(max_length=200)] = ""
    user_group: Annotated[Line, Field(max_length=80)] = ""
    until: Annotated[Day | None, Blank] = None


@dataclass(slots=True)
class ReadRow:
    """One row by its number in a spreadsheet: what it says, or why it cannot be taken.

    What people are known by stands here for refused rows too: whoever is on a roster with a mistake is still on it.
    """

    number: int
    label: str = ""
    email: str = ""
    phone: str = ""
    staff_number: str = ""
    values: RosterRow | None = None
    problems: list[Problem] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)


def header_of(text: str) -> list[str]:
    """The first row as it was written."""
    return next(_lines(text), (1, None))[1] or []


def read_roster(text: str, *, today: date) -> list[ReadRow]:
    """Every row of a roster; raises InvalidInput for what is no roster at all. The header is the first row."""
    lines = _lines(text)
    _, header = next(lines, (1, None))
    names = _recognised(header)
    rows = [_read_row(number, cells, names, today) for number, cells in lines]
    if not rows:
        raise InvalidInput([Problem("text", N_("名册里没有人员，表头之下至少要有一行。"))])
    if len(rows) > MOST_ROWS:
        raise InvalidInput([Problem("text", N_("一次最多 %(most)s 行。"), {"most": MOST_ROWS})])
    _refuse_repeated(rows)
    return rows


def _lines(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """The rows of a text that is separated by tabs, as spreadsheets copy it, or by commas."""
    first_line = text.lstrip("\ufeff\r\n").partition("\n")[0]
    return rows_of(text, "\t" if "\t" in first_line else ",")


def _recognised(header: Sequence[str] | None) -> list[str]:
    """The header's columns under our own names, unknown ones as they are; raises InvalidInput."""
    names = [_TARGETS.get(cell.strip().lower(), cell.strip()) for cell in header or ()]
    if "name" not in names or not {"email", "phone", "staff_number"} & set(names):
        raise InvalidInput(
            [Problem("text", N_("第一行应为表头，其中要有“姓名”，以及“邮箱”“手机”“工号”中的至少一列。"))]
        )
    known = [name for name in names if name in COLUMNS]
    if repeated := sorted({name for name in known if known.count(name) > 1}):
        raise InvalidInput(
            [Problem("text", N_("表头中“%(column)s”出现了不止一次。"), {"column": COLUMNS[repeated[0]][1]})]
        )
    return names


def _read_row(number: int, cells: Sequence[str] | None, names: Sequence[str], today: date) -> ReadRow:
    """One row as values or problems."""
    row = ReadRow(number)
    if cells is None:
        row.problems.append(Problem("", N_("引号没有闭合或单元格过长，从这一行起无法读取。")))
        return row
    row.cells = list(cells)
    padded = [*cells, *[""] * (len(names) - len(cells))]
    given = {name: unguarded(cell.strip()) for name, cell in zip(names, padded, strict=False) if name in COLUMNS}
    row.label, row.staff_number = given.get("name", "")[:80], given.get("staff_number", "")[:40]
    row.email, row.phone = normal_address(given.get("email", ""))[:254], given.get("phone", "")[:40]
    if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
        values = {"found": len(cells), "wanted": len(names)}
        row.problems.append(Problem("", N_("这一行有 %(found)s 个单元格，表头有 %(wanted)s 列。"), values))
    elif broken := [name for name, cell in given.items() if not is_readable(cell)]:
        row.label = row.label if is_readable(row.label) else ""
        row.problems += [Problem(name, N_("含有无法识别的字节。")) for name in broken]
    else:
        _fill(row, given, today)
    return row


def _fill(row: ReadRow, given: Mapping[str, str], today: date) -> None:
    """Convert the cells of a whole row."""
    filled = {name: cell for name, cell in given.items() if cell}
    if "until" in filled:
        filled["until"] = _day(filled["until"])
    try:
        values = read(RosterRow, filled)
    except InvalidInput as wrong:
        row.problems += wrong.problems
        return
    if not (values.email or values.phone or values.staff_number):
        row.problems.append(Problem("email", N_("邮箱、手机、工号至少要有一项。")))
    if values.until and values.until < today:
        row.problems.append(Problem("until", N_("不能早于今天。")))
    if not row.problems:
        row.values, row.staff_number, row.email = values, values.staff_number, values.email or ""
        row.phone = values.phone


def _day(text: str) -> str:
    """2026/7/1, 20260701 and 2026年7月1日 as 2026-07-01; anything else as it is."""
    found = DAY.match(text)
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else text


def _refuse_repeated(rows: Sequence[ReadRow]) -> None:
    """Refuse a number, or an address, that stood in a row above."""
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        for name, value in (("staff_number", row.staff_number), ("email", row.email), ("phone", _phone_of(row))):
            if not value or row.values is None:
                continue
            first = seen.setdefault((name, value), row.number)
            if first != row.number:
                row.problems.append(Problem(name, N_("与第 %(number)s 行重复。"), {"number": first}))
        if row.problems:
            row.values = None


def _phone_of(row: ReadRow) -> str:
    """The telephone number, where it is all there is to know somebody by."""
    return row.values.phone if row.values and not (row.values.email or row.values.staff_number) else ""
