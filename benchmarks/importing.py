"""How long a register of 10,000 instruments takes in and out: reading, dry run, writing under the lock, undo, export.

`uv run python -m benchmarks.importing [sqlite] [postgresql] [--rows 10000]`
"""

import argparse
import csv
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.core.clock import utcnow
from booking.core.table_files import Limits
from booking.imports import applying, jobs, service, staging
from booking.imports.forms import MappingForm
from booking.imports.service import Upload
from booking.web.extensions import db, transaction
from models.catalogue import Instrument
from models.imports import Import
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from tests.databases import migrated, postgresql_database, settings_for
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user

ENGINES = ("sqlite", "postgresql")
WHOLE_TARGET, LOCK_TARGET = 30.0, 3.0
HEADER = (
    "所内编号,仪器名称,规格型号,生产厂商,原值（万元）,分类编码,启用日期,所属部门,主要功能,收费标准,联系人,电话,开放时间"
)


def register(rows: int) -> bytes:
    """A register with about 300 characters to a row."""
    text = io.StringIO()
    writer = csv.writer(text)
    text.write(HEADER + "\r\n")
    for number in range(rows):
        what = [
            "形貌观察与能谱分析，" * 8,
            "每小时 300 元，含样品制备；" * 6,
            "张三",
            "023-68250000",
            "1-5 09:00-18:00",
        ]
        name = f"场发射扫描电子显微镜 {number}"
        writer.writerow(
            [f"A-{number}", name, "JSM-7800F", "JEOL", "472.35", "010102", "2020-05-26", f"中心{number % 20}", *what]
        )
    return text.getvalue().encode()


@contextmanager
def timed(engine: str, what: str, target: float | None = None) -> Iterator[None]:
    """Print how long the block takes, in seconds of the clock and of this process."""
    began, cpu = time.perf_counter(), time.process_time()
    yield
    seconds, own = time.perf_counter() - began, time.process_time() - cpu
    verdict = f"  (target {target:g} s: {'met' if seconds < target else 'MISSED'})" if target else ""
    print(f"{engine}: {what:<44} {seconds:7.2f} s   CPU {own:6.2f} s{verdict}", flush=True)


def measure(engine: str, app: Flask, rows: int) -> None:
    """One import and one export of so many rows."""
    content, now = register(rows), utcnow()
    with app.app_context():
        with Session(db.engine, expire_on_commit=False) as session:
            user, owner = make_user(session), make_organisation(session)
            give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, owner.id)
            actor = actor_for(session, user, now=now)
        upload = Upload("register.csv", content)
        with timed(engine, "the whole import", WHOLE_TARGET):
            table = service.opened(upload, Limits())
            import_id = transaction(service.start_import, upload, table, actor=actor, now=now).id
            with timed(engine, "reading into the staging table"):
                jobs.work_due()
            form = MappingForm(mapping=_see(import_id).mapping)
            transaction(service.map_columns, import_id, form, actor=actor, now=now)
            with timed(engine, "dry run"):
                jobs.work_due()
            transaction(service.apply_import, import_id, actor=actor, now=now)
            _timed_step(engine, import_id, "writing, the lock held", applying.apply_staged, actor)
        made = _see(import_id)
        print(f"{engine}: {made.created_count:,} created, {made.refused_count} refused", flush=True)
        transaction(service.undo_import, import_id, actor=actor, now=now)
        _timed_step(engine, import_id, "undo, the lock held", applying.undo_staged, actor)
        _export(engine, app, actor, content)


def _timed_step(engine: str, import_id: int, what: str, step: Callable[..., Any], actor: Any) -> None:
    """One step as the service does it, its transaction timed by itself."""
    leased = transaction(staging.lease, import_id, now=utcnow())
    assert leased is not None
    with Session(db.engine) as session, timed(engine, "preparing the rows"):
        writes = staging.writes_of(session, import_id)
    with timed(engine, what, LOCK_TARGET):
        transaction(step, leased, writes, actor=actor, now=utcnow())


def _see(import_id: int) -> Import:
    """The import as it is now."""
    with Session(db.engine, expire_on_commit=False) as session:
        return session.get_one(Import, import_id)


def _export(engine: str, app: Flask, actor: Any, content: bytes) -> None:
    """Everything published, in each format."""
    upload = Upload("register.csv", content)
    table = service.opened(upload, Limits())
    again = transaction(service.start_import, upload, table, actor=actor, now=utcnow()).id
    jobs.work_due()
    transaction(service.map_columns, again, MappingForm(mapping=_see(again).mapping), actor=actor, now=utcnow())
    jobs.work_due()
    transaction(service.apply_import, again, actor=actor, now=utcnow())
    jobs.work_due()
    with Session(db.engine) as session:
        session.execute(update(Instrument).values(publishing_state=PublishingState.PUBLISHED))
        listing.refresh(session, session.scalars(select(Instrument.id)).all())
        session.commit()
    client = app.test_client()
    for kind in ("csv", "xlsx", "national", "pidinst"):
        with timed(engine, f"export as {kind}"):
            answer = client.get(f"/api/v1/instruments/export?format={kind}")
            size = len(answer.get_data())
        print(f"{engine}: {answer.status_code}, {size / 1e6:.1f} MB", flush=True)


def main() -> None:
    """Measure each engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="engine")
    parser.add_argument("--rows", type=int, default=10_000)
    wanted = parser.parse_args()
    for engine in [name for name in wanted.engines if name in ENGINES] or ENGINES:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = f"sqlite:///{folder / 'importing.sqlite3'}"
            if engine == "postgresql":
                url = stack.enter_context(postgresql_database("benchmark_importing"))
            app = migrated(settings_for(url, folder, log_level="WARNING"))
            measure(engine, app, wanted.rows)
            with app.app_context():
                db.engine.dispose()


if __name__ == "__main__":
    main()
