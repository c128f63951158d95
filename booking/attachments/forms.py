"""What is said about a file besides its content."""

from typing import Annotated

from pydantic import Field

from booking.core.forms import FilledLine, Form, Line, PageForm
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


class FileRemovalForm(Form):
    """Why a file that somebody else sent goes."""

    reason: Annotated[FilledLine, Field(max_length=600)]


class FileRemovalPage(PageForm):
    """Which file goes and why, as the page of a thread asks it."""

    attachment_id: Annotated[int, Field(ge=1, le=2**31 - 1)]
    remove_reason: Annotated[FilledLine, Field(max_length=600)]
