"""The facets of the page: what can be chosen, how many there are, and where a click leads."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from booking.catalogue.labels import BOOKING_MODE
from booking.search.labels import ABROAD as ABROAD_LABEL
from booking.search.labels import CONDITIONS, IN_SERVICE
from booking.search.links import PLACES, Address
from booking.search.reference import PlaceName, Reference
from booking.search.results import owner_names
from booking.search.selection import Selection
from booking.search.shelf import ABROAD
from booking.web.languages import in_language
from models.vocabulary.catalogue import BookingMode
from models.vocabulary.directory import PlaceLevel

MOST_INSTITUTIONS = 12


@dataclass(frozen=True, slots=True)
class Item:
    """One value: a click chooses it, or takes the choice back when it is chosen."""

    label: str
    url: str
    count: int
    active: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True)
class FacetGroup:
    """One facet."""

    title: str
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Facets:
    """Everything that facets are made of."""

    session: Session
    known: Reference
    selection: Selection
    address: Address

    def groups(self) -> list[FacetGroup]:
        """All facets that have something to choose."""
        found = [
            FacetGroup(_title("class"), self._classes()),
            FacetGroup(gettext("所在地"), self._places()),
            FacetGroup(_title("mode"), self._modes()),
            FacetGroup(_title("in_service"), self._in_service()),
            FacetGroup(_title("voucher"), self._voucher()),
            FacetGroup(_title("institution"), self._institutions()),
        ]
        return [group for group in found if group.items]

    def _chosen(self, name: str) -> Any:
        """The one chosen value of a facet, or None."""
        values = self.selection.criteria.chosen.get(name, frozenset())
        return next(iter(values)) if len(values) == 1 else None

    def _classes(self) -> list[Item]:
        """The widest classes, with the chosen path opened."""
        path = [row.code for row in self.known.class_path(self._chosen("class"))]
        shown = self.known.opened(self._chosen("class"))
        counts = self.selection.counts("class", among=[row.code for row in shown])
        return [
            Item(
                label=in_language(row.name_zh, row.name_en),
                url=self.address.url(class_=row.parent_code if path[-1:] == [row.code] else row.code),
                count=counts.get(row.code, 0),
                active=row.code in path,
                depth=row.level - 1,
            )
            for row in shown
            if row.code in counts or row.code in path
        ]

    def _places(self) -> list[Item]:
        """Provinces, with the cities and districts of the chosen one."""
        path = self._place_path()
        provinces = [row for row in self.known.places.values() if row.level == PlaceLevel.PROVINCE]
        items: list[Item] = []
        for province in provinces:
            items += self._place_items([province], path, 0)
            if path and path[0].adcode == province.adcode:
                items += self._below(province, path)
        return [*items, *self._abroad()]

    def _below(self, province: PlaceName, path: list[PlaceName]) -> list[Item]:
        """Cities with the chosen one's districts; a city that is the whole province is passed over."""
        cities = self._children(province)
        if len(cities) == 1:
            return self._place_items(self._children(cities[0]), path, 1)
        items: list[Item] = []
        for city in cities:
            items += self._place_items([city], path, 1)
            if city in path:
                items += self._place_items(self._children(city), path, 2)
        return items

    def _children(self, place: PlaceName) -> list[PlaceName]:
        """The places directly below one."""
        return [row for row in self.known.places.values() if row.parent_adcode == place.adcode]

    def _place_path(self) -> list[PlaceName]:
        """Province, city and district of the narrowest chosen place."""
        adcode = next((code for level in reversed(PLACES) if (code := self._chosen(level))), None)
        path: list[PlaceName] = []
        while adcode and adcode in self.known.places:
            path.insert(0, self.known.places[adcode])
            adcode = path[0].parent_adcode
        return path

    def _place_items(self, places: Iterable[PlaceName], path: list[PlaceName], depth: int) -> list[Item]:
        """Some places of one level, the chosen and the empty filters of all levels ignored."""
        rows = list(places)
        if not rows:
            return []
        level = rows[0].level.value
        counts = self.selection.counts(level, also_ignoring=PLACES, among=[row.adcode for row in rows])
        return [
            Item(
                label=in_language(row.name_zh, row.name_en),
                url=self._place_url(row, path),
                count=counts.get(row.adcode, 0),
                active=row in path,
                depth=depth,
            )
            for row in rows
            if row.adcode in counts or row in path
        ]

    def _place_url(self, row: PlaceName, path: list[PlaceName]) -> str:
        """Where a click on a place leads: there, or one level up when it is the chosen one."""
        if path[-1:] != [row]:
            return self.address.place(row.level.value, row.adcode)
        above = [place for place in path[:-1] if len(self._children(place)) > 1 or place.level == PlaceLevel.PROVINCE]
        return self.address.place(above[-1].level.value, above[-1].adcode) if above else self.address.place(None)

    def _abroad(self) -> list[Item]:
        """Instruments outside China."""
        count = self.selection.counts("province", also_ignoring=PLACES, among=[ABROAD]).get(ABROAD, 0)
        is_chosen = self._chosen("province") == ABROAD
        if not count and not is_chosen:
            return []
        url = self.address.place(None) if is_chosen else self.address.place("province", ABROAD)
        return [Item(gettext(ABROAD_LABEL), url, count, is_chosen)]

    def _modes(self) -> list[Item]:
        """How time is agreed."""
        counts = self.selection.counts("mode")
        return [
            self._simple("mode", mode, gettext(BOOKING_MODE[mode]), counts) for mode in BookingMode if mode in counts
        ]

    def _in_service(self) -> list[Item]:
        """Whether it runs."""
        counts = self.selection.counts("in_service")
        return [
            self._simple("in_service", is_so, gettext(IN_SERVICE[is_so]), counts)
            for is_so in (True, False)
            if is_so in counts
        ]

    def _voucher(self) -> list[Item]:
        """Whether vouchers pay a share."""
        counts = self.selection.counts("voucher")
        is_shown = counts or self._chosen("voucher")
        return [self._simple("voucher", True, gettext("可用创新券"), counts)] if is_shown else []

    def _institutions(self) -> list[Item]:
        """The owners of most, and the chosen one."""
        counts = self.selection.counts("institution")
        largest = sorted(counts, key=lambda number: (-counts[number], number))[:MOST_INSTITUTIONS]
        chosen = self._chosen("institution")
        shown = largest if chosen is None or chosen in largest else [*largest, chosen]
        names = owner_names(self.session, self.selection.shelf)
        return [
            self._simple("institution", number, in_language(*names[number]), counts)
            for number in shown
            if number in names
        ]

    def _simple(self, name: str, value: Any, label: str, counts: dict[Any, int]) -> Item:
        """One value of a facet without levels."""
        is_chosen = self._chosen(name) == value
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return Item(label, self.address.url(**{name: None if is_chosen else text}), counts.get(value, 0), is_chosen)


def _title(name: str) -> str:
    """What a condition is called."""
    return str(gettext(CONDITIONS[name]))
