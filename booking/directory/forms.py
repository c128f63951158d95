"""What is read from outside about organisations, their units and closing days."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from booking.core.forms import Blank, Explained, FilledLine, Form, Line, PageForm
from booking.core.pages import LARGEST_PAGE
from models.vocabulary.directory import DayKind, OrganisationKind

MOST_DAYS = 800


def _upper(value: Any) -> Any:
    """Codes in capitals."""
    return value.strip().upper() if isinstance(value, str) else value


def _web_address(value: str) -> str:
    """Refuse what is no http(s) address; empty stays empty."""
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in value
    except ValueError:
        is_address = False
    if value and not is_address:
        raise PydanticCustomError("web_address", "no web address")
    return value


Upper = BeforeValidator(_upper)
WebAddress = Annotated[Line, AfterValidator(_web_address)]
Degrees = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class OrganisationForm(Form):
    """An organisation, whole at a time."""

    name_zh: Annotated[FilledLine, Field(max_length=200)]
    name_en: Annotated[Line, Field(max_length=200)] = ""
    kind: OrganisationKind
    country: Annotated[str, Upper, StringConstraints(pattern=r"^[A-Z]{2}$")] = "CN"
    adcode: Annotated[Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None, Blank] = None
    uscc: Annotated[Annotated[Line, Upper, Field(max_length=18)] | None, Blank] = None
    website: Annotated[WebAddress, Field(max_length=200)] = ""
    latitude: Annotated[Annotated[Degrees, Field(ge=-90, le=90)] | None, Blank] = None
    longitude: Annotated[Degrees | None, Blank] = None


class OrganisationEdit(Explained, OrganisationForm):
    """An organisation, and why its entry changes."""

    def entry(self) -> OrganisationForm:
        """The entry itself."""
        return OrganisationForm(**self.model_dump(include={*OrganisationForm.model_fields}))


class OrganisationsQuery(Form):
    """Which organisations are looked for: words of the name, and a province by its code."""

    q: Annotated[Line, Field(max_length=100)] = ""
    province: Annotated[Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None, Blank] = None


class OrganisationsPage(OrganisationsQuery, PageForm):
    """The same in the address of the page."""

    page: Annotated[int, Field(ge=1, le=100_000)] = 1


class OrganisationsList(OrganisationsQuery):
    """The same for the API."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=300)] | None = None


class UnitForm(Form):
    """A school, centre or laboratory."""

    name_zh: Annotated[FilledLine, Field(max_length=200)]
    name_en: Annotated[Line, Field(max_length=200)] = ""


class DayFields(Form):
    """What a day that is not an ordinary one is."""

    kind: DayKind = DayKind.CLOSING_DAY
    runs_as: Annotated[Annotated[int, Field(ge=1, le=7)] | None, Blank] = None
    name_zh: Annotated[FilledLine, Field(max_length=80)]
    name_en: Annotated[Line, Field(max_length=120)] = ""


class ClosingDaysForm(DayFields):
    """Days on which an institution is closed or runs otherwise; one day when no last one is given."""

    first_day: date
    last_day: Annotated[date | None, Blank] = None


class DayForm(DayFields):
    """One day that is not an ordinary one."""

    day: date


class DaysForm(Form):
    """Several days at once."""

    days: Annotated[list[DayForm], Field(min_length=1, max_length=MOST_DAYS)]
