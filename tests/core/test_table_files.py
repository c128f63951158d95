"""Tables as people upload them: CSV with any usual delimiter, and workbooks."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest

from booking.core.errors import Refused, Unreadable
from booking.core.table_files import Limits, TooLarge, guarded, open_table, simplified, unguarded
from booking.core.table_writing import csv_pieces, write_xlsx

KNOWN = frozenset(simplified(name) for name in ("编号", "名称", "型号"))


def workbook(rows: Iterable[Sequence[Any]], **sheets: Iterable[Sequence[Any]]) -> bytes:
    """A workbook as openpyxl writes it, with more sheets after the first."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for name, more in sheets.items():
        sheet = book.create_sheet(name)
        for row in more:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def cells(data: bytes) -> list[list[str]]:
    """The rows below the header."""
    return [row.cells for row in open_table(data, KNOWN).rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    data = delimiter.join(("编号", '"名,称;"', "型号")) + "\n" + delimiter.join(("1", "a", "b")) + "\n"

    assert open_table(data.encode()).header == ["编号", "名,称;", "型号"]
    assert cells(data.encode()) == [["1", "a", "b"]]


def test_values_of_a_sheet_are_texts_as_people_see_them() -> None:
    day = date(2012, 5, 26)
    midnight = datetime.combine(day, time())
    row = ["007", 12.0, 185.5, 0.1 + 0.2, 1e21, midnight, day, time(9, 30), True, None, -3]

    found = cells(workbook([["编号", *"bcdefghijk"], row]))

    expected = ["007", "12", "185.5", "0.3", "1000000000000000000000", "2012-05-26", "2012-05-26", "09:30", "是", ""]
    assert found == [[*expected, "-3"]]


def test_titles_above_the_header_are_skipped_and_merged_names_are_taken() -> None:
    title, group = ["大型仪器清单"], ["编号", "基本信息", None, "备注"]
    data = workbook([title, [], group, [None, "名称", "型号"], ["A-1", "电镜", "JSM", "x"]])

    table = open_table(data, KNOWN)

    assert (table.header, table.header_number) == (["编号", "名称", "型号", "备注"], 4)
    assert [(row.number, row.cells) for row in table.rows] == [(5, ["A-1", "电镜", "JSM", "x"])]


def test_a_formula_without_a_value_and_a_fault_are_named_and_what_stands_beside_the_table_too() -> None:
    rows = list(open_table(workbook([["编号", "名称"], ["A", "=1+1"], ["B", "#REF!"], ["C", "c", "mehr"]])).rows)

    assert [sorted(row.wrong) for row in rows] == [[1], [1], []]
    assert [row.problem is not None for row in rows] == [False, False, True]


def test_macros_old_files_and_what_is_no_workbook_are_refused() -> None:
    def packed(**parts: str) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, text in parts.items():
                archive.writestr(name.replace("__", "/"), text)
        return file.getvalue()

    for data in (
        packed(xl__workbook="<x/>"),
        packed(**{"xl/workbook.xml": "<x/>", "xl/vbaProject.bin": "x"}),
        packed(**{"xl/workbook.xml": "<x"}),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100,
        workbook([["编号"]])[:-200],
        workbook([]),
        b"",
    ):
        with pytest.raises(Unreadable):
            open_table(data)


def test_what_is_too_large_as_it_comes_or_unpacked_is_refused() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 3_000_000)

    with pytest.raises(TooLarge):
        open_table(b"x" * 1001, limits=Limits(packed=1000))
    with pytest.raises(Refused) as refused:
        open_table(bomb.getvalue(), limits=Limits(unpacked=2_000_000))

    assert refused.value.status == 413


def changed(part: str, old: bytes, new: bytes) -> bytes:
    """A small workbook with one text of one part replaced."""
    file = io.BytesIO()
    parts = zipfile.ZipFile(io.BytesIO(workbook([["编号", "名称"], ["A", "x"]])))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in parts.namelist():
            text = parts.read(name)
            archive.writestr(name, text.replace(old, new) if name == part else text)
    return file.getvalue()


SHEET, END = "xl/worksheets/sheet1.xml", b"</sheetData>"


def many_parts() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(3000):
            archive.writestr(f"xl/{number}", b"")
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            changed(SHEET, b"<worksheet", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><worksheet'),
            id="an entity from outside",
        ),
        pytest.param(
            changed("xl/workbook.xml", b"<workbook", b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><workbook'),
            id="entities of entities",
        ),
        pytest.param(
            changed(SHEET, END, b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>' + END), id="a row far below"
        ),
        pytest.param(
            changed(SHEET, END, b'<row r="3"><c r="A3"><v>1</v></c><c r="XFD3"><v>1</v></c></row>' + END),
            id="a cell far to the right",
        ),
        pytest.param(
            changed(SHEET, END, b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (n, n) for n in range(3, 600)) + END),
            id="blank cells far to the right in every row",
        ),
        pytest.param(many_parts(), id="thousands of parts"),
        pytest.param(changed(SHEET, END, END + b" " * 3_000_000), id="more than the reader takes"),
    ],
)
def test_workbooks_that_would_cost_the_reader_dearly_are_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        list(open_table(data, limits=Limits(unpacked=2_000_000)).rows)


def test_a_sheet_that_says_it_is_the_largest_one_is_read_as_large_as_it_is() -> None:
    data = changed(SHEET, b'<dimension ref="A1:B2"', b'<dimension ref="A1:XFD1048576"')

    assert b"XFD1048576" in zipfile.ZipFile(io.BytesIO(data)).read(SHEET)
    assert cells(data) == [["A", "x"]]


def test_ten_thousand_columns_are_refused_and_empty_and_blank_rows_are_none() -> None:
    with pytest.raises(Unreadable) as refused:
        open_table((",".join(f"c{n}" for n in range(10_000)) + "\n").encode())

    assert refused.value.values == {"found": 10_000, "most": 500}
    assert cells("编号,名称\n,\n\n1,a\n".encode()) == [["1", "a"]]


@pytest.mark.parametrize("text", ["=1+1", "+86 23", "-x", "@a", "\tx", "'=1", "+1e5"])
def test_no_text_becomes_a_formula_and_comes_back_as_it_was(text: str) -> None:
    data = b"".join(csv_pieces([["编号", "名称"], [text, "x"]]))

    assert unguarded(guarded(text)) == text
    assert guarded(text)[0] == "'"
    assert data.startswith(b"\xef\xbb\xbf")


def test_numbers_need_no_guard() -> None:
    assert [guarded(text) for text in ("-12.5", "+3", "12")] == ["-12.5", "+3", "12"]


def test_a_written_workbook_is_read_by_another_library_with_its_texts_as_texts() -> None:
    file = io.BytesIO()
    write_xlsx(file, [("仪器 & 表", [["编号"], ["=1+1"], ["007"], ["a<b\x0b\n行"]]), ("代码", [["x"]])])

    book = openpyxl.load_workbook(file)

    assert book.sheetnames == ["仪器 & 表", "代码"]
    assert [cell.value for cell in book["仪器 & 表"]["A"]] == ["编号", "=1+1", "007", "a<b\n行"]
    assert {cell.data_type for cell in book["仪器 & 表"]["A"]} == {"s"}
    assert cells(file.getvalue()) == [["=1+1"], ["007"], ["a<b\n行"]]
