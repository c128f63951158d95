"""Fixtures: an application on each engine, a client, and a session to arrange with."""

import gc
from collections.abc import Generator, Iterator
from contextvars import Context
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from booking.operations import starting
from booking.web.extensions import db
from tests import databases, parallel
from tests.factories.passwords import QUICK, hashing


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run the whole suite on every core, and a selection in one process."""
    if parallel.wants_everything(config):
        starting.keep_compiled(print)
        parallel.use_every_core(config)


def pytest_configure(config: pytest.Config) -> None:
    """Settle how machines report, before any is collected."""
    parallel.report_as_found(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> parallel.FromBothEnds | None:
    """Our own way to share the tests out, unless another was asked for."""
    return parallel.FromBothEnds(config, log) if config.option.dist in {"load", "loadscope"} else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Hand over what there is to say of a test."""
    report = yield
    if hasattr(item.config, "workerinput"):
        parallel.say_less(report)
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the tests into the order in which they cost least."""
    items[:] = parallel.in_order(items)


def pytest_collection_finish() -> None:
    """Exempt what stays until the end from garbage collection: walking it again and again costs a tenth of the run."""
    gc.collect()
    gc.freeze()


class Browser(FlaskClient):
    """Sends each request from a context of its own: nothing of one request is left for the next."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send without the application context that tests arrange in."""
        return Context().run(super().open, *args, **kwargs)


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hash passwords as the service does, but in no time: a quarter of a second for each is for attackers."""
    with hashing(QUICK, QUICK.hash("of nobody")):
        yield


@pytest.fixture(scope="session", params=parallel.ENGINES)
def engine_app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application per engine for the whole run."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    make = {"sqlite": databases.sqlite_app, "postgresql": databases.postgresql_app}[request.param]
    with make(folder) as app:
        databases.keep_template(app)
        app.test_client_class = Browser
        gc.freeze()
        yield app


@pytest.fixture
def app(engine_app: Flask) -> Iterator[Flask]:
    """The application on an empty database, with its context pushed."""
    databases.empty(engine_app)
    with engine_app.app_context():
        yield engine_app
        db.session.remove()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without script."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session for arranging and for looking; commit what others must see."""
    with Session(db.engine, expire_on_commit=False) as opened:
        yield opened


@pytest.fixture
def now() -> datetime:
    """Monday 23 November 2026, 09:30 in Shanghai."""
    return datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
