"""Fixtures: an empty database on each engine, for nodes in processes of their own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import postgresql_database
from tests.heads import bring_to_head


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'nodes.sqlite3'}"
        return
    with postgresql_database(f"nodes_{os.getpid()}") as url:
        yield url


@pytest.fixture
def head_url(database_url: str) -> str:
    """The URL of a database at head: a node that starts on it finds nothing to do."""
    bring_to_head(database_url)
    return database_url
