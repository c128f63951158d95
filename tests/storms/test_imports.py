"""Whoever works on an import dies without warning, and the next one goes on."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.core.clock import utcnow
from booking.imports import service
from booking.imports.rules import LEASE
from booking.settings import ROOT
from booking.web.extensions import db, transaction
from models.accounts import AuditEntry
from models.catalogue import BookingPolicy, Instrument, Lane
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.imports import ImportState
from tests.databases import KEY
from tests.factories.instruments import make_organisation
from tests.factories.looking import count, look_again
from tests.factories.people import actor_for, give, make_user
from tests.imports.importing import Importer, csv_of, row
from tests.storms.dying import WRITING

ROWS = 300


@contextmanager
def worker(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process of its own that works on what is due."""
    environment = {
        "BOOKING_DATABASE_URL": db.engine.url.render_as_string(hide_password=False),
        "BOOKING_DATA_DIR": str(folder),
        "BOOKING_SECRET_KEY": KEY,
        "BOOKING_LOG_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "tests.storms.dying"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stdin=pipe, stdout=pipe, text=True)
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_an_import_whose_worker_is_killed_while_it_writes_is_written_once_by_the_next(
    session: Session, tmp_path: Path
) -> None:
    started = utcnow()
    admin, owner = make_user(session, "admin"), make_organisation(session)
    give(session, admin, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, owner.id)
    importer = Importer(session, actor_for(session, admin, now=started), started)
    rows = [row(number) for number in range(ROWS)]
    import_id = importer.dry_run(csv_of([*rows, row(0, "重复"), row(ROWS, value="十万")]))
    transaction(service.apply_import, import_id, actor=importer.actor, now=started)

    with worker(tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline().strip() == WRITING
        process.kill()
    killed = _state(session, importer, import_id)
    importer.work()
    waiting = _state(session, importer, import_id)
    importer.now = utcnow() + LEASE + timedelta(seconds=1)
    importer.work()

    assert process.returncode < 0
    assert killed == waiting == (ImportState.APPLYING, 0, 0)
    assert importer.see(import_id).state == ImportState.APPLIED
    assert importer.counts(import_id) == (ROWS, 0, 0, 2)
    assert _inner_ids(session) == sorted(f"A-{number}" for number in range(ROWS))
    assert (count(session, Lane), count(session, BookingPolicy), _noted(session)) == (ROWS, ROWS, ROWS)


def _state(session: Session, importer: Importer, import_id: int) -> tuple[ImportState, int, int]:
    """Where the import is, how many records there are, and how many are noted."""
    return importer.see(import_id).state, count(session, Instrument), _noted(session)


def _inner_ids(session: Session) -> list[str | None]:
    """The numbers of all records, each as often as it stands there."""
    look_again(session)
    return sorted(session.scalars(select(Instrument.inner_id)), key=str)


def _noted(session: Session) -> int:
    """How many records the audit log says were imported."""
    look_again(session)
    imported = AuditEntry.action == "catalogue.record_imported"
    return session.scalars(select(func.count()).select_from(AuditEntry).where(imported)).one()
