"""The national classification and the disciplines: loaded from the project's own files, and read."""

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


def class_path(session: Session, code: str | None) -> list[InstrumentClass]:
    """The class and those above it, the widest first; the six digits name all three levels."""
    if not code:
        return []
    codes = {code[:2] + "0000", code[:4] + "00", code}
    return list(session.scalars(select(InstrumentClass).where(InstrumentClass.code.in_(codes)).order_by("level")))


def class_tree(session: Session) -> list[InstrumentClass]:
    """The whole classification in order of code, which puts every class after the one above it."""
    return list(session.scalars(select(InstrumentClass).order_by(InstrumentClass.code)))


def subjects(session: Session) -> list[Subject]:
    """Every discipline in order of code."""
    return list(session.scalars(select(Subject).order_by(Subject.code)))


def _read(name: str) -> list[dict[str, str]]:
    """The rows of one data file."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
