"""Everything listed, arranged so that filtering and exact counting need no database; values only.

Each value of each facet is a set of instruments kept as bits. A filter is an `&`, a count is a
number of bits, and a count that ignores one filter is an `&` of all the others.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from booking.search.bits import bits_of, numbers_in
from models.vocabulary.catalogue import BookingMode
from models.vocabulary.programmes import ServiceType

ABROAD = "abroad"
SINGLY = 30
"""Looking at so many instruments takes as long as counting one set."""
MOST_TEXTS = 200
MOST_COUNTS = 400
BOOKABLE_FIRST = tuple(BookingMode)

Key = tuple[str, Any]


class Listing(NamedTuple):
    """One listed instrument as facets and orders need it; `spot` is (latitude, longitude)."""

    organisation_id: int
    classes: tuple[str, ...]
    province: str
    city: str | None
    district: str | None
    mode: BookingMode
    is_in_service: bool
    spot: tuple[float, float] | None
    opening: tuple[str, bool]
    hides_free_time: bool
    service_type: ServiceType
    name_key: str
    name_length: int
    added_at: float

    def memberships(self) -> list[Key]:
        """Every set the instrument belongs to."""
        return [
            *(("class", code) for code in self.classes),
            ("province", self.province),
            ("city", self.city),
            ("district", self.district),
            ("institution", self.organisation_id),
            ("mode", self.mode),
            ("in_service", self.is_in_service),
            ("spot", self.spot),
            ("opening", self.opening),
            ("hides_free_time", self.hides_free_time),
            ("service_type", self.service_type),
        ]


class TextMatch(NamedTuple):
    """The instruments whose title, headline or whole record has all the words."""

    title: int
    headline: int
    whole: int


@dataclass(frozen=True)
class Shelf:
    """All listings of one revision, by instrument, and the sets they belong to; never changed once made."""

    epoch: str
    revision: int
    listings: Mapping[int, Listing]
    sets: Mapping[Key, int]
    texts: dict[tuple[str, ...], TextMatch] = field(default_factory=dict, compare=False)
    counted: dict[Any, dict[Any, int]] = field(default_factory=dict, compare=False)
    owners: dict[int, tuple[str, str]] = field(default_factory=dict, compare=False)

    @cached_property
    def everything(self) -> int:
        """All listed instruments."""
        return bits_of(self.listings, self.largest_id)

    @cached_property
    def largest_id(self) -> int:
        """The highest number of an instrument."""
        return max(self.listings, default=0)

    @cached_property
    def values(self) -> dict[str, tuple[Any, ...]]:
        """The values that occur of each facet."""
        found: dict[str, list[Any]] = defaultdict(list)
        for name, value in self.sets:
            if value is not None:
                found[name].append(value)
        return {name: tuple(values) for name, values in found.items()}

    @cached_property
    def by_name(self) -> list[int]:
        """All instruments in the order of their names."""
        return sorted(self.listings, key=lambda found: (self.listings[found].name_key, found))

    @cached_property
    def by_age(self) -> list[int]:
        """All instruments, the newest first."""
        return sorted(self.listings, key=lambda found: (-self.listings[found].added_at, -found))

    @cached_property
    def by_use(self) -> list[int]:
        """All instruments, those first that run and can be booked here."""
        return sorted(self.listings, key=self._use)

    def _use(self, instrument_id: int) -> tuple[bool, int, int]:
        """How soon somebody can use it."""
        listing = self.listings[instrument_id]
        return (not listing.is_in_service, BOOKABLE_FIRST.index(listing.mode), instrument_id)

    def having(self, name: str, value: object) -> int:
        """The instruments with this value of a facet."""
        return self.sets.get((name, value), 0)

    @cached_property
    def closeness(self) -> list[int]:
        """By number, what orders equally good matches: those that run before others, then the shortest name."""
        order = [0] * (self.largest_id + 1)
        for number, listing in self.listings.items():
            order[number] = ((not listing.is_in_service) << 16) + listing.name_length
        return order

    def counts(self, name: str, within: int, among: Iterable[Any] | None = None) -> dict[Any, int]:
        """How many of `within` have each value of a facet, values without any left out; kept for the next time."""
        values = tuple(self.values.get(name, ()) if among is None else among)
        key = (name, within, None if among is None else values)
        if (known := self.counted.get(key)) is None:
            known = self._counted(name, within, values)
            _keep(self.counted, key, known, MOST_COUNTS)
        return known

    def _counted(self, name: str, within: int, values: tuple[Any, ...]) -> dict[Any, int]:
        """The same, counted: one by one for few instruments, else set by set."""
        if within.bit_count() < SINGLY * len(values):
            found = self._counted_singly(name, within)
        else:
            found = {value: (self.having(name, value) & within).bit_count() for value in values}
        return {value: count for value in values if (count := found.get(value, 0))}

    def _counted_singly(self, name: str, within: int) -> dict[Any, int]:
        """The same for few instruments, one by one."""
        read = _READERS[name]
        found = Counter(value for number in numbers_in(within) for value in read(self.listings[number]))
        found.pop(None, None)
        return dict(found)

    def remember(self, words: tuple[str, ...], match: TextMatch) -> TextMatch:
        """Keep what a text matches while this revision stands."""
        _keep(self.texts, words, match, MOST_TEXTS)
        return match


def _keep(kept: dict[Any, Any], key: Any, value: Any, most: int) -> None:
    """Remember one more thing, the oldest makes room; another thread may be doing the same."""
    if len(kept) >= most:
        with suppress(KeyError, RuntimeError, StopIteration):
            del kept[next(iter(kept))]
    kept[key] = value


_READERS: dict[str, Any] = {
    "class": lambda listing: listing.classes,
    "province": lambda listing: (listing.province,),
    "city": lambda listing: (listing.city,),
    "district": lambda listing: (listing.district,),
    "institution": lambda listing: (listing.organisation_id,),
    "mode": lambda listing: (listing.mode,),
    "in_service": lambda listing: (listing.is_in_service,),
}


def shelf_of(epoch: str, revision: int, listings: Mapping[int, Listing]) -> Shelf:
    """A shelf of these listings."""
    members: dict[Key, list[int]] = defaultdict(list)
    for number, listing in listings.items():
        for key in listing.memberships():
            members[key].append(number)
    return Shelf(epoch, revision, listings, {key: bits_of(found, max(found)) for key, found in members.items()})


def changed(shelf: Shelf, revision: int, renewed: Mapping[int, Listing], removed: Iterable[int]) -> Shelf:
    """The shelf with some listings added, replaced or taken away."""
    listings, sets = dict(shelf.listings), dict(shelf.sets)
    for number in (*removed, *renewed):
        if old := listings.pop(number, None):
            for key in old.memberships():
                sets[key] &= ~(1 << number)
    for number, listing in renewed.items():
        listings[number] = listing
        for key in listing.memberships():
            sets[key] = sets.get(key, 0) | 1 << number
    return Shelf(shelf.epoch, revision, listings, {key: found for key, found in sets.items() if found})
