import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.database.locks import lock
from booking.jobs import TIMETABLE, job_named
from booking.operations import runs
from booking.operations.running import Job, one_by_one, run, run_due
from booking.operations.schedules import Every
from booking.web.extensions import db, transaction
from models.jobs import JobRun
from models.vocabulary.jobs import RunOutcome

MINUTE = timedelta(minutes=1)


def job(work: list[datetime], name: str = "test") -> Job:
    def note(now: datetime) -> int:
        work.append(now)
        return len(work)

    return Job(name, "", Every(MINUTE), note)


def broken(_now: datetime) -> int:
    raise ValueError("no luck")


def test_a_job_runs_once_for_each_moment_of_the_timetable(session: Session, now: datetime) -> None:
    done: list[datetime] = []
    table = [job(done)]

    outcomes = [run_due(table, now=now + timedelta(seconds=s)) for s in (0, 20, 59, 60)]

    assert outcomes == [{"test": RunOutcome.DONE}, {}, {}, {"test": RunOutcome.DONE}]
    assert done == [now, now + MINUTE]
    assert session.scalars(select(JobRun.done_count).order_by(JobRun.id)).all() == [1, 2]


def test_of_many_nodes_one_runs_the_job(app: Flask, now: datetime) -> None:
    done: list[datetime] = []
    outcomes: list[RunOutcome | None] = []

    def node() -> None:
        with app.app_context():
            outcomes.append(run(job(done), now, now=now))

    nodes = [threading.Thread(target=node) for _ in range(6)]
    for each in nodes:
        each.start()
    for each in nodes:
        each.join()

    assert done == [now]
    assert sorted(outcomes, key=str) == [None] * 5 + [RunOutcome.DONE]


def test_a_failure_is_written_down_and_holds_up_no_other_job(session: Session, now: datetime) -> None:
    done: list[datetime] = []

    outcomes = run_due([Job("broken", "", Every(MINUTE), broken), job(done)], now=now)

    assert outcomes == {"broken": RunOutcome.FAILED, "test": RunOutcome.DONE}
    assert [(f.job, f.last_error) for f in runs.failures(session, 9)] == [("broken", "ValueError: no luck")]


def test_a_run_that_never_ended_was_interrupted(session: Session, now: datetime) -> None:
    transaction(runs.start, "test", now, now=now)

    run(job([]), now + MINUTE, now=now + MINUTE)

    first = session.scalars(select(JobRun).order_by(JobRun.id)).first()
    assert first is not None
    assert (first.outcome, first.last_error) == (RunOutcome.FAILED, runs.INTERRUPTED)


def test_only_the_last_fifty_runs_of_a_job_are_kept(session: Session, now: datetime) -> None:
    run(job([], "other"), now, now=now)
    for minutes in range(55):
        run(job([]), now + minutes * MINUTE, now=now)

    kept = session.scalars(select(JobRun.fire_at).where(JobRun.job == "test").order_by(JobRun.id)).all()
    assert len(kept) == runs.KEPT_RUNS
    assert kept[-1] == now + 54 * MINUTE
    assert runs.latest(session).keys() == {"other", "test"}


def test_one_of_many_that_fails_holds_up_no_other(app: Flask, now: datetime) -> None:
    done: list[int] = []

    def due(session: Session, *, now: datetime) -> list[int]:
        return [1, 2, 3]

    def step(session: Session, item_id: int, *, now: datetime) -> bool:
        if item_id == 2:
            raise ValueError("second")
        done.append(item_id)
        return True

    with pytest.raises(ValueError, match="second"):
        one_by_one(due, step, now=now)

    assert done == [1, 3]


def test_every_job_of_the_timetable_runs_on_an_empty_database(app: Flask, now: datetime) -> None:
    outcomes = run_due(TIMETABLE, now=now)

    assert outcomes == {job.name: RunOutcome.DONE for job in TIMETABLE}
    assert job_named("post") is not None


def test_the_command_runs_what_is_due_and_says_so(app: Flask) -> None:
    runner = app.test_cli_runner()
    arguments = ["jobs", "run-due", "--now", "2026-11-23T09:30:00+08:00"]

    first, second = runner.invoke(args=arguments), runner.invoke(args=arguments)

    assert (first.exit_code, second.exit_code, second.output) == (0, 0, "")
    assert [line.split(":")[0] for line in first.output.splitlines()] == [job.name for job in TIMETABLE]


def test_the_command_says_what_is_wrong_with_a_moment(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["jobs", "run-due", "--now", "2026-11-23T09:30"])

    assert result.exit_code == 1
    assert "2026-11-25T13:00:00+08:00" in result.output


def test_a_lock_is_held_by_one_until_it_lets_go(app: Flask) -> None:
    first, second = lock(db.engine, "test"), lock(db.engine, "test")

    held = [first.try_to_hold(), second.try_to_hold(), first.try_to_hold()]
    first.release()
    afterwards = second.try_to_hold()
    second.release()

    assert held == [True, False, True]
    assert afterwards
