"""Registers as they really come: every row is accounted for, and the same file again changes nothing."""

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.catalogue import Instrument
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.imports import RowFate as Fate
from tests.factories.instruments import make_organisation
from tests.factories.looking import look_again
from tests.factories.people import actor_for, give, make_user
from tests.imports.importing import Importer, csv_of

HEADER = ("资产编号", "名称", "原值（万元）", "验收日期", "学科", "电话")
DAY = date(2024, 5, 10)
GOOD = ("电镜", 185.5, DAY, "140", "023-6825")


@pytest.fixture
def importer(session: Session, now: datetime) -> Importer:
    user = make_user(session, "admin")
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, make_organisation(session).id)
    return Importer(session, actor_for(session, user, now=now), now)


def sheet_of(rows: Iterable[Sequence[Any]]) -> bytes:
    """A workbook with a title, and a header whose cells are merged over two rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["大型仪器台账"])
    sheet.append(["资产编号", "仪器", None, None, "学科", "电话"])
    sheet.append([None, *HEADER[1:4]])
    sheet.merge_cells("A1:F1")
    for merged in ("A2:A3", "B2:D2", "E2:E3", "F2:F3"):
        sheet.merge_cells(merged)
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_nasty_workbook_is_accounted_for_row_by_row(session: Session, importer: Importer) -> None:
    rows = {
        4: ("A-1", *GOOD),
        5: ("A-1 ", *GOOD),
        6: (),
        7: (7.0, " 电镜\u3000", "１８５．５", "２０２４年５月１０日", "１４０", "０２３－６８２５"),
        8: ("A-3", "电镜", "=1+1", None, None, None),
        9: ("A-4", "#REF!", None, None, None, None),
        10: ("A-5", "电镜", 185.5, datetime.combine(DAY, time(9, 30)), None, None),
        11: ("A-6", "电镜", "十万", 45422, "999", None),
        12: ("A-7", "电镜", None, None, None, None, "旁注"),
        13: (None, *GOOD),
    }
    data = sheet_of(rows.values())

    first = importer.dry_run(data)
    importer.apply(first)
    again = importer.dry_run(data)

    fates = {row.number: row.fate for row in importer.rows(first)}
    assert fates == dict.fromkeys(rows.keys() - {6}, Fate.REFUSED) | {4: Fate.CREATED, 7: Fate.CREATED}
    assert importer.reasons(first) == {
        5: ["inner_id"],
        8: ["original_value_wan"],
        9: ["name_zh"],
        10: ["accepted_on"],
        11: ["accepted_on", "original_value_wan"],
        12: [""],
        13: ["inner_id"],
    }
    assert (importer.counts(first), importer.counts(again)) == ((2, 0, 0, 7), (0, 0, 2, 7))
    look_again(session)
    columns = (Instrument.inner_id, Instrument.original_value_fen, Instrument.accepted_on, Instrument.phone)
    assert session.execute(select(*columns).order_by(Instrument.inner_id)).all() == [
        ("7", 185_500_000, DAY, "023-6825"),
        ("A-1", 185_500_000, DAY, "023-6825"),
    ]


def every_mixture() -> list[list[str]]:
    """Rows of all that people type into each of three columns; a blank one is none."""
    numbers = ("A-1", " A-1", "Ａ-1", "0007", "7", "", "=7", "A" * 151)
    names = ("电镜", "电镜\u3000", "", "“引号”,\n换行", "\u200b")
    values = ("50", "５０．０", "5e1", "1,000.5", "-3", "")
    mixed = [[number, name, value] for number in numbers for name in names for value in values]
    return [row for row in mixed if any(row)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_of_every_mixture_of_dirty_cells_each_row_has_one_fate_and_the_same_again_changes_nothing(
    session: Session, importer: Importer, encoding: str
) -> None:
    rows = every_mixture()
    data = csv_of(rows, HEADER[:3], encoding) + b"A-9,\xff\xff,1\r\n\r\nA-9,short\r\n"

    first = importer.dry_run(data)
    importer.apply(first)
    again = importer.dry_run(data)
    importer.apply(again)

    created, updated, unchanged, refused = importer.counts(first)
    assert (created + refused, updated, unchanged) == (len(rows) + 2, 0, 0)
    assert importer.counts(again) == (0, 0, created, refused)
    look_again(session)
    stored = session.scalars(select(Instrument.inner_id)).all()
    fates = Counter(row.inner_id for row in importer.rows(first) if row.fate == Fate.CREATED)
    assert sorted(stored, key=str) == sorted(fates, key=str)
    assert set(fates.values()) == {1}
