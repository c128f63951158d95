"""Test items as rows of a table of their own, each with the number and the owner of its instrument."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.catalogue import labels
from booking.catalogue.exporting import CHUNK, seen_by
from booking.catalogue.import_layouts import heading_of
from booking.catalogue.listing_sources import test_items_by_instrument
from booking.core.actors import Actor
from booking.core.table_writing import Row
from models.catalogue import Instrument, TestItem
from models.directory import Organisation

OF_THE_INSTRUMENT = ("inner_id", "institution")
HEADINGS = {
    "instrument": "仪器名称",
    "name_zh": "检测项目",
    "name_en": "检测项目（英文）",
    "standard": "标准",
    "range_zh": "范围",
    "range_en": "范围（英文）",
    "price_zh": "价格",
    "price_en": "价格（英文）",
    "turnaround_days": "出报告天数",
    "report_mark": "报告标识",
}


def item_rows(session: Session, ids: Sequence[int], actor: Actor | None, *, english: bool) -> Iterator[Row]:
    """A header and a row for each public test item of the records that the reader may see, in this order.

    What waits for reviewers is not among them. Two statements for some hundred records.
    """
    own = [name if english else heading for name, heading in HEADINGS.items()]
    yield [*(heading_of(name, english=english) for name in OF_THE_INSTRUMENT), *own]
    columns = select(Instrument.id, Instrument.inner_id, Organisation.name_zh, Instrument.name_zh, Instrument.name_en)
    seen = columns.join(Organisation, Organisation.id == Instrument.organisation_id).where(seen_by(actor))
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        records = {row[0]: row for row in session.execute(seen.where(Instrument.id.in_(chunk)))}
        items = test_items_by_instrument(session, list(records))
        for one in filter(records.__contains__, chunk):
            _id, inner_id, institution, name_zh, name_en = records[one]
            name = (name_en or name_zh) if english else (name_zh or name_en)
            yield from ([inner_id or "", institution, name, *_cells(item, english)] for item in items.get(one, ()))
        session.expunge_all()


def _cells(item: TestItem, english: bool) -> Iterator[str]:
    """What the item says, as texts."""
    for name in HEADINGS:
        if name == "report_mark":
            yield str(item.report_mark.value) if english else labels.REPORT_MARK[item.report_mark]
        elif name != "instrument":
            value = getattr(item, name)
            yield "" if value is None else str(value)
