"""Counting SQL statements, so that a test can say that their number does not depend on the rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

from booking.web.extensions import db

UNCOUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")
NOW_AND_THEN = "FROM announcements"
"""Pages look for announcements every few seconds, whichever page it is; the clock decides which."""


@dataclass
class Statements:
    """What was executed, in order; BEGIN, SAVEPOINT and COMMIT are not counted."""

    texts: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)


@contextmanager
def counting(engine: Engine | None = None) -> Iterator[Statements]:
    """Collect the statements that are executed in the block; several rows in one execution count once."""
    counted = Statements()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if NOW_AND_THEN not in statement and not statement.lstrip().upper().startswith(UNCOUNTED):
            counted.texts.append(statement)

    target = engine or db.engine
    event.listen(target, "before_cursor_execute", note)
    try:
        yield counted
    finally:
        event.remove(target, "before_cursor_execute", note)
