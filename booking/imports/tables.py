"""Tables to take away: the refused rows with their reasons, and an empty table to fill in."""

from collections.abc import Iterator

from flask_babel import gettext
from sqlalchemy.orm import Session

from booking.catalogue import labels, reference
from booking.catalogue.exporting_items import HEADINGS as ITEM_HEADINGS
from booking.catalogue.import_layouts import heading_of
from booking.core.table_writing import Row
from booking.directory.queries import places
from booking.imports.kinds import FIELDS
from booking.imports.queries import rows_after
from booking.imports.rules import EXAMPLES
from booking.imports.shown import reasons_of
from booking.web.languages import in_language, page_language
from models.imports import Import
from models.vocabulary.imports import ImportKind, RowFate

AT_ONCE = 500


def refused_rows(session: Session, found: Import) -> Iterator[Row]:
    """The header of the file with a column for the reasons, and every refused row as it came."""
    yield [*found.header, gettext("拒绝原因")]
    last, width = 0, len(found.header)
    while rows := rows_after(session, found.id, last, fate=RowFate.REFUSED, limit=AT_ONCE):
        for row in rows:
            cells = (row.cells + [""] * width)[:width]
            yield [*cells, " ".join(reasons_of(row, found))]
        last = rows[-1].number


def template_rows(kind: ImportKind) -> Iterator[Row]:
    """The columns to fill in, and an example that is refused as long as nobody makes a row of their own of it."""
    example = EXAMPLES[kind]
    yield [_heading(kind, name) for name in FIELDS[kind]]
    yield [example.get(name, "") for name in FIELDS[kind]]


def _heading(kind: ImportKind, name: str) -> str:
    """What the column of a field is called; those of test items are called as in their export."""
    is_english = page_language() == "en"
    if kind == ImportKind.TEST_ITEMS and name in ITEM_HEADINGS:
        return name if is_english else ITEM_HEADINGS[name]
    return heading_of(name, english=is_english)


def code_sheet(session: Session) -> Iterator[Row]:
    """Every code that a table may use, by column."""
    yield [gettext("字段"), gettext("代码"), gettext("名称")]
    for row in reference.class_tree(session):
        if row.level == 3:
            yield [gettext("分类编码"), row.code, in_language(row.name_zh, row.name_en)]
    for subject in reference.subjects(session):
        yield [gettext("学科领域"), subject.code, in_language(subject.name_zh, subject.name_en)]
    for place in places(session):
        yield [gettext("所在区县"), place.adcode, in_language(place.name_zh, place.name_en)]
    for field, names in (
        ("acquisition", labels.ACQUISITION),
        ("kind", labels.INSTRUMENT_KIND),
        ("service_type", labels.SERVICE_TYPE),
        ("funding", labels.FUNDING),
        ("belongs_to", labels.BELONGS_TO),
        ("running_state", labels.RUNNING_STATE),
        ("share_mode", labels.SHARE_MODE),
    ):
        for word, name in names.items():
            yield [gettext(labels.FIELDS[field]), str(getattr(word, "code", word.value)), gettext(name)]
