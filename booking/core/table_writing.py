"""Writing tables that spreadsheets open: CSV and XLSX, row by row, with every text kept a text, amounts numbers."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from booking.core.csv_tables import BYTE_ORDER_MARK
from booking.core.table_files import guarded

CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK = 200
LONGEST_SHEET_NAME, COLUMN_WIDTH = 31, 18

AMOUNT_FORMAT = "0.00"

Row = Sequence[str | Decimal]
Sheets = Sequence[tuple[str, Iterable[Row]]]


def csv_pieces(rows: Iterable[Row]) -> Iterator[bytes]:
    """The rows as CSV in UTF-8 with a byte order mark, some hundred at a time."""
    yield BYTE_ORDER_MARK
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for count, row in enumerate(rows, start=1):
        writer.writerow([guarded(str(cell)) for cell in row])
        if count % CHUNK == 0:
            yield text.getvalue().encode("utf-8", "replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode("utf-8", "replace")


def write_xlsx(file: IO[bytes], sheets: Sheets) -> None:
    """The sheets as a workbook (ECMA-376) whose cells are texts, so that no code loses its zeros, but for amounts."""
    book = Workbook(write_only=True)
    for name, rows in sheets:
        _fill(book.create_sheet(name[:LONGEST_SHEET_NAME]), rows)
    book.save(file)


def _fill(sheet: Any, rows: Iterable[Row]) -> None:
    """A sheet with its first row in bold and always in sight; columns are text for what is typed later."""
    sheet.freeze_panes = "A2"
    lines = iter(rows)
    header = [_cell(sheet, str(text)) for text in next(lines, ())]
    for number, cell in enumerate(header, start=1):
        cell.font = Font(bold=True)
        column = sheet.column_dimensions[get_column_letter(number)]
        column.width, column.number_format = COLUMN_WIDTH, "@"
    sheet.append(header)
    for row in lines:
        sheet.append([_plain(sheet, one) if isinstance(one, str) else _amount(sheet, one) for one in row])


def _plain(sheet: Any, text: str) -> Any:
    """A text as the library takes it fastest: as it is, unless it would be read as something else."""
    clean = text if text.isprintable() else ILLEGAL_CHARACTERS_RE.sub("", text)
    return _cell(sheet, clean) if clean.startswith("=") else clean or None


def _amount(sheet: Any, amount: Decimal) -> Any:
    """A number with two decimals, which can be added up."""
    cell = WriteOnlyCell(sheet, amount)
    cell.number_format = AMOUNT_FORMAT
    return cell


def _cell(sheet: Any, text: str) -> Any:
    """A text cell, whatever it begins with."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
    cell.data_type = "s"
    return cell
