"""New instruments: reminders of the report date, exemptions from it, and steps that people tick."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.accounts import User
from models.base import Base
from models.catalogue import Instrument
from models.vocabulary.arrivals import ArrivalStep, ExemptionState, NoticeKind

IS_STANDING = text("state <> 'refused'")


class ReportNotice(Base):
    """A reminder of the report date that was sent, once for each day of acceptance."""

    __tablename__ = "report_notices"

    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"), primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(primary_key=True)
    accepted_on: Mapped[date] = mapped_column(primary_key=True)
    noted_at: Mapped[datetime]


class ReportExemption(Base):
    """An institution asks that an instrument need not be reported; the platform decides. One stands at most."""

    __tablename__ = "report_exemptions"
    __table_args__ = (
        Index(
            "uq_report_exemptions_standing",
            "instrument_id",
            unique=True,
            sqlite_where=IS_STANDING,
            postgresql_where=IS_STANDING,
        ),
        Index("ix_report_exemptions_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"))
    reason: Mapped[str] = mapped_column(String(600))
    state: Mapped[ExemptionState] = mapped_column(default=ExemptionState.ASKED)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(600), default="")
    instrument: Mapped[Instrument] = relationship(lazy="raise")
    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id], lazy="raise")


class ArrivalTick(Base):
    """A step of a new instrument that somebody says is done."""

    __tablename__ = "arrival_ticks"

    instrument_id: Mapped[int] = mapped_column(ForeignKey("instruments.id"), primary_key=True)
    step: Mapped[ArrivalStep] = mapped_column(primary_key=True)
    ticked_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ticked_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(String(600), default="")
    ticked_by: Mapped[User] = relationship(lazy="raise")
