"""Rows of runs: which job ran for which moment, and how that ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.jobs import JobRun
from models.vocabulary.jobs import RunOutcome

KEPT_RUNS = 50
LONGEST_ERROR = 2000
INTERRUPTED = "interrupted"


def start(session: Session, job: str, fire_at: datetime, *, now: datetime) -> int | None:
    """The new run's id, or None when some node has run the job for this moment already."""
    dialect = session.get_bind().dialect.name
    statement: Any = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(JobRun)
    values = {"job": job, "fire_at": fire_at, "started_at": now, "outcome": RunOutcome.RUNNING}
    found: int | None = session.scalar(
        statement.values(**values, done_count=0, last_error="")
        .on_conflict_do_nothing(index_elements=["job", "fire_at"])
        .returning(JobRun.id)
    )
    if found is not None:
        _tidy(session, job, found)
    return found


def _tidy(session: Session, job: str, run_id: int) -> None:
    """Earlier runs that never ended were interrupted; only the last rows of a job are kept."""
    earlier = (JobRun.job == job, JobRun.id < run_id)
    session.execute(
        update(JobRun)
        .where(*earlier, JobRun.outcome == RunOutcome.RUNNING)
        .values(outcome=RunOutcome.FAILED, last_error=INTERRUPTED)
    )
    oldest_kept = (
        select(JobRun.id).where(JobRun.job == job).order_by(JobRun.id.desc()).offset(KEPT_RUNS - 1).limit(1)
    ).scalar_subquery()
    session.execute(
        delete(JobRun).where(*earlier, JobRun.id < oldest_kept).execution_options(synchronize_session=False)
    )


def finish(session: Session, run_id: int, *, now: datetime, done_count: int = 0, error: str = "") -> None:
    """The run ended: done, or failed when there is an error."""
    session.execute(
        update(JobRun)
        .where(JobRun.id == run_id)
        .values(
            finished_at=now,
            outcome=RunOutcome.FAILED if error else RunOutcome.DONE,
            done_count=done_count,
            last_error=error[:LONGEST_ERROR],
        )
    )


def latest(session: Session) -> dict[str, JobRun]:
    """The last run of each job, by name."""
    newest = select(func.max(JobRun.id)).group_by(JobRun.job)
    return {run.job: run for run in session.scalars(select(JobRun).where(JobRun.id.in_(newest)))}


def failures(session: Session, limit: int) -> Sequence[JobRun]:
    """The last runs that failed, the newest first."""
    return session.scalars(
        select(JobRun).where(JobRun.outcome == RunOutcome.FAILED).order_by(JobRun.id.desc()).limit(limit)
    ).all()
