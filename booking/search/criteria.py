"""What somebody looks for, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from booking.core.period import Period
from booking.search.distance import Spot

FACETS = ("class", "province", "city", "district", "institution", "mode", "in_service", "voucher")


class Sort(StrEnum):
    """Orders of results."""

    RELEVANCE = "relevance"
    DISTANCE = "distance"
    NAME = "name"
    NEWEST = "newest"


@dataclass(frozen=True)
class Criteria:
    """A search: words, one set of accepted values per facet, free time, and a place to be near to.

    `text` is what was typed and `terms` what the tokeniser made of it.
    """

    text: str = ""
    terms: tuple[str, ...] = ()
    chosen: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    free: Period | None = None
    near: Spot | None = None
    max_km: float | None = None
    sort: Sort = Sort.RELEVANCE

    @property
    def has_text(self) -> bool:
        """Whether anything was typed, be it only signs that no record has."""
        return bool(self.text)

    def without(self, name: str) -> "Criteria":
        """The same search with one condition dropped: a facet, `q`, `free` or `max_km`."""
        if name == "q":
            return replace(self, text="", terms=())
        if name == "free":
            return replace(self, free=None)
        if name == "max_km":
            return replace(self, max_km=None)
        return replace(self, chosen={facet: values for facet, values in self.chosen.items() if facet != name})

    @property
    def conditions(self) -> list[str]:
        """The names of what narrows this search, in the order in which they are worth dropping."""
        found = ["free"] if self.free else []
        found += ["max_km"] if self.near and self.max_km else []
        found += [facet for facet in reversed(FACETS) if facet in self.chosen]
        return found + (["q"] if self.has_text else [])
