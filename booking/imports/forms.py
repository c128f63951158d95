"""What is asked of imports, from text to values."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from booking.catalogue.form_fields import Id
from booking.core.forms import Blank, Form, Line, PageForm
from booking.core.pages import LARGEST_PAGE
from booking.core.table_files import MOST_COLUMNS
from booking.imports.kinds import ALL_FIELDS
from booking.imports.rules import MOST_STEADS
from models.vocabulary.imports import ImportKind, RowFate


def _field(value: str) -> str:
    """Refuse what is no field; empty means that nothing is read from the column."""
    if value and value not in ALL_FIELDS:
        raise PydanticCustomError("enum", "no such field")
    return value


FieldName = Annotated[Line, Field(max_length=60), AfterValidator(_field)]


class UploadForm(PageForm):
    """For which organisation a table is uploaded (none means several, named row by row), and what its rows are."""

    organisation_id: Annotated[Id | None, Blank] = None
    kind: ImportKind = ImportKind.INSTRUMENTS


class TemplateQuery(PageForm):
    """For which kind of table a template is."""

    content: ImportKind = ImportKind.INSTRUMENTS


class SteadForm(Form):
    """What a name in the table stands for: an organisation, and perhaps a unit of it."""

    name: Annotated[Line, Field(min_length=1, max_length=200)]
    organisation_id: Id
    unit: Annotated[Line, Field(max_length=200)] = ""


class MappingForm(Form):
    """The field of each column, empty where nothing is read; and what unknown institutions stand for."""

    mapping: Annotated[list[FieldName], Field(max_length=MOST_COLUMNS)]
    steads: Annotated[list[SteadForm], Field(max_length=MOST_STEADS)] = Field(default_factory=list)


class RowList(Form):
    """Which rows of an import are listed."""

    fate: Annotated[RowFate | None, Blank] = None
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class ImportList(Form):
    """Which imports are listed."""

    limit: int = Field(20, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class RowPage(PageForm):
    """Which rows the page of an import shows."""

    fate: Annotated[str, Field(pattern=r"^(created|updated|unchanged|refused|kept)?$")] = ""
    page: Annotated[int, Field(ge=1, le=100_000)] = 1


class HistoryPage(PageForm):
    """Where the history goes on."""

    before: Annotated[Id | None, Blank] = None


def mapping_of(posted: Mapping[str, str], width: int) -> dict[str, Any]:
    """The fields of the page as `MappingForm` reads them: `column-0` …, `stead-0` with `stead-name-0` …"""
    steads = []
    for index in range(MOST_STEADS):
        name, choice = posted.get(f"stead-name-{index}", ""), posted.get(f"stead-{index}", "")
        if name and choice:
            organisation_id, _, unit = choice.partition(":")
            steads.append({"name": name, "organisation_id": organisation_id, "unit": unit})
    return {"mapping": [posted.get(f"column-{index}", "") for index in range(width)], "steads": steads}
