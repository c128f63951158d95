"""Long lists as choices of a form, in the reader's language."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from booking.web.languages import in_language
from models.catalogue import InstrumentClass, Subject
from models.directory import Organisation, Place, Unit
from models.vocabulary.directory import PlaceLevel

Choice = tuple[str, str]
Groups = list[tuple[str, list[Choice]]]


def named(labels: Mapping[Any, str]) -> list[Choice]:
    """The words of a vocabulary with their names."""
    return [(word.value, _(label)) for word, label in labels.items()]


def class_groups(classes: Sequence[InstrumentClass]) -> Groups:
    """The third level of the classification under its second."""
    titles = {row.code: in_language(row.name_zh, row.name_en) for row in classes if row.level == 2}
    groups: dict[str, list[Choice]] = {code: [] for code in titles}
    for row in classes:
        if row.level == 3 and row.parent_code in groups:
            groups[row.parent_code].append((row.code, f"{row.code} {in_language(row.name_zh, row.name_en)}"))
    return [(f"{code} {titles[code]}", members) for code, members in groups.items() if members]


def subject_choices(subjects: Sequence[Subject]) -> list[Choice]:
    """The disciplines."""
    return [(row.code, f"{row.code} {in_language(row.name_zh, row.name_en)}") for row in subjects]


def place_groups(places: Sequence[Place]) -> Groups:
    """Districts under their city, each city itself first; provinces without cities stand alone."""
    names = {place.adcode: in_language(place.name_zh, place.name_en) for place in places}
    groups: dict[str, list[Choice]] = {}
    for place in places:
        choice = (place.adcode, names[place.adcode])
        above = place.parent_adcode if place.level == PlaceLevel.DISTRICT else place.adcode
        groups.setdefault(above or place.adcode, []).append(choice)
    return [(names[code], members) for code, members in groups.items()]


def unit_choices(units: Sequence[Unit]) -> list[tuple[int, str]]:
    """The units of an institution."""
    return [(unit.id, in_language(unit.name_zh, unit.name_en)) for unit in units]


def organisation_choices(organisations: Sequence[Organisation]) -> list[tuple[int, str]]:
    """Organisations by name."""
    return [(found.id, in_language(found.name_zh, found.name_en)) for found in organisations]
