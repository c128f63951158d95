"""A backup taken while people book: whole, of one moment, and put back elsewhere with every claim right."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.reservations.verifying import faults
from booking.settings import ROOT
from booking.web.extensions import db
from models.base import Base
from models.catalogue import Instrument
from models.reservations import Reservation, ReservationChange
from tests.databases import KEY
from tests.factories.instruments import make_instrument
from tests.operations.restoring import elsewhere, manifest, run
from tests.storms.test_booking import booking, holding, made, tomorrow
from tests.storms.weather import Storm

ENOUGH, ATTEMPTS = 100, 5


class Writers:
    """People who book one free hour after another, all the while."""

    def __init__(self, storm: Storm, tokens: list[str], instrument: Instrument) -> None:
        self.acknowledged: list[int] = []
        self._storm, self._tokens, self._instrument = storm, tokens, instrument
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._write)

    @contextmanager
    def writing(self) -> Iterator["Writers"]:
        """Until the block ends; enough was acknowledged before it begins."""
        self._thread.start()
        try:
            self.wait_for(ENOUGH)
            yield self
        finally:
            self._is_over.set()
            self._thread.join()

    def wait_for(self, count: int) -> None:
        """Until so many bookings are acknowledged."""
        wait(lambda: len(self.acknowledged) >= count or not self._thread.is_alive())
        assert len(self.acknowledged) >= count

    def _write(self) -> None:
        number = 0
        while not self._is_over.is_set():
            starts = [tomorrow((number + n) * 60) for n in range(len(self._tokens))]
            calls = [booking(t, self._instrument, s) for t, s in zip(self._tokens, starts, strict=True)]
            self.acknowledged += made(self._storm.volley(calls))
            number += len(calls)


def wait(is_so: Callable[[], bool]) -> None:
    """Look again and again, a minute at most."""
    limit = time.monotonic() + 60
    while not is_so() and time.monotonic() < limit:
        time.sleep(0.001)


def test_a_backup_taken_while_people_book_is_of_one_moment_and_whole_elsewhere(
    app: Flask, session: Session, storm: Storm, tokens: list[str], tmp_path: Path
) -> None:
    instrument, path = make_instrument(session, policy={"horizon_days": 4000}), tmp_path / "storm.backup"

    with Writers(storm, tokens[:20], instrument).writing() as writers:
        before = set(writers.acknowledged)
        code, _, complaint = run(app, "backup", path)
        writers.wait_for(len(writers.acknowledged) + 1)

    other_engine = {"sqlite": "postgresql", "postgresql": "sqlite"}[db.engine.dialect.name]
    there = holding(session)
    with elsewhere(other_engine, tmp_path / "elsewhere") as other:
        restored_code, said, wrong = run(other, "restore", path)
        with other.app_context(), Session(db.engine) as restored:
            found = set(restored.scalars(select(Reservation.id)))
            changes = restored.scalar(select(func.count()).select_from(ReservationChange))
            rows = manifest(path)["rows"]
            counts = {name: restored.scalar(select(func.count()).select_from(sa.table(name))) for name in rows}

    assert (code, complaint, restored_code, wrong) == (0, "", 0, "")
    assert "占用记录全部一致" in said
    assert before <= found < there == set(writers.acknowledged)
    assert (counts, changes) == (rows, len(found))
    assert set(rows) <= set(Base.metadata.tables)
    assert list(faults(session)) == []


def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(app: Flask, session: Session, tmp_path: Path) -> None:
    make_instrument(session)
    path = tmp_path / "killed.backup"
    url = db.engine.url.render_as_string(hide_password=False)
    environment = {"BOOKING_DATABASE_URL": url, "BOOKING_DATA_DIR": str(tmp_path), "BOOKING_SECRET_KEY": KEY}

    attempts = (killed_part(path, environment) for _ in range(ATTEMPTS))
    part = next((part for part in attempts if part is not None), None)
    assert part is not None, "every backup was done before it could be killed"
    harmed = part.rename(tmp_path / "harmed.backup")
    with elsewhere("sqlite", tmp_path / "elsewhere") as other:
        code, _, complaint = run(other, "restore", harmed)

    assert (code, "文件不完整" in complaint, path.exists()) == (1, True, False)
    assert run(app, "backup", tmp_path / "next.backup")[0] == 0


def killed_part(path: Path, environment: dict[str, str]) -> Path | None:
    """What a backup left that was killed while it wrote; None when it was done before."""
    command = [sys.executable, "-m", "flask", "--app", "app", "backup", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    wait(lambda: bool(list(path.parent.glob(f".{path.name}.*.part"))) or process.poll() is not None)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if path.exists():
        path.unlink()
        return None
    return next(iter(path.parent.glob(f".{path.name}.*.part")), None)
