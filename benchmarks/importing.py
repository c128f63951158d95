"""How long a register of 10,000 instruments takes in and out: reading, dry run, writing under the lock, undo, export.

`uv run python -m benchmarks.importing [sqlite] [postgresql] [--rows 10000]`
"""

import argparse
import csv
import io
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, event, select, update
from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.table_files import Limits
from booking.imports import jobs, service
from booking.imports.forms import MappingForm
from booking.imports.service import Upload
from booking.operations.server import settle
from booking.web.extensions import db, transaction
from models.catalogue import Instrument
from models.imports import Import
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.imports import ImportKind
from tests.databases import migrated, postgresql_database, settings_for
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user

ENGINES = ("sqlite", "postgresql")
WHOLE_TARGET, LOCK_TARGET = 30.0, 3.0
HEADER = (
    "所内编号,仪器名称,规格型号,生产厂商,原值（万元）,分类编码,启用日期,所属部门,主要功能,收费标准,联系人,电话,开放时间"
)


class Locks:
    """How long writing transactions are open, from the moment that they have begun until they are committed.

    On SQLite that is how long nobody else can write; on PostgreSQL only the rows they touch are locked so long.
    """

    def __init__(self, engine: Engine) -> None:
        """Listen to the engine, after everybody who prepares its connections."""
        self.holds: list[tuple[float, float]] = []
        self._began: dict[int, tuple[float, float]] = {}
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "checkin", self._end)

    def _begin(self, connection: Connection) -> None:
        if connection.get_execution_options().get("writes"):
            self._began[id(connection.connection.dbapi_connection)] = time.perf_counter(), time.process_time()

    def _end(self, connection: Any, _record: object) -> None:
        if (began := self._began.pop(id(connection), None)) is not None:
            self.holds.append((time.perf_counter() - began[0], time.process_time() - began[1]))

    def told(self) -> str:
        """The total and the longest, and a fresh start."""
        holds, self.holds = self.holds, []
        total, own = (sum(part) for part in zip(*holds, strict=True))
        verdict = f"(target {LOCK_TARGET:g} s: {'met' if total < LOCK_TARGET else 'MISSED'})"
        longest = max(holds)
        told = f"{total:.2f} s (CPU {own:.2f}) in {len(holds)} holds"
        return f"{told}, the longest {longest[0]:.2f} s (CPU {longest[1]:.2f}) {verdict}"


def register(rows: int, fees: str = "每小时 300 元，含样品制备；") -> bytes:
    """A register with about 300 characters to a row."""
    text = io.StringIO()
    writer = csv.writer(text)
    text.write(HEADER + "\r\n")
    what = ["形貌观察与能谱分析，" * 8, fees * 6, "张三", "023-68250000", "1-5 09:00-18:00"]
    for number in range(rows):
        name = f"场发射扫描电子显微镜 {number}"
        writer.writerow(
            [f"A-{number}", name, "JSM-7800F", "JEOL", "472.35", "010102", "2020-05-26", f"中心{number % 20}", *what]
        )
    return text.getvalue().encode()


def item_register(records: int, each: int) -> bytes:
    """A table of so many test items for each of so many records."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["所内编号", "检测项目", "标准", "范围", "价格", "出报告天数", "报告标识"])
    for number in range(records):
        for item in range(each):
            writer.writerow(
                [f"A-{number}", f"微观形貌观察 {each}-{item}", "GB/T 16594", "1 nm–100 μm", "300 元/样", "5", "CMA"]
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
    """Imports and exports of so many rows."""
    now = utcnow()
    with app.app_context():
        locks = Locks(db.engine)
        with Session(db.engine, expire_on_commit=False) as session:
            user, owner = make_user(session), make_organisation(session)
            give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, owner.id)
            actor = actor_for(session, user, now=now)
        locks.holds.clear()
        import_table(engine, "new records", register(rows), actor, locks)
        changed = import_table(engine, "fees of drafts changed", register(rows, "每小时 400 元"), actor, locks)
        transaction(service.undo_import, changed, actor=actor, now=utcnow())
        with timed(engine, "undo: fees of drafts"):
            jobs.work_due()
        print(f"{engine}: undo: locked {locks.told()}", flush=True)
        for records in (50, 5_000):
            table = item_register(records, rows // records)
            import_table(engine, f"test items of {records:,} drafts", table, actor, locks, kind=ImportKind.TEST_ITEMS)
        with Session(db.engine) as session:
            session.execute(update(Instrument).values(publishing_state=PublishingState.PUBLISHED))
            listing.refresh(session, session.scalars(select(Instrument.id)).all())
            session.commit()
        import_table(engine, "fees of published records changed", register(rows, "每小时 500 元"), actor, locks)
        _export(engine, app)


def import_table(
    engine: str,
    what: str,
    content: bytes,
    actor: Actor,
    locks: Locks,
    *,
    kind: ImportKind = ImportKind.INSTRUMENTS,
) -> int:
    """One import as the service does it, step by step; its number."""
    upload = Upload("register.csv", content, kind=kind)
    with timed(engine, f"{what}: the whole import", WHOLE_TARGET):
        table = service.opened(upload, Limits())
        import_id = transaction(service.start_import, upload, table, actor=actor, now=utcnow()).id
        with timed(engine, f"{what}: reading"):
            jobs.work_due()
        form = MappingForm(mapping=_see(import_id).mapping)
        transaction(service.map_columns, import_id, form, actor=actor, now=utcnow())
        with timed(engine, f"{what}: dry run"):
            jobs.work_due()
        transaction(service.apply_import, import_id, actor=actor, now=utcnow())
        with timed(engine, f"{what}: applying"):
            jobs.work_due()
    made = _see(import_id)
    counts = f"{made.created_count:,} created, {made.updated_count:,} updated, {made.refused_count} refused"
    print(f"{engine}: {what}: {counts}; locked {locks.told()}", flush=True)
    return import_id


def _see(import_id: int) -> Import:
    """The import as it is now."""
    with Session(db.engine, expire_on_commit=False) as session:
        return session.get_one(Import, import_id)


def _export(engine: str, app: Flask) -> None:
    """Everything published, in each format."""
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
            settle()
            measure(engine, app, wanted.rows)
            with app.app_context():
                db.engine.dispose()


if __name__ == "__main__":
    main()
