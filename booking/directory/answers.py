"""How days are answered by the HTTP API."""

from datetime import date

from pydantic import BaseModel

from models.directory import CalendarDay
from models.vocabulary.directory import DayKind


class DayAnswer(BaseModel):
    """A day that is not an ordinary one; national ones belong to no organisation."""

    id: int
    day: date
    kind: DayKind
    runs_as: int | None
    name_zh: str
    name_en: str
    is_confirmed: bool
    is_national: bool


def day_answer(row: CalendarDay) -> DayAnswer:
    """A day as its answer."""
    names = ("id", "day", "kind", "runs_as", "name_zh", "name_en", "is_confirmed")
    return DayAnswer(**{name: getattr(row, name) for name in names}, is_national=row.organisation_id is None)
