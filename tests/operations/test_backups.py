import resource
import zipfile
from pathlib import Path

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from booking.catalogue import listing
from booking.core.clock import utcnow
from booking.operations import backups
from booking.web.extensions import db
from models.accounts import User
from models.backups import Backup
from models.catalogue import Instrument
from models.directory import Organisation
from tests.factories.instruments import make_instrument
from tests.factories.looking import count
from tests.factories.people import make_user
from tests.house import worlds
from tests.operations.restoring import elsewhere, manifest, run


@pytest.fixture
def backup(app: Flask, session: Session, tmp_path: Path) -> Path:
    make_user(session, "somebody")
    make_instrument(session)
    path = tmp_path / "monday.backup"
    backups.back_up(db.engine, path, now=utcnow())
    return path


def test_either_engine_takes_back_every_row_that_the_other_wrote(app: Flask, session: Session, tmp_path: Path) -> None:
    worlds.build(session, is_sound=True)
    listing.refresh(session, session.scalars(select(Instrument.id)).all())
    session.commit()
    engine = {"sqlite": "postgresql", "postgresql": "sqlite"}[db.engine.dialect.name]
    backup = tmp_path / "world.backup"
    backups.back_up(db.engine, backup, now=utcnow())
    again = tmp_path / "again.backup"
    with elsewhere(engine, tmp_path / "elsewhere") as other:
        code, said, complaint = run(other, "restore", backup)
        with other.app_context():
            backups.back_up(db.engine, again, now=utcnow())
            with Session(db.engine, expire_on_commit=False) as opened:
                newcomer = make_user(opened, "newcomer")
                highest = opened.scalar(select(func.max(User.id)))
                listed = other.test_client().get("/api/v1/instruments?q=microscope").get_json()["total"]

    assert (code, complaint) == (0, "")
    assert "占用记录全部一致" in said
    assert manifest(again)["sha256"] == manifest(backup)["sha256"]
    assert newcomer.id == highest
    assert listed == app.test_client().get("/api/v1/instruments?q=microscope").get_json()["total"] > 0


def test_a_backup_may_only_be_read_by_its_owner_and_never_overwrites_a_file(app: Flask, backup: Path) -> None:
    before = backup.read_bytes()

    code, _, complaint = run(app, "backup", backup)

    assert (code, "文件已经存在" in complaint) == (1, True)
    assert backup.read_bytes() == before
    assert backup.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]


def test_a_disk_that_is_full_leaves_no_file_and_remembers_no_backup(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    make_instrument(session)
    folder = tmp_path / "full"
    folder.mkdir()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
    try:
        code, _, complaint = run(app, "backup", folder / "monday.backup")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert (code, "File too large" in complaint) == (1, True)
    assert list(folder.iterdir()) == []
    assert count(session, Backup) == 0


def test_what_a_killed_backup_left_is_in_nobodys_way(app: Flask, session: Session, backup: Path) -> None:
    part = backup.with_name(".tuesday.backup.1-0.part")
    part.write_bytes(backup.read_bytes()[:-1000])

    code, _, complaint = run(app, "backup", backup.with_name("tuesday.backup"))

    assert (code, complaint, part.exists()) == (0, "", True)
    made = session.scalars(select(Backup)).one()
    assert (made.path, made.size_bytes > 0) == (str(backup.with_name("tuesday.backup")), True)


def test_nothing_is_restored_over_what_is_there(app: Flask, session: Session, backup: Path) -> None:
    before = session.scalar(select(func.count()).select_from(User))

    code, _, complaint = run(app, "restore", backup)

    assert (code, "目标数据库里已有数据" in complaint) == (1, True)
    session.rollback()
    assert session.scalar(select(func.count()).select_from(User)) == before


@pytest.mark.parametrize("harm", ["cut off", "a row changed", "a row missing"])
def test_a_backup_that_was_harmed_restores_nothing(backup: Path, tmp_path: Path, harm: str) -> None:
    harmed = tmp_path / "harmed.backup"
    if harm == "cut off":
        harmed.write_bytes(backup.read_bytes()[:-1000])
    else:
        _rewrite(backup, harmed, "tables/users.jsonl", drops=harm == "a row missing")

    with elsewhere("sqlite", tmp_path / "elsewhere") as other:
        code, _, complaint = run(other, "restore", harmed)
        with other.app_context(), Session(db.engine, expire_on_commit=False) as opened:
            there = [table for table in (User, Organisation) if inspect(db.engine).has_table(table.__tablename__)]
            left = [opened.scalar(select(func.count()).select_from(table)) for table in there]

    assert (code, "文件不完整" in complaint) == (1, True)
    assert left == ([] if harm == "cut off" else [0, 0])


def _rewrite(source: Path, target: Path, name: str, *, drops: bool) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.namelist():
            text = old.read(entry)
            if entry == name:
                lines = text.splitlines(keepends=True)
                text = b"".join(lines[:-1]) if drops else text.replace(b"@example.org", b"@example.com")
            new.writestr(entry, text)


def test_a_backup_of_a_version_that_is_not_known_is_refused(backup: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.backup"
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(newer, "w") as new:
        for entry in old.namelist():
            text = old.read(entry)
            new.writestr(entry, text.replace(b'"revision": "', b'"revision": "9') if entry == "manifest.json" else text)

    with elsewhere("sqlite", tmp_path / "elsewhere") as other:
        code, _, complaint = run(other, "restore", newer)

    assert (code, "来自更新的版本" in complaint) == (1, True)


@pytest.mark.parametrize("release", ["2026_11_22", "2026_11_26"])
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_every_row_of_an_older_release_is_brought_to_this_version(tmp_path: Path, engine: str, release: str) -> None:
    older = Path(__file__).parent / "releases" / f"{release}.backup"
    with elsewhere(engine, tmp_path / "newer") as newer:
        code, said, complaint = run(newer, "restore", older)
        with newer.app_context(), db.engine.connect() as connection:
            left = {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in manifest(older)["rows"]}
            flask_migrate.check()

    assert (code, complaint) == (0, "")
    assert "占用记录全部一致" in said
    lost = {name: (rows, left[name]) for name, rows in manifest(older)["rows"].items() if left[name] < rows}
    assert lost == {}


def test_what_comes_after_the_moment_of_the_backup_is_not_in_it(app: Flask, session: Session, tmp_path: Path) -> None:
    make_instrument(session)
    path = tmp_path / "moment.backup"
    with backups._snapshot(db.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(Instrument)) == 1
        make_instrument(session)
        seen = connection.scalar(select(func.count()).select_from(Instrument))
    backups.back_up(db.engine, path, now=utcnow())

    assert (seen, manifest(path)["rows"]["instruments"]) == (1, 2)
