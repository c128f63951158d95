"""Running jobs: for one moment of the timetable at most once, whoever asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.operations import runs
from booking.operations.metrics import count_run
from booking.operations.schedules import Schedule
from booking.web.extensions import db, transaction
from models.vocabulary.jobs import RunOutcome

log = structlog.get_logger()

Work = Callable[[datetime], int]


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the timetable: `work` gets the moment and says how many things it did."""

    name: str
    meaning: str
    when: Schedule
    work: Work


def within_transaction(work: Callable[[Session, datetime], int]) -> Work:
    """A service function of `(session, now)` as work of its own transaction."""
    return lambda now: transaction(work, now)


class Due(Protocol):
    """Finds the ids of what is due."""

    def __call__(self, session: Session, *, now: datetime) -> Sequence[int]:
        """The ids, the longest due first."""


class Step(Protocol):
    """Does one of them, if it is still due."""

    def __call__(self, session: Session, item_id: int, /, *, now: datetime) -> bool:
        """Whether it was done."""


def one_by_one(due: Due, step: Step, *, now: datetime) -> int:
    """Each due thing in its own transaction; one that fails holds up no other, and is raised at the end."""
    done, failure = 0, None
    for item_id in transaction(due, now=now):
        try:
            done += transaction(step, item_id, now=now)
        except Exception as failed:
            log.exception("one of many failed", item_id=item_id)
            failure = failed
    if failure is not None:
        raise failure
    return done


def run_due(timetable: Sequence[Job], *, now: datetime) -> dict[str, RunOutcome]:
    """Run every job whose last moment has not been run yet; how each ended."""
    outcomes = {job.name: run(job, job.when.last_due(now), now=now) for job in timetable}
    return {name: outcome for name, outcome in outcomes.items() if outcome is not None}


def run_by_hand(job: Job, *, actor: Actor, now: datetime) -> RunOutcome | None:
    """Run a job now, whether it is due or not, and log who did; how it ended."""
    transaction(_note_run, job.name, actor=actor, now=now)
    return run(job, now, now=now)


def _note_run(session: Session, name: str, *, actor: Actor, now: datetime) -> None:
    """Who ran which job by hand."""
    audit.note(session, "operations.job_run", ("job", None), actor=actor, now=now, after={"job": name})


def run(job: Job, fire_at: datetime, *, now: datetime) -> RunOutcome | None:
    """Run one job for one moment; None when that was done before. A failure is written down, not raised."""
    run_id = transaction(runs.start, job.name, fire_at, now=now)
    if run_id is None:
        return None
    try:
        done = job.work(now)
    except Exception as failed:
        log.exception("job failed", job=job.name)
        count_run(job.name, RunOutcome.FAILED)
        transaction(runs.finish, run_id, now=utcnow(), error=f"{type(failed).__name__}: {failed}")
        return RunOutcome.FAILED
    finally:
        db.session.remove()
    transaction(runs.finish, run_id, now=utcnow(), done_count=done)
    count_run(job.name, RunOutcome.DONE)
    return RunOutcome.DONE
