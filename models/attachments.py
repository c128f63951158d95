"""Photos and documents: one row for each file, and its content in the same database."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.vocabulary.attachments import AttachmentKind, OwnerKind, Visibility


class Attachment(Base):
    """A file of an instrument or of an enquiry; `position` counts from 1 within owner and kind.

    `size_bytes` and `sha256` are those of what is served, `stored_bytes` counts against the quota
    of the organisation and includes the thumbnails. `changed_at` is when somebody who could not
    see it last got something new to see: the file, its caption, or that it may be seen.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint("size_bytes > 0 AND stored_bytes >= size_bytes", name="sizes"),
        CheckConstraint("position > 0", name="position"),
        Index("ix_attachments_owner", "owner_kind", "owner_id", "kind", "position"),
        Index("ix_attachments_organisation_id", "organisation_id", "owner_kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_kind: Mapped[OwnerKind]
    owner_id: Mapped[int]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[AttachmentKind]
    file_name: Mapped[str] = mapped_column(String(160))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int]
    stored_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None]
    height: Mapped[int | None]
    caption_zh: Mapped[str] = mapped_column(String(200), default="")
    caption_en: Mapped[str] = mapped_column(String(200), default="")
    position: Mapped[int]
    visibility: Mapped[Visibility]
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    uploaded_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class AttachmentContent(Base):
    """The bytes of a file as they are served; `edge` is the longest side of a thumbnail in pixels, 0 the whole."""

    __tablename__ = "attachment_contents"

    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachments.id", ondelete="CASCADE"), primary_key=True)
    edge: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
