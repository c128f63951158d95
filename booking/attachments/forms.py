"""What is said about a file besides its content."""

from typing import Annotated

from pydantic import Field

from booking.core.forms import Form, Line, PageForm
from models.vocabulary.attachments import Visibility

Caption = Annotated[Line, Field(max_length=200)]


class UploadForm(PageForm):
    """What goes with uploaded files."""

    visibility: Visibility = Visibility.PUBLIC


class AttachmentChanges(Form):
    """What may change; what is not given stays. `position` counts from 1 among files of its kind."""

    caption_zh: Caption = ""
    caption_en: Caption = ""
    visibility: Visibility = Visibility.PUBLIC
    position: Annotated[int, Field(ge=1, le=1000)] = 1


class AttachmentSection(PageForm):
    """A file's row on the edit page."""

    caption_zh: Caption = ""
    caption_en: Caption = ""
    visibility: Visibility
    version: int | None = None


class AttachmentMove(PageForm):
    """How far a file moves among those of its kind; −1 is one up."""

    places: Annotated[int, Field(ge=-200, le=200)]
