"""Announcements of the platform, shown on top of every page for a while."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.vocabulary.announcements import Audience, Weight


class Announcement(Base):
    """A short text for some people from one moment to another, half-open.

    With an organisation or a province it is for those of its audience who belong there or hold a role there.
    """

    __tablename__ = "announcements"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="positive_length"),
        CheckConstraint("text_zh <> '' OR text_en <> ''", name="worded"),
        CheckConstraint("organisation_id IS NULL OR province IS NULL", name="one_aim"),
        Index("ix_announcements_ends_at", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    audience: Mapped[Audience]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    province: Mapped[str | None] = mapped_column(ForeignKey("places.adcode"))
    weight: Mapped[Weight]
    text_zh: Mapped[str] = mapped_column(String(300), default="")
    text_en: Mapped[str] = mapped_column(String(600), default="")
    url: Mapped[str] = mapped_column(String(300), default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
