"""A process that works on imports and stops in the middle of writing one, to be killed there."""

import sys
from typing import Any

from sqlalchemy import event

from app import create_app
from booking.imports.jobs import work_due
from booking.web.extensions import db

WRITING = "writing"
AFTER_THE_RECORDS = "lane_groups"


def main() -> None:
    """Say so when the records are inserted and their lanes are not, and wait for the end."""
    with create_app().app_context():
        event.listen(db.engine, "before_cursor_execute", _wait_here)
        work_due()


def _wait_here(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
    """Stop at the first statement about lanes."""
    if AFTER_THE_RECORDS in f"{statement} {parameters}":
        sys.stdout.write(f"{WRITING}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
