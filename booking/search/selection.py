"""Which listed instruments a search finds, how many have each value, and in what order; values only."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from booking.search.bits import members, numbers_in
from booking.search.criteria import Criteria, Sort
from booking.search.distance import Spot, kilometres
from booking.search.shelf import Shelf, TextMatch
from models.vocabulary.catalogue import BookingMode

RANKED = 5000
"""How many matches of a text are put in order of closeness; those after them follow by number."""


@dataclass(frozen=True)
class Selection:
    """A search carried out on a shelf; `match` and `free` are None where the search does not ask for them.

    `covered` are the instruments of which vouchers pay a share today.
    """

    shelf: Shelf
    criteria: Criteria
    match: TextMatch | None = None
    free: int | None = None
    covered: int = 0

    @cached_property
    def found(self) -> int:
        """Everything that fulfils every condition."""
        return self.ignoring(())

    @property
    def total(self) -> int:
        """How many there are."""
        return self.found.bit_count()

    @cached_property
    def showing_time(self) -> int:
        """What is found, is booked here and shows everybody its free time."""
        bookable = self.shelf.having("mode", BookingMode.HERE) & self.shelf.having("in_service", True)
        return self.found & bookable & self.shelf.having("hides_free_time", False)

    def ignoring(self, names: Iterable[str]) -> int:
        """What would be found without the filters of these facets."""
        found = self._unfaceted
        for name, values in self.criteria.chosen.items():
            if name not in names:
                found &= self._having(name, values)
        return found

    def counts(
        self, name: str, *, also_ignoring: Iterable[str] = (), among: Iterable[Any] | None = None
    ) -> dict[Any, int]:
        """Exact counts of a facet's values, its own filter ignored."""
        if name == "voucher":
            count = (self.ignoring((name, *also_ignoring)) & self.covered).bit_count()
            return {True: count} if count else {}
        return self.shelf.counts(name, self.ignoring((name, *also_ignoring)), among)

    def _having(self, name: str, values: Iterable[Any]) -> int:
        """Instruments with any of these values."""
        if name == "voucher":
            return self.covered if True in values else self.shelf.everything & ~self.covered
        found = 0
        for value in values:
            found |= self.shelf.having(name, value)
        return found

    @cached_property
    def _unfaceted(self) -> int:
        """What fulfils the conditions that are no facets: words, free time, distance."""
        found = self.shelf.everything
        if self.match is not None:
            found &= self.match.whole
        if self.free is not None:
            found &= self.free
        if self.criteria.near and self.criteria.max_km is not None:
            found &= self._within(self.criteria.max_km)
        return found

    def _within(self, max_km: float) -> int:
        """Instruments at most so far away."""
        found = 0
        for distance, spot in self._spots:
            if distance > max_km:
                break
            found |= self.shelf.having("spot", spot)
        return found

    @cached_property
    def _spots(self) -> list[tuple[float, Spot]]:
        """Every place where instruments stand, the nearest first."""
        near = self.criteria.near
        return sorted((kilometres(near, spot), spot) for spot in self.shelf.values.get("spot", ())) if near else []

    def distance(self, instrument_id: int) -> float | None:
        """How far away the instrument is, in kilometres; None where either place is unknown."""
        listing = self.shelf.listings.get(instrument_id)
        if self.criteria.near is None or listing is None or listing.spot is None:
            return None
        return kilometres(self.criteria.near, listing.spot)

    def page(self, offset: int, limit: int) -> list[int]:
        """The instruments at these positions of the order."""
        return list(islice(self.ordered(), offset, offset + limit))

    def page_after(self, last: int, offset: int, limit: int) -> tuple[list[int], int]:
        """The instruments after `last`, which stood before position `offset`, and the position of the first.

        When the catalogue changed meanwhile, the place of `last` counts; when it is gone, the position.
        """
        order = list(islice(self.ordered(), offset))
        if not order or order[-1] != last:
            order = list(self.ordered())
            offset = order.index(last) + 1 if last in order else min(offset, len(order))
        return self.page(offset, limit), offset

    def ordered(self) -> Iterator[int]:
        """Everything found, in the order that was asked for."""
        if self.criteria.sort == Sort.DISTANCE and self.criteria.near:
            return self._by_distance()
        if self.criteria.sort == Sort.NAME:
            return self._picked(self.shelf.by_name)
        if self.criteria.sort == Sort.NEWEST:
            return self._picked(self.shelf.by_age)
        return self._by_closeness(self.match) if self.match else self._picked(self.shelf.by_use)

    def _picked(self, order: list[int]) -> Iterator[int]:
        """What is found, in an order of everything."""
        marks = members(self.found, self.shelf.largest_id + 1)
        return (number for number in order if marks[number])

    def _by_distance(self) -> Iterator[int]:
        """The nearest first, those without a place last."""
        for _, spot in self._spots:
            yield from numbers_in(self.found & self.shelf.having("spot", spot))
        yield from numbers_in(self.found & self.shelf.having("spot", None))

    def _by_closeness(self, match: TextMatch) -> Iterator[int]:
        """Words in the title first, then in the headline, then anywhere; in each, what runs and is named shortest."""
        room = RANKED
        seen = 0
        for scope in match:
            numbers = numbers_in(self.found & scope & ~seen)
            seen |= scope
            yield from sorted(numbers[:room], key=self.shelf.closeness.__getitem__)
            yield from numbers[room:]
            room = max(0, room - len(numbers))
