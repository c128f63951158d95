"""The demo's institutions: the real ones of both provinces, and the owners of the real records."""

import csv
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.directory import reference, service
from booking.directory.forms import OrganisationForm
from models.directory import Place
from models.vocabulary.directory import OrganisationKind, PlaceLevel

DATA = Path(__file__).parent / "data"
SAMPLE_NUMBERS = {"重庆四联光电科技有限公司": "91500109000000001F", "四川光友薯业有限公司": "91510703000000002Y"}
"""Made-up numbers, with a sound check digit, of the firms whose agents apply for vouchers; not their real ones."""


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a data file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def add_institutions(session: Session, *, actor: Actor, now: datetime) -> int:
    """Every institution of `institutions.csv`; how many."""
    rows = read_rows(reference.DATA / "institutions.csv")
    for row in rows:
        form = OrganisationForm(
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            kind=OrganisationKind(row["kind"]),
            adcode=row["adcode"],
            uscc=SAMPLE_NUMBERS.get(row["name_zh"]),
            latitude=float(row["lat"]),
            longitude=float(row["lon"]),
        )
        made = service.create_organisation(session, form, actor=actor, now=now)
        made.coordinate_precision = row["coord_precision"]
    session.flush()
    return len(rows)


def add_owners(session: Session, *, actor: Actor, now: datetime) -> int:
    """The owners of the real records, with the places outside both provinces where some stand; how many."""
    for row in read_rows(DATA / "real_places.csv"):
        session.execute(insert(Place), [_place(row)])
    rows = read_rows(DATA / "real_owners.csv")
    for row in rows:
        form = OrganisationForm(
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            kind=OrganisationKind.RESEARCH_INSTITUTE,
            country=row["country"],
            adcode=row["adcode"] or None,
        )
        service.create_organisation(session, form, actor=actor, now=now)
    return len(rows)


def _place(row: dict[str, str]) -> dict[str, object]:
    """A row of the places as column values."""
    return {
        "adcode": row["adcode"],
        "level": PlaceLevel(row["level"]),
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "parent_adcode": row["parent_adcode"] or None,
        "latitude": float(row["lat"]),
        "longitude": float(row["lon"]),
    }
