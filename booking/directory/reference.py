"""Places of both provinces, loaded from the project's own file."""

import csv
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from models.directory import Place
from models.vocabulary.directory import PlaceLevel

DATA = Path(__file__).parent / "data"


def load_places(session: Session) -> int:
    """Add every missing place of `data/places.csv`; how many were added."""
    known = set(session.scalars(select(Place.adcode)))
    rows = [_place(row) for row in _read("places.csv") if row["adcode"] not in known]
    for level in PlaceLevel:
        if of_level := [row for row in rows if row["level"] == level]:
            session.execute(insert(Place), of_level)
    return len(rows)


def _read(name: str) -> list[dict[str, str]]:
    """The rows of one data file."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _place(row: dict[str, str]) -> dict[str, Any]:
    """A row of the file as column values."""
    return {
        "adcode": row["adcode"],
        "level": PlaceLevel(row["level"]),
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "parent_adcode": row["parent_adcode"] or None,
        "latitude": float(row["lat"]) if row["lat"] else None,
        "longitude": float(row["lon"]) if row["lon"] else None,
    }
