"""The address of a search: every condition stands in it, so that it can be kept and sent."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import url_for

from booking.search.forms import PageSearch

FIELDS = tuple(field.alias or name for name, field in PageSearch.model_fields.items())
PLACES = ("province", "city", "district")
CONDITION_FIELDS: dict[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("class", *PLACES, "institution", "mode", "in_service", "voucher")},
    "free": ("free_from", "free_to"),
    "max_km": ("max_km",),
}
"""The fields of the address behind each condition that is not a word."""


@dataclass(frozen=True)
class Address:
    """The conditions of a search as they stand in its address."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, typed: Mapping[str, object]) -> "Address":
        """The known, filled fields of a query string."""
        return cls({name: str(typed[name]) for name in FIELDS if isinstance(typed.get(name), str)})

    @property
    def kept(self) -> dict[str, str]:
        """What the search form does not show and must carry along."""
        names = {"class", *PLACES, "institution", "mode", "in_service", "voucher", "sort", "near"}
        return {name: value for name, value in self.values.items() if name in names}

    def url(self, **changes: object) -> str:
        """The same search with some fields set, or removed with None; it starts on the first page."""
        values = {name: value for name, value in self.values.items() if name != "page"}
        values |= {name.rstrip("_"): str(value) for name, value in changes.items() if value is not None}
        for name in (name for name, value in changes.items() if value is None):
            values.pop(name.rstrip("_"), None)
        return url_for("search.index", **values)  # type: ignore[arg-type]

    def export(self, kind: str) -> str:
        """What this search finds, as a file."""
        values = {name: value for name, value in self.values.items() if name != "page"}
        return url_for("search.export", format=kind, **values)  # type: ignore[arg-type]

    def without(self, *names: str) -> str:
        """The same search without some fields."""
        return self.url(**dict.fromkeys(names))

    def page(self, number: int) -> str:
        """Another page of the same search."""
        return self.url(page=number if number > 1 else None)

    def place(self, level: str | None, adcode: str | None = None) -> str:
        """The same search at another place only."""
        return self.url(**{name: adcode if name == level else None for name in PLACES})
