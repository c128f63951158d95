"""Classes and places for pickers of other programs."""

from pydantic import BaseModel

from booking.search.reference import Reference
from models.vocabulary.directory import PlaceLevel


class ClassAnswer(BaseModel):
    """A class of the national classification."""

    code: str
    level: int
    name: str
    name_en: str
    parent: str | None


class PlaceAnswer(BaseModel):
    """A province, city or district."""

    adcode: str
    level: PlaceLevel
    name: str
    name_en: str
    parent: str | None


def classes_answer(known: Reference) -> list[ClassAnswer]:
    """Every class in order of code."""
    return [
        ClassAnswer(code=row.code, level=row.level, name=row.name_zh, name_en=row.name_en, parent=row.parent_code)
        for row in known.classes.values()
    ]


def places_answer(known: Reference) -> list[PlaceAnswer]:
    """Every place in order of code."""
    return [
        PlaceAnswer(adcode=row.adcode, level=row.level, name=row.name_zh, name_en=row.name_en, parent=row.parent_adcode)
        for row in known.places.values()
    ]
