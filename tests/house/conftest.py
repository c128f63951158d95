"""The world that the authorisation matrix and bad input meet, once per engine and module."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.web.extensions import db
from tests import databases
from tests.house.snapshots import Snapshot
from tests.house.worlds import World, build


@pytest.fixture(scope="module")
def world(engine_app: Flask) -> World:
    """Two institutions with everything that could leak."""
    databases.empty(engine_app)
    with engine_app.app_context(), Session(db.engine, expire_on_commit=False) as opened:
        return build(opened)


@pytest.fixture(scope="module")
def snapshot(engine_app: Flask, world: World) -> Iterator[Snapshot]:
    """The way back to the world as it was arranged."""
    taken = Snapshot(engine_app)
    yield taken
    taken.forget()
