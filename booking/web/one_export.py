"""One export at a time for each person, or for each address of those who are not signed in."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from booking.core.errors import TooMany
from booking.core.texts import N_
from booking.database.locks import lock

SECONDS = 15
SLOTS = {"sqlite": 1024, "postgresql": 2**20}
"""How many locks there are: files beside a SQLite database stay, so there are fewer."""


class ExportRuns(TooMany):
    """An export for the same person or address is not finished, on whichever node."""

    code = "export_runs"
    sentence = N_("从您的账户或网络地址发起的导出正在进行，请稍候再试。")

    def __init__(self) -> None:
        """Exports take some seconds."""
        super().__init__(SECONDS)


def slot_of(who: str, dialect: str) -> str:
    """The lock of a person or an address; few share one, and locks do not pile up."""
    return f"export-{int.from_bytes(hashlib.sha256(who.encode()).digest()[:4]) % SLOTS[dialect]}"


@contextmanager
def one_export(engine: Engine, who: str) -> Iterator[None]:
    """Inside, nobody else exports for the same; raises ExportRuns at once instead of waiting."""
    held = lock(engine, slot_of(who, engine.dialect.name))
    if not held.try_to_hold():
        raise ExportRuns
    try:
        yield
    finally:
        held.release()
