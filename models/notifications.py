"""The outbox: events written with the change itself, and the mails that follow from them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.vocabulary.notifications import MailState


class Event(Base):
    """Something happened; what follows is decided after commit. `name` is `<feature>.<fact>`."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_handled_at", "handled_at", "next_attempt_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    occurred_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")
    set_aside_at: Mapped[datetime | None]


class Mail(Base):
    """A message to one address, delivered at least once under a stable Message-ID."""

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_state_next_attempt_at", "state", "next_attempt_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"), index=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    recipient: Mapped[str] = mapped_column(String(254), index=True)
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str]
    html: Mapped[str] = mapped_column(default="")
    state: Mapped[MailState] = mapped_column(default=MailState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    last_error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
