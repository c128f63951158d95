"""Classes and places for pickers."""

from pydantic import BaseModel

from booking.search.reference import PlaceName, Reference
from booking.web.languages import in_language
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


def place_choices(known: Reference) -> list[tuple[str, list[tuple[str, str]]]]:
    """Districts under their cities, in the reader's language, for a list to choose from."""
    districts: dict[str, list[tuple[str, str]]] = {}
    for row in known.places.values():
        if row.level == PlaceLevel.DISTRICT and row.parent_adcode and row.spot:
            districts.setdefault(row.parent_adcode, []).append((row.adcode, _name(row)))
    return [(_name(known.places[city]), found) for city, found in districts.items()]


def _name(place: PlaceName) -> str:
    """A place in the reader's language."""
    return in_language(place.name_zh, place.name_en)
