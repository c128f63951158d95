"""The national classification and the disciplines, loaded from the project's own files."""

import csv
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from models.catalogue import InstrumentClass, Subject

DATA = Path(__file__).parent / "data"


def load_classes(session: Session) -> int:
    """Add every class and discipline that is missing; how many were added."""
    classes: list[dict[str, Any]] = [
        {**row, "level": int(row["level"]), "parent_code": row["parent_code"] or None}
        for row in _read("instrument_classes.csv")
    ]
    known = set(session.scalars(select(InstrumentClass.code)))
    missing = sorted((row for row in classes if row["code"] not in known), key=lambda row: row["level"])
    for level in (1, 2, 3):
        if of_level := [row for row in missing if row["level"] == level]:
            session.execute(insert(InstrumentClass), of_level)
    subjects = [row for row in _read("subjects.csv") if session.get(Subject, row["code"]) is None]
    if subjects:
        session.execute(insert(Subject), subjects)
    return len(missing) + len(subjects)


def _read(name: str) -> list[dict[str, str]]:
    """The rows of one data file."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
