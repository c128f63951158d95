"""The way of a record to the public: rounds of secrecy review, the reviews, and who edited meanwhile."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.catalogue import Instrument
from models.vocabulary.publishing import ReviewDecision, RoundState

IS_OPEN = text("state = 'open'")


class ReviewRound(Base):
    """A version of a record before its reviewers; a record has one open round at most.

    `version` rises with every change of what is reviewed, and reviews count for their version only.
    `proposed` holds texts of a published record that wait aside, `notes` what else changed, `content`
    the reviewed texts once approved.
    """

    __tablename__ = "review_rounds"
    __table_args__ = (
        Index("uq_review_rounds_open", "instrument_id", unique=True, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        Index("ix_review_rounds_state", "state", "opened_at"),
        Index("ix_review_rounds_instrument_id", "instrument_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"))
    is_update: Mapped[bool]
    state: Mapped[RoundState] = mapped_column(default=RoundState.OPEN)
    version: Mapped[int] = mapped_column(default=1)
    proposed: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    instrument: Mapped[Instrument] = relationship(lazy="raise")
    opened_by: Mapped[User | None] = relationship(foreign_keys=[opened_by_id], lazy="raise")
    reviews: Mapped[list["Review"]] = relationship(order_by="Review.id", lazy="raise")


class Review(Base):
    """What one named person decided about one version of a round, dated; append-only.

    The same person cannot decide the same way twice about one version.
    """

    __tablename__ = "reviews"
    __table_args__ = (UniqueConstraint("round_id", "round_version", "reviewer_id", "decision"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("review_rounds.id"))
    round_version: Mapped[int]
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    reviewer_name: Mapped[str] = mapped_column(String(80))
    decision: Mapped[ReviewDecision]
    note: Mapped[str] = mapped_column(String(600), default="")
    decided_at: Mapped[datetime]


class RecordEditor(Base):
    """Somebody changed what a record says since it was last published, and so may not review it."""

    __tablename__ = "record_editors"

    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    edited_at: Mapped[datetime]
