"""One process of all nodes leads: it alone runs the timetable, and the next one takes over when it dies."""

import threading
from collections.abc import Sequence

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from booking.core.clock import utcnow
from booking.database.locks import Lock, lock
from booking.operations.running import Job, run
from booking.web.extensions import db

log = structlog.get_logger()

BETWEEN_TRIES = 1.0
STOP_SECONDS = 20
JOB_THREADS = 4


class Leading(threading.Thread):
    """Tries to lead once a second; while it leads, a scheduler runs the timetable."""

    def __init__(self, app: Flask, timetable: Sequence[Job]) -> None:
        super().__init__(name="leading", daemon=True)
        self._app, self._timetable = app, timetable
        self._stopping = threading.Event()
        self._scheduler: BackgroundScheduler | None = None

    def run(self) -> None:
        """Lead whenever nobody else does, until stopped."""
        with self._app.app_context():
            leader = lock(db.engine, "leader")
        while not self._stopping.is_set():
            try:
                self._try_to_lead(leader)
            except Exception:
                log.exception("leading failed")
            self._stopping.wait(BETWEEN_TRIES)
        self._step_down(wait=True)
        leader.release()

    def stop(self) -> None:
        """Finish the jobs that run, then let go."""
        self._stopping.set()
        self.join(STOP_SECONDS)

    def _try_to_lead(self, leader: Lock) -> None:
        """Start when we begin to lead, stop when we have lost it."""
        if not leader.try_to_hold():
            self._step_down(wait=False)
        elif self._scheduler is None:
            log.info("leading the timetable")
            self._scheduler = self._start_timetable()

    def _step_down(self, *, wait: bool) -> None:
        scheduler, self._scheduler = self._scheduler, None
        if scheduler is not None:
            scheduler.shutdown(wait=wait)

    def _start_timetable(self) -> BackgroundScheduler:
        """A scheduler that first catches up with whatever is due."""
        scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(JOB_THREADS)})
        for job in self._timetable:
            scheduler.add_job(
                self._run,
                job.when.trigger(),
                args=(job,),
                id=job.name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                next_run_time=utcnow(),
            )
        scheduler.start()
        return scheduler

    def _run(self, job: Job) -> None:
        """Run the job for its last moment, unless some node has."""
        now = utcnow()
        with self._app.app_context():
            try:
                run(job, job.when.last_due(now), now=now)
            except Exception:
                log.exception("job could not be run", job=job.name)
