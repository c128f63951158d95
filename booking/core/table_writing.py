"""Writing tables that spreadsheets open: CSV and XLSX, row by row, with every text kept a text."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO
from xml.sax.saxutils import escape

from booking.core.csv_tables import BYTE_ORDER_MARK
from booking.core.table_files import guarded

CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK = 200

Row = Sequence[str]
Sheets = Sequence[tuple[str, Iterable[Row]]]


def csv_pieces(rows: Iterable[Row]) -> Iterator[bytes]:
    """The rows as CSV in UTF-8 with a byte order mark, some hundred at a time."""
    yield BYTE_ORDER_MARK
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for count, row in enumerate(rows, start=1):
        writer.writerow([guarded(cell) for cell in row])
        if count % CHUNK == 0:
            yield text.getvalue().encode("utf-8", "replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode("utf-8", "replace")


def write_xlsx(file: IO[bytes], sheets: Sheets) -> None:
    """The sheets as a workbook (ECMA-376) whose cells are all texts, so that no code loses its zeros."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as parts:
        parts.writestr("[Content_Types].xml", _content_types(len(sheets)))
        parts.writestr("_rels/.rels", _RELATIONS)
        parts.writestr("xl/workbook.xml", _workbook([name for name, _rows in sheets]))
        parts.writestr("xl/_rels/workbook.xml.rels", _workbook_relations(len(sheets)))
        parts.writestr("xl/styles.xml", _STYLES)
        for number, (_name, rows) in enumerate(sheets, start=1):
            with parts.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as sheet:
                for piece in _sheet(rows):
                    sheet.write(piece.encode("utf-8", "replace"))


def _sheet(rows: Iterable[Row]) -> Iterator[str]:
    """A sheet with its first row in bold and always in sight."""
    yield (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        '<sheetFormatPr defaultRowHeight="15"/><cols><col min="1" max="200" width="18" customWidth="1" style="0"/>'
        "</cols><sheetData>"
    )
    for number, row in enumerate(rows, start=1):
        style = ' s="1"' if number == 1 else ' s="0"'
        cells = (_cell(column, number, cell, style) for column, cell in enumerate(row) if cell)
        yield f'<row r="{number}">{"".join(cells)}</row>'
    yield "</sheetData></worksheet>"


def _cell(column: int, row: int, text: str, style: str) -> str:
    """A text cell at its place; characters that XML has no way to write are left out."""
    clean = text if text.isprintable() else "".join(char for char in text if char >= " " or char in "\n\t")
    place = f"{_LETTERS[column] if column < len(_LETTERS) else _letters(column)}{row}"
    return f'<c r="{place}"{style} t="inlineStr"><is><t xml:space="preserve">{escape(clean)}</t></is></c>'


def _letters(column: int) -> str:
    """The letters of a column, counted from 0: A … Z, AA …"""
    text, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(65 + rest) + text
    return text


_LETTERS = [_letters(column) for column in range(200)]
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
# Style 0 is text (format 49, "@"), so that a code typed into the template keeps its zeros.
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1">'
    '<border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" '
    'fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="49" fontId="0" fillId="0" '
    'borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" '
    'applyNumberFormat="1" applyFont="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" '
    'builtinId="0"/></cellStyles></styleSheet>'
)


def _content_types(count: int) -> str:
    """What kind each part of the workbook is."""
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for number in range(1, count + 1)
    )
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>{sheets}</Types>'
    )


def _workbook(names: Sequence[str]) -> str:
    """The workbook with its sheets by name."""
    sheets = "".join(
        f'<sheet name="{escape(name)[:31]}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in enumerate(names, start=1)
    )
    return f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'


def _workbook_relations(count: int) -> str:
    """Where the sheets and the styles are."""
    sheets = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, count + 1)
    )
    styles = f'<Relationship Id="rId{count + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{sheets}{styles}</Relationships>'
