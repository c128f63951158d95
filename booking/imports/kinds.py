"""What differs between the kinds of tables: their fields, the names of these, and what must be among them."""

from collections.abc import Mapping

from booking.catalogue import import_headers, item_reading
from booking.core.texts import N_
from models.vocabulary.imports import ImportKind

FIELDS = {ImportKind.INSTRUMENTS: import_headers.FIELDS, ImportKind.TEST_ITEMS: item_reading.FIELDS}
ALL_FIELDS = frozenset(import_headers.FIELDS) | frozenset(item_reading.FIELDS)
KINDS = {ImportKind.INSTRUMENTS: N_("仪器"), ImportKind.TEST_ITEMS: N_("检测项目")}
NEEDED: Mapping[ImportKind, Mapping[tuple[str, ...], str]] = {
    ImportKind.INSTRUMENTS: {("inner_id",): N_("请指明哪一列是所内编号，重复导入时据此识别仪器。")},
    ImportKind.TEST_ITEMS: {
        ("inner_id",): N_("请指明哪一列是仪器的所内编号。"),
        ("name_zh", "name_en"): N_("请指明哪一列是检测项目的名称，重复导入时据此和标准识别项目。"),
    },
}
"""For each kind, fields of which one must be mapped, and what is said otherwise."""


def names_known(kind: ImportKind) -> Mapping[str, str]:
    """The fields of a kind by simplified names of columns."""
    return item_reading.known_names() if kind == ImportKind.TEST_ITEMS else import_headers.known_names()
