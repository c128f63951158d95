"""Runs of the timetable, and what adding the books up again found."""

from datetime import datetime

from sqlalchemy import JSON, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base
from models.vocabulary.jobs import RunOutcome


class JobRun(Base):
    """One run of one job for one moment of the timetable; unique, so two nodes never both run it."""

    __tablename__ = "job_runs"
    __table_args__ = (UniqueConstraint("job", "fire_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(60))
    fire_at: Mapped[datetime]
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    outcome: Mapped[RunOutcome] = mapped_column(default=RunOutcome.RUNNING)
    done_count: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(default="")


class LedgerProof(Base):
    """The books were added up again: when, how long it took, how many lines were off, and the first of them."""

    __tablename__ = "ledger_proofs"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(index=True)
    seconds: Mapped[int]
    fault_count: Mapped[int]
    faults: Mapped[list[str]] = mapped_column(JSON)
