"""Migrations go up, agree with the models, and come down again, on both engines."""

import os
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask

from app import create_app
from booking.settings import ROOT
from booking.web.extensions import db
from tests.databases import postgresql_database, settings_for


@pytest.fixture(params=["sqlite", "postgresql"])
def unmigrated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    if request.param == "sqlite":
        yield create_app(settings_for(f"sqlite:///{tmp_path / 'up.sqlite3'}", tmp_path))
        return
    with postgresql_database(f"migrations_{os.getpid()}") as url:
        app = create_app(settings_for(url, tmp_path))
        yield app
        with app.app_context():
            db.engine.dispose()


def test_up_check_down_and_up_again(unmigrated: Flask) -> None:
    with unmigrated.app_context():
        flask_migrate.upgrade()
        flask_migrate.check()
        flask_migrate.downgrade(revision="base")
        left = set(sa.inspect(db.engine).get_table_names())
        flask_migrate.upgrade()
        flask_migrate.check()

    assert left <= {"alembic_version"}


def test_there_is_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))

    assert len(ScriptDirectory.from_config(config).get_heads()) == 1
