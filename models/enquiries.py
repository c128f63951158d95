"""Questions about an instrument, wishes for its time, and the answers made public."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.catalogue import Instrument
from models.custody import KeptByOwner
from models.vocabulary.enquiries import EnquiryState, WishState
from models.vocabulary.reservations import ReservationMode


class Enquiry(KeptByOwner, Base):
    """One person's thread with the staff of an instrument; with times it is a wish.

    `due_at` stands while the staff must answer. The agreed time of a wish stays what was agreed;
    `reservation_id` is what it became.
    """

    __tablename__ = "enquiries"
    __table_args__ = (
        CheckConstraint("(state = 'waiting') = (due_at IS NOT NULL)", name="due_while_waiting"),
        CheckConstraint("(agreed_starts_at IS NULL) = (agreed_ends_at IS NULL)", name="agreed_whole"),
        CheckConstraint("agreed_starts_at < agreed_ends_at", name="agreed_order"),
        Index("ix_enquiries_instrument_id", "instrument_id", "state", "due_at"),
        Index("ix_enquiries_asked_by_id", "asked_by_id", "changed_at"),
        Index("ix_enquiries_due_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    sample: Mapped[str] = mapped_column(String(300), default="")
    purpose: Mapped[str] = mapped_column(String(600), default="")
    mode: Mapped[ReservationMode | None]
    state: Mapped[EnquiryState] = mapped_column(default=EnquiryState.WAITING)
    wish_state: Mapped[WishState | None]
    agreed_starts_at: Mapped[datetime | None]
    agreed_ends_at: Mapped[datetime | None]
    reservation_id: Mapped[int | None] = mapped_column(ForeignKey("reservations.id"), unique=True)
    asked_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    instrument: Mapped[Instrument] = relationship(lazy="raise")
    asked_by: Mapped[User] = relationship(lazy="raise")


class EnquiryMessage(Base):
    """What one side wrote; never changed, but the asker may withdraw it: then the text is gone, its place is not.

    With `removed_file`, why the staff took that file away.
    """

    __tablename__ = "enquiry_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    enquiry_id: Mapped[int] = mapped_column(ForeignKey("enquiries.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    is_staff: Mapped[bool]
    text: Mapped[str] = mapped_column(String(4000))
    removed_file: Mapped[str] = mapped_column(String(160), default="")
    written_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    author: Mapped[User] = relationship(lazy="raise")


class WishedPeriod(Base):
    """One of the times a wish names, or the one that the owner offers instead.

    An offer keeps which rules (codes of refusals) its owner set aside for it, and why: no others are when it is taken.
    """

    __tablename__ = "wished_periods"
    __table_args__ = (
        UniqueConstraint("enquiry_id", "position"),
        CheckConstraint("starts_at < ends_at", name="order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enquiry_id: Mapped[int] = mapped_column(ForeignKey("enquiries.id"))
    position: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    is_offer: Mapped[bool] = mapped_column(default=False)
    override_reason: Mapped[str] = mapped_column(String(600), default="")
    set_aside: Mapped[list[str]] = mapped_column(JSON, default=list)


class FaqEntry(Base):
    """A question with its answer on an instrument's page, edited so that it names nobody.

    What was made from an enquiry goes off the page, without its question, when its asker withdraws what they wrote;
    the answer stays with the staff, who may ask it in their own words.
    """

    __tablename__ = "faq_entries"
    __table_args__ = (
        CheckConstraint("question_zh <> '' OR question_en <> '' OR taken_back_at IS NOT NULL", name="question"),
        CheckConstraint("answer_zh <> '' OR answer_en <> ''", name="answer"),
        Index("ix_faq_entries_instrument_id", "instrument_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"))
    position: Mapped[int]
    question_zh: Mapped[str] = mapped_column(String(300), default="")
    question_en: Mapped[str] = mapped_column(String(600), default="")
    answer_zh: Mapped[str] = mapped_column(String(2000), default="")
    answer_en: Mapped[str] = mapped_column(String(4000), default="")
    from_enquiry_id: Mapped[int | None] = mapped_column(ForeignKey("enquiries.id"), index=True)
    taken_back_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
