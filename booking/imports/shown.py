"""How rows of an import are shown: what was before and comes after, and why not, in the reader's language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from booking.catalogue import labels as catalogue
from booking.catalogue.import_planning import POLICY_COLUMNS
from booking.catalogue.import_reading import ImportRow
from booking.catalogue.rules import wan_from_fen
from booking.core.errors import Problem
from booking.imports.labels import FIELDS
from booking.imports.rules import problem_in
from models.imports import Import, ImportedRow
from models.vocabulary.imports import RowFate

WORDS: Mapping[str, Mapping[Any, str]] = {
    "belongs_to": catalogue.BELONGS_TO,
    "acquisition": catalogue.ACQUISITION,
    "kind": catalogue.INSTRUMENT_KIND,
    "service_type": catalogue.SERVICE_TYPE,
    "funding": catalogue.FUNDING,
    "running_state": catalogue.RUNNING_STATE,
    "share_mode": catalogue.SHARE_MODE,
    "report_mark": catalogue.REPORT_MARK,
}
POLICY_DEFAULTS = {
    name: ImportRow.model_fields[name].default if name in ImportRow.model_fields else True for name in POLICY_COLUMNS
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a record, before and after, as people read it."""

    label: str
    before: str
    after: str


def changes_of(row: ImportedRow) -> Iterator[Change]:
    """What the row changes, field by field; of a new record only what is said of it."""
    is_new = row.fate == RowFate.CREATED
    for name, (before, after) in row.changes.items():
        is_said = after not in (None, "") and POLICY_DEFAULTS.get(name) != after
        if not is_new or is_said:
            yield Change(gettext(FIELDS.get(name, name)), spoken(name, before), spoken(name, after))


def spoken(name: str, value: Any) -> str:
    """A value as people read it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return str(gettext("是") if value else gettext("否"))
    if name == "original_value_fen":
        return wan_from_fen(value)
    word = WORDS.get(name, {}).get(value)
    return str(gettext(word)) if word else str(value)


def sentence(problem: Problem, found: Import | None = None) -> str:
    """A problem with the column of the file it stands at."""
    said = str(gettext(problem.message, **problem.values))
    column = column_of(problem.field, found) if found else problem.field
    return str(gettext("%(label)s：%(sentence)s", label=column, sentence=said)) if column else said


def column_of(field: str, found: Import) -> str:
    """What the file calls a field: the name of its column, else ours."""
    if not field:
        return ""
    if field in found.mapping and (name := found.header[found.mapping.index(field)]):
        return name
    return str(gettext(FIELDS.get(field, field)))


def reasons_of(row: ImportedRow, found: Import) -> list[str]:
    """Why the row was refused or kept."""
    return [sentence(problem_in(problem), found) for problem in row.problems]


def notes_of(row: ImportedRow, found: Import) -> list[str]:
    """What else is to be said of the row."""
    return [sentence(problem_in(note), found) for note in row.notes]


def inner_id_of(row: ImportedRow, found: Import) -> str:
    """The number that the row names, also where it was refused."""
    if row.inner_id or "inner_id" not in found.mapping:
        return row.inner_id or ""
    index = found.mapping.index("inner_id")
    return row.cells[index].strip() if index < len(row.cells) else ""
