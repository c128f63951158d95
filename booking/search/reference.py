"""Names of classes and places, which do not change while the service runs; read once per process and database."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.search.distance import Spot
from models.catalogue import InstrumentClass
from models.directory import Place
from models.vocabulary.directory import PlaceLevel

_SUFFIXES_ZH = ("壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市")
_SUFFIXES_EN = (" province", " municipality", " city")


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A place as the search names it."""

    adcode: str
    level: PlaceLevel
    name_zh: str
    name_en: str
    parent_adcode: str | None
    spot: Spot | None

    @property
    def short(self) -> tuple[str, str]:
        """Its names without its kind: 四川, Sichuan."""
        return _bare(self.name_zh, _SUFFIXES_ZH), self.name_en.removesuffix(" Province").removesuffix(" Municipality")

    def is_called(self, name: str) -> bool:
        """Whether somebody means this place: by either name, with or without its kind, letter case aside."""
        wanted = name.strip().casefold()
        return wanted in {
            self.name_zh,
            self.name_en.casefold(),
            _bare(self.name_zh, _SUFFIXES_ZH),
            _bare(self.name_en.casefold(), (*_SUFFIXES_EN, " district", " county")),
        }


@dataclass(frozen=True, slots=True)
class ClassName:
    """A class as the search names it."""

    code: str
    level: int
    name_zh: str
    name_en: str
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class Reference:
    """The national classification and the places, by their codes."""

    classes: Mapping[str, ClassName]
    places: Mapping[str, PlaceName]

    def class_path(self, code: str | None) -> list[ClassName]:
        """The class and those above it, the widest first."""
        path: list[ClassName] = []
        while code and code in self.classes:
            path.insert(0, self.classes[code])
            code = self.classes[code].parent_code
        return path

    def opened(self, code: str | None) -> list[ClassName]:
        """The widest classes, and those below each class on the way to this one; in order of code."""
        path = [row.code for row in self.class_path(code)]
        return sorted((row for parent in (None, *path) for row in self.children(parent)), key=lambda row: row.code)

    def children(self, code: str | None) -> list[ClassName]:
        """The classes directly below one, or the widest ones."""
        return [found for found in self.classes.values() if found.parent_code == code]


_known: list[Reference] = []


def reference(session: Session) -> Reference:
    """All classes and places."""
    if not _known:
        found = Reference(_classes(session), _places(session))
        if not found.classes or not found.places:
            return found
        _known.append(found)
    return _known[0]


def _classes(session: Session) -> dict[str, ClassName]:
    """Every class in order of code."""
    rows = session.execute(
        select(
            InstrumentClass.code,
            InstrumentClass.level,
            InstrumentClass.name_zh,
            InstrumentClass.name_en,
            InstrumentClass.parent_code,
        ).order_by(InstrumentClass.code)
    )
    return {row.code: ClassName(*row) for row in rows}


def _places(session: Session) -> dict[str, PlaceName]:
    """Every place in order of code."""
    rows = session.execute(select(Place).order_by(Place.adcode)).scalars()
    return {
        row.adcode: PlaceName(
            row.adcode,
            row.level,
            row.name_zh,
            row.name_en,
            row.parent_adcode,
            Spot(row.latitude, row.longitude) if row.latitude is not None and row.longitude is not None else None,
        )
        for row in rows
    }


def _bare(name: str, suffixes: tuple[str, ...]) -> str:
    """A place's name without its kind: 四川省 as 四川."""
    for suffix in suffixes:
        if name.endswith(suffix) and len(name) > len(suffix) + 1:
            return name.removesuffix(suffix)
    return name
