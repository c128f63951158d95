"""What is read from outside about announcements."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from booking.core.forms import Blank, Form, Line, Moment, PageForm
from booking.core.pages import LARGEST_PAGE
from booking.directory.forms import WebAddress
from models.vocabulary.announcements import Audience, Weight

LARGEST_ID = 2**31 - 1
Province = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


def _worded(value: str, info: ValidationInfo) -> str:
    """A text in one language at least; the English one stands before."""
    if not value and not info.data.get("text_en"):
        raise PydanticCustomError("blank", "blank")
    return value


def _one_aim(value: str | None, info: ValidationInfo) -> str | None:
    """Either an organisation or a province; the organisation stands before."""
    if value and info.data.get("organisation_id"):
        raise PydanticCustomError("one_aim", "one aim")
    return value


def _after_start(value: datetime, info: ValidationInfo) -> datetime:
    """The end comes after the beginning."""
    starts_at = info.data.get("starts_at")
    if starts_at and value <= starts_at:
        raise PydanticCustomError("period_order", "period order")
    return value


class AnnouncementForm(Form):
    """An announcement, whole at a time; a text in one language at least; for a place, its organisation or province."""

    text_en: Annotated[Line, Field(max_length=600)] = ""
    text_zh: Annotated[Line, Field(max_length=300, validate_default=True), AfterValidator(_worded)] = ""
    url: Annotated[WebAddress, Field(max_length=300)] = ""
    audience: Audience = Audience.EVERYBODY
    organisation_id: Annotated[Annotated[int, Field(ge=1, le=LARGEST_ID)] | None, Blank] = None
    province: Annotated[Province | None, Blank, AfterValidator(_one_aim)] = None
    weight: Weight = Weight.INFO
    starts_at: Moment
    ends_at: Annotated[Moment, AfterValidator(_after_start)]


class AnnouncementPage(AnnouncementForm, PageForm):
    """The same as a page sends it."""


class AnnouncementsQuery(Form):
    """Which part of the list."""

    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)
