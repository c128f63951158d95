"""Words of imports."""

from enum import StrEnum


class ImportKind(StrEnum):
    """What the rows of a table are."""

    INSTRUMENTS = "instruments"
    TEST_ITEMS = "test_items"


class ImportState(StrEnum):
    """How far an import has come; the service itself works on those in `WORKING`."""

    READING = "reading"
    MAPPING = "mapping"
    COMPARING = "comparing"
    COMPARED = "compared"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    FAILED = "failed"


WORKING = frozenset({ImportState.READING, ImportState.COMPARING, ImportState.APPLYING, ImportState.UNDOING})


class RowFate(StrEnum):
    """What becomes, or became, of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
