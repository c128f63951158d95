"""Opening a table that somebody uploads, CSV or XLSX: its header and its numbered rows as text, nothing lost."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, zip_longest

from booking.core import xlsx_tables
from booking.core.csv_tables import decoded, is_text, rows_of
from booking.core.errors import Problem, Refused, Unreadable
from booking.core.texts import N_

MOST_COLUMNS = 500
MOST_ROWS = 50_000
ROWS_ABOVE_HEADER = 10
DELIMITERS = ",;\t"
GUARDED = ("=", "+", "-", "@", "\t", "\r")


class TableFormat(StrEnum):
    """How a table is written."""

    CSV = "csv"
    XLSX = "xlsx"


class TooLarge(Refused):
    """The file, or what it unpacks to, is larger than the service reads."""

    status = 413
    code = "file_too_large"
    sentence = N_("文件太大，最多 %(megabytes)s MB，请拆分后再导入。")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be, in bytes: as it comes, and unpacked."""

    packed: int = 10_000_000
    unpacked: int = 200_000_000


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row by its number in a spreadsheet: its cells, what is wrong with some of them or with all."""

    number: int
    cells: list[str]
    wrong: Mapping[int, str] = field(default_factory=dict)
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class TableFile:
    """An opened table: the header, its row number, and the rows below it, which can be walked once."""

    format: TableFormat
    encoding: str
    delimiter: str
    header: list[str]
    header_number: int
    rows: Iterator[RawRow]


def open_table(data: bytes, known_names: frozenset[str] = frozenset(), limits: Limits | None = None) -> TableFile:
    """The table in a file; raises TooLarge, or Unreadable for what is none.

    The header is the row among the first ten that has most of the `known_names` (see `simplified`), else the
    first: titles above it are skipped, and a name that stands only in the row above, as in merged cells, is taken.
    """
    allowed = limits or Limits()
    if len(data) > allowed.packed:
        raise TooLarge(megabytes=allowed.packed // 1_000_000)
    if xlsx_tables.is_workbook(data):
        sheet = xlsx_tables.rows_of(data, allowed.unpacked)
        rows = (RawRow(row.number, [unguarded(cell) for cell in row.cells], row.wrong) for row in sheet)
        return _below_header(rows, known_names, TableFormat.XLSX, "", "")
    text = decoded(data)
    delimiter = delimiter_of(text.text)
    return _below_header(_csv_rows(text.text, delimiter), known_names, TableFormat.CSV, text.encoding, delimiter)


def simplified(name: str) -> str:
    """A column's name without what people write differently: width, case, blanks, brackets and stars."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in folded if char.isalnum())


def delimiter_of(text: str) -> str:
    """The sign between the cells of the first line that is not blank: the most frequent one outside of quotes."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def unguarded(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from reading it as a formula (see `guarded`)."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(GUARDED) else cell


def guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before = + - @ where it is no number."""
    if not cell.lstrip("'").startswith(GUARDED) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(cell: str) -> bool:
    """Whether a cell that begins with a sign is a plain number."""
    digits = cell[1:].replace(".", "", 1)
    return cell[:1] in "+-" and digits.isascii() and digits.isdecimal()


def _csv_rows(text: str, delimiter: str) -> Iterator[RawRow]:
    """The rows of a text, with cells that hold bytes of another encoding named."""
    for number, cells in rows_of(text, delimiter):
        if cells is None:
            yield RawRow(number, [], problem=Problem("", N_("引号没有闭合或单元格过长，从这一行起无法读取。")))
        else:
            wrong = {index: N_("含有无法识别的字节。") for index, cell in enumerate(cells) if not is_text(cell)}
            yield RawRow(number, [unguarded(cell) for cell in cells], wrong)


def _below_header(
    rows: Iterator[RawRow], known_names: frozenset[str], kind: TableFormat, encoding: str, delimiter: str
) -> TableFile:
    """The table with its header found."""
    filled = (row for row in rows if row.problem or row.wrong or any(cell.strip() for cell in row.cells))
    first = [row for _, row in zip(range(ROWS_ABOVE_HEADER), filled, strict=False)]
    if not first or first[0].problem:
        raise Unreadable(N_("文件是空的，或不是 CSV 或 XLSX 表格。"))
    counts = [sum(simplified(name) in known_names for name in _merged(first, at)) for at in range(len(first))]
    at = counts.index(max(counts)) if max(counts) > 1 else 0
    header = _names(first, at)
    rest = first[at + 1 :]
    below = chain(rest, filled)
    fitted = (_fitted(row, len(header)) for row in below) if kind == TableFormat.XLSX else below
    return TableFile(kind, encoding, delimiter, header, first[at].number, _counted(fitted))


def _names(rows: Sequence[RawRow], at: int) -> list[str]:
    """The header's names, those of merged cells among them."""
    row = rows[at]
    if row.wrong or not all(is_text(name) for name in row.cells):
        raise Unreadable(N_("表头含有无法识别的字节，请在表格软件中另存为“CSV UTF-8”。"))
    cells = _merged(rows, at)
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        values = {"found": len(cells), "most": MOST_COLUMNS}
        raise Unreadable(N_("表头有 %(found)s 列，最多 %(most)s 列。"), **values)
    return cells


def _merged(rows: Sequence[RawRow], at: int) -> list[str]:
    """The names of a row, the blank ones taken from the row above."""
    own = [name.strip() for name in rows[at].cells]
    above = [name.strip() for name in rows[at - 1].cells] if at and not rows[at - 1].wrong else []
    return [name or more for name, more in zip_longest(own, above, fillvalue="")]


def _fitted(row: RawRow, width: int) -> RawRow:
    """A row of a sheet as wide as the header; what stands beyond it is a problem."""
    beyond = [cell for cell in row.cells[width:] if cell.strip()]
    cells = row.cells[:width] + [""] * (width - len(row.cells))
    problem = Problem("", N_("表头右侧之外还有内容。")) if beyond else row.problem
    return RawRow(row.number, cells, {index: why for index, why in row.wrong.items() if index < width}, problem)


def _counted(rows: Iterator[RawRow]) -> Iterator[RawRow]:
    """The rows, as many as the service takes; raises Unreadable beyond."""
    for count, row in enumerate(rows, start=1):
        if count > MOST_ROWS:
            raise Unreadable(N_("表格超过 %(most)s 行，请拆分后再导入。"), most=MOST_ROWS)
        yield row
