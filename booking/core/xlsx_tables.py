"""Reading the first sheet of an XLSX workbook: values as people see them, within limits of size."""

import io
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl

from booking.core.errors import Refused, Unreadable
from booking.core.texts import N_

ZIP, OLD_OR_LOCKED = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MACROS = ("vbaproject.bin", "vbadata.xml")
XML = (".xml", ".rels", ".vml")
MOST_PARTS, LAST_ROW, WIDEST, MOST_BEYOND = 2000, 200_000, 1000, 5_000_000
HAS_FORMULA = re.compile(rb"<f[ >/]")
DECLARES_TYPES = re.compile(rb"<!(?:DOCTYPE|ENTITY)|<\x00!\x00[DE]|\x00<\x00!\x00[DE]")
FORMULA_WITHOUT_VALUE = N_("公式没有计算结果，请在表格软件中打开并保存后再导入。")
FORMULA_FAULT = N_("单元格里是公式错误。")
BROKEN = (
    zipfile.BadZipFile,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
    OSError,
)


class Unpacked(Refused):
    """The workbook unpacks to more than the service reads."""

    status = 413
    code = "file_too_large"
    sentence = N_("工作簿解压后太大，最多 %(megabytes)s MB，请拆分后再导入。")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row by its number, its cells as text, and what is wrong with some of them."""

    number: int
    cells: list[str]
    wrong: dict[int, str] = field(default_factory=dict)


def is_workbook(data: bytes) -> bool:
    """Whether the bytes are a workbook; raises Unreadable for old and for locked ones."""
    if data.startswith(OLD_OR_LOCKED):
        raise Unreadable(N_("这是旧的 .xls 文件或有密码保护，请另存为没有密码的 .xlsx。"))
    return data.startswith(ZIP)


def rows_of(data: bytes, most_bytes: int) -> Iterator[SheetRow]:
    """The rows of the first visible sheet; raises Unreadable for what is no workbook or holds macros, and Unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            has_formulas = _checked(parts, most_bytes)
        yield from _rows(data, has_formulas=has_formulas)
    except BROKEN as broken:
        raise Unreadable(N_("无法打开这个工作簿，它可能已损坏。")) from broken


def _checked(parts: zipfile.ZipFile, most_bytes: int) -> bool:
    """Whether a sheet has formulas; raises for what is too large and for macros before anything is unpacked."""
    entries = parts.infolist()
    if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > most_bytes:
        raise Unpacked(megabytes=most_bytes // 1_000_000)
    names = [entry.filename.lower() for entry in entries]
    if any(name.endswith(MACROS) for name in names):
        raise Unreadable(N_("含有宏的工作簿不能导入，请另存为 .xlsx。"))
    if "xl/workbook.xml" not in names:
        raise Unreadable(N_("这不是 XLSX 工作簿。"))
    if any(_holds(parts, entry, DECLARES_TYPES) for entry in entries if entry.filename.lower().endswith(XML)):
        raise Unreadable(N_("工作簿里有不属于表格的声明（DTD），不能导入，请在表格软件中另存为 .xlsx。"))
    sheets = [entry for entry in entries if entry.filename.startswith("xl/worksheets/")]
    return any(_holds(parts, entry, HAS_FORMULA) for entry in sheets)


def _holds(parts: zipfile.ZipFile, entry: zipfile.ZipInfo, pattern: re.Pattern[bytes]) -> bool:
    """Whether the part has what the pattern says, read piece by piece."""
    end = b""
    with parts.open(entry) as file:
        while piece := file.read(1 << 20):
            if pattern.search(end + piece):
                return True
            end = piece[-20:]
    return False


def _rows(data: bytes, *, has_formulas: bool) -> Iterator[SheetRow]:
    """Walk through the sheet; where there are formulas, beside the same sheet with the formulas themselves."""
    values = _sheet_rows(data, data_only=True)
    formulas = _sheet_rows(data, data_only=False) if has_formulas else None
    for number, cells in enumerate(values, start=1):
        beside = next(formulas, ()) if formulas else ()
        if number > LAST_ROW:
            raise Unreadable(N_("表格延伸到第 %(most)s 行以下，请删去下方多余的行后再导入。"), most=LAST_ROW)
        if not cells and not beside:
            continue
        texts = [_text(cell.value) for cell in cells]
        wrong = {index: FORMULA_FAULT for index, cell in enumerate(cells) if cell.data_type == "e"}
        for index, cell in enumerate(beside):
            is_lost = index >= len(texts) or (not texts[index] and index not in wrong)
            if cell.data_type == "f" and is_lost:
                wrong[index] = FORMULA_WITHOUT_VALUE
        if texts or wrong:
            yield SheetRow(number, texts, wrong)


def _narrow(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """The rows without blank cells far to the right; a few of them would make the library fill in millions."""
    beyond = 0
    for cells in rows:
        further = cells[WIDEST:]
        beyond += len(further)
        if beyond > MOST_BEYOND or any(cell.value is not None for cell in further):
            raise Unreadable(N_("表格右侧延伸到第 %(most)s 列以外，请删去多余的列后再导入。"), most=WIDEST)
        yield cells[:WIDEST] if further else cells


def _sheet_rows(data: bytes, *, data_only: bool) -> Iterator[Any]:
    """The rows of the first visible sheet, also where the file says a wrong size of it."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=data_only, keep_links=False)
    try:
        sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
        sheet.reset_dimensions()
        yield from _narrow(sheet.iter_rows())
    except StopIteration:
        return
    finally:
        book.close()


def _text(value: Any) -> str:
    """A value as people see it: whole numbers without `.0`, days as 2026-11-25, yes and no in words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    return value.strftime("%H:%M") if isinstance(value, time) else str(value)


def _number(value: float) -> str:
    """A number with the fifteen digits that a sheet keeps, never with an exponent."""
    if not math.isfinite(value):
        return str(value)
    text = format(Decimal(format(value, ".15g")), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
