"""Answers kept for a day, so that a repeated request is done once."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class IdempotentRequest(Base):
    """The first request with this key and the answer it got; secrets are stored as null."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (UniqueConstraint("user_id", "method", "path", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    method: Mapped[str] = mapped_column(String(7))
    path: Mapped[str] = mapped_column(String(300))
    key: Mapped[str] = mapped_column(String(200))
    body_hash: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(index=True)
