"""A file as the API answers it; its content has an address of its own."""

from collections.abc import Callable
from datetime import datetime

from pydantic import BaseModel, Field

from booking.attachments.rules import THUMBNAIL_EDGES
from models.attachments import Attachment
from models.vocabulary.attachments import AttachmentKind, Visibility


class AttachmentAnswer(BaseModel):
    """A photo or document; thumbnails by their longest side in pixels, for photos only."""

    id: int
    version: int
    kind: AttachmentKind
    file_name: str
    media_type: str
    size_bytes: int
    sha256: str
    width: int | None
    height: int | None
    caption_zh: str
    caption_en: str
    position: int
    visibility: Visibility
    uploaded_at: datetime
    url: str
    thumbnails: dict[str, str]


class AttachmentList(BaseModel):
    """Files, photos before documents, each kind in the owner's order."""

    items: list[AttachmentAnswer]
    next_cursor: None = None


class UploadBody(BaseModel):
    """A multipart body: one or more parts named `files`."""

    files: list[bytes] = Field(json_schema_extra={"items": {"type": "string", "format": "binary"}})
    visibility: Visibility = Visibility.PUBLIC


def attachment_answer(attachment: Attachment, address: Callable[[int], str]) -> AttachmentAnswer:
    """A file; `address` gives where a rendition is, 0 the whole."""
    names = [name for name in AttachmentAnswer.model_fields if name not in {"url", "thumbnails"}]
    edges = THUMBNAIL_EDGES if attachment.kind == AttachmentKind.PHOTO else ()
    return AttachmentAnswer(
        **{name: getattr(attachment, name) for name in names},
        url=address(0),
        thumbnails={str(edge): address(edge) for edge in edges},
    )
