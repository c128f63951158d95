"""What two provinces owe each other for the vouchers used across their border: month statements and their steps."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.directory import Organisation
from models.vocabulary.clearing import ClearingStep
from models.vocabulary.programmes import BorderWay

_ONCE = text("step = 'confirm'")


class ClearingStatement(Base):
    """A month between two provinces, under a number without gaps of the two; append-only, once for each month.

    Provinces are the first two digits of their code, the lower one first. `month` is its first day. It is made of the
    transfers of both pairs up to `last_transfer_id` of which no statement before is made. What the lower one owes is
    `net_fen`; below zero the other one does. An officer of the authority `organisation_id` closed it.
    """

    __tablename__ = "clearing_statements"
    __table_args__ = (
        UniqueConstraint("low_province", "high_province", "month"),
        UniqueConstraint("low_province", "high_province", "number"),
        CheckConstraint("low_province < high_province", name="provinces_in_order"),
        CheckConstraint("number > 0", name="number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    low_province: Mapped[str] = mapped_column(String(2))
    high_province: Mapped[str] = mapped_column(String(2))
    month: Mapped[date]
    number: Mapped[int]
    last_transfer_id: Mapped[int] = mapped_column(ForeignKey("ledger_transfers.id"))
    net_fen: Mapped[int] = mapped_column(BigInteger)
    province: Mapped[str] = mapped_column(String(2))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    closed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    organisation: Mapped[Organisation] = relationship(lazy="raise")
    closed_by: Mapped[User] = relationship(lazy="raise")


class ClearingFigures(Base):
    """What a statement says of one issuer and one provider province, for each way of settling; append-only.

    All are what was moved within the month, in fen; `owed_fen` is what the issuer owes for it, below zero where more
    was taken back than paid.
    """

    __tablename__ = "clearing_figures"
    __table_args__ = (
        UniqueConstraint("statement_id", "issuer_province", "provider_province", "way"),
        CheckConstraint("issuer_province <> provider_province", name="two_provinces"),
        CheckConstraint("way = 'advance_then_net' OR owed_fen = 0", name="owed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("clearing_statements.id"))
    issuer_province: Mapped[str] = mapped_column(String(2))
    provider_province: Mapped[str] = mapped_column(String(2))
    way: Mapped[BorderWay]
    captured_fen: Mapped[int] = mapped_column(BigInteger)
    given_back_fen: Mapped[int] = mapped_column(BigInteger)
    not_approved_fen: Mapped[int] = mapped_column(BigInteger)
    paid_fen: Mapped[int] = mapped_column(BigInteger)
    clawed_back_fen: Mapped[int] = mapped_column(BigInteger)
    owed_fen: Mapped[int] = mapped_column(BigInteger)


class ClearingEvent(Base):
    """A step of a statement, by an officer of one of the two authorities; append-only, confirmed once.

    `settled_on` and `receipt` say when and by which bank receipt the net was paid; the entry moves what was owed, and
    that of `reverse` moves it back, for the reason in `text`, so that it can be settled again.
    """

    __tablename__ = "clearing_events"
    __table_args__ = (
        CheckConstraint("(step = 'settle') = (settled_on IS NOT NULL)", name="settled"),
        CheckConstraint("step IN ('settle', 'reverse') OR entry_id IS NULL", name="entry"),
        CheckConstraint("step NOT IN ('object', 'answer', 'reverse') OR text <> ''", name="text"),
        Index("ix_clearing_events_statement_id", "statement_id", "id"),
        Index(
            "uq_clearing_events_once",
            "statement_id",
            "step",
            unique=True,
            sqlite_where=_ONCE,
            postgresql_where=_ONCE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    statement_id: Mapped[int] = mapped_column(ForeignKey("clearing_statements.id"))
    step: Mapped[ClearingStep]
    province: Mapped[str] = mapped_column(String(2))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(String(1000), default="")
    settled_on: Mapped[date | None]
    receipt: Mapped[str] = mapped_column(String(60), default="")
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"), unique=True)
    created_at: Mapped[datetime]
    organisation: Mapped[Organisation] = relationship(lazy="raise")
    actor: Mapped[User] = relationship(lazy="raise")
