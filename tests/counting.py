"""Counting SQL statements; BEGIN, SAVEPOINT and COMMIT are not counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from booking.web.extensions import db

NOT_COUNTED = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT", "PRAGMA")


@dataclass
class Counted:
    """The statements that ran."""

    statements: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many."""
        return len(self.statements)


@contextmanager
def counted() -> Iterator[Counted]:
    """Collect every statement that the application's engine executes inside the block."""
    found = Counted()

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.lstrip().upper().startswith(NOT_COUNTED):
            found.statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
