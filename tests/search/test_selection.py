"""Totals, facet counts and orders agree with a plain model that looks at one instrument after the other."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from booking.search import shelf as shelves
from booking.search.bits import bits_of, members, numbers_in
from booking.search.criteria import Criteria, Sort
from booking.search.distance import Spot, kilometres
from booking.search.selection import Selection
from booking.search.shelf import Listing, Shelf, TextMatch, changed, shelf_of
from models.vocabulary.catalogue import BookingMode
from models.vocabulary.programmes import ServiceType

FACETS = ("class", "province", "city", "institution", "mode", "in_service")
CLASSES = [(), ("010000",), ("010000", "010100", "010102"), ("010000", "010100", "010101"), ("020000", "020100")]
PLACES = [("500000", "500100"), ("510000", "510700"), ("510000", "510100"), ("abroad", None)]
SPOTS = [None, (29.8, 106.4), (31.5, 104.7), (30.6, 104.1), (-10.0, 179.9)]
NUMBERS = st.sets(st.integers(1, 200), max_size=30)
NEAR = Spot(29.8, 106.4)


@st.composite
def listings(draw: st.DrawFn) -> Listing:
    province, city = draw(st.sampled_from(PLACES))
    return Listing(
        organisation_id=draw(st.integers(1, 3)),
        classes=draw(st.sampled_from(CLASSES)),
        province=province,
        city=city,
        district=None,
        mode=draw(st.sampled_from(BookingMode)),
        is_in_service=draw(st.booleans()),
        service_type=draw(st.sampled_from(ServiceType)),
        spot=draw(st.sampled_from(SPOTS)),
        opening=("", True),
        hides_free_time=False,
        name_key=draw(st.sampled_from("abc")),
        name_length=draw(st.integers(1, 3)),
        added_at=draw(st.integers(1, 3)),
    )


SHELVES = st.dictionaries(st.integers(1, 200), listings(), max_size=30)
CHOSEN = st.fixed_dictionaries(
    {},
    optional={
        "class": st.sampled_from(["010000", "010100", "010102", "030000"]),
        "province": st.sampled_from(["500000", "510000", "abroad"]),
        "city": st.sampled_from(["500100", "510700"]),
        "institution": st.integers(1, 4),
        "mode": st.sampled_from(BookingMode),
        "in_service": st.booleans(),
    },
)


def values(listing: Listing, facet: str) -> set[Any]:
    return {value for name, value in listing.memberships() if name == facet and value is not None}


def expected(known: dict[int, Listing], chosen: dict[str, Any], among: set[int], ignoring: str = "") -> set[int]:
    return {
        number
        for number, listing in known.items()
        if number in among
        and all(value in values(listing, facet) for facet, value in chosen.items() if facet != ignoring)
    }


def selection(shelf: Shelf, chosen: dict[str, Any], words: set[int], sort: Sort = Sort.RELEVANCE) -> Selection:
    whole = bits_of(words, 200) & shelf.everything
    criteria = Criteria(chosen={name: frozenset({value}) for name, value in chosen.items()}, near=NEAR, sort=sort)
    return Selection(shelf, criteria, TextMatch(whole & 0b1010101, whole & 0b1111111, whole))


@settings(deadline=None)
@given(SHELVES, CHOSEN, NUMBERS)
def test_totals_and_every_facet_are_exact(known: dict[int, Listing], chosen: dict[str, Any], words: set[int]) -> None:
    for singly in (shelves.SINGLY, 0):
        shelves.SINGLY, before = singly, shelves.SINGLY
        try:
            found = selection(shelf_of("e", 1, known), chosen, words)
            assert found.total == len(expected(known, chosen, words))
            for facet in FACETS:
                within = expected(known, chosen, words, ignoring=facet)
                plain: dict[Any, int] = {}
                for number in within:
                    for value in values(known[number], facet):
                        plain[value] = plain.get(value, 0) + 1
                assert found.counts(facet) == plain
        finally:
            shelves.SINGLY = before


@settings(deadline=None)
@given(SHELVES, CHOSEN, NUMBERS, st.sampled_from(Sort))
def test_every_order_holds_each_instrument_once(
    known: dict[int, Listing], chosen: dict[str, Any], words: set[int], sort: Sort
) -> None:
    order = list(selection(shelf_of("e", 1, known), chosen, words, sort).ordered())

    assert len(order) == len(set(order))
    assert set(order) == expected(known, chosen, words)


@settings(deadline=None)
@given(SHELVES, SHELVES, NUMBERS)
def test_a_changed_shelf_equals_a_new_one(
    before: dict[int, Listing], renewed: dict[int, Listing], removed: set[int]
) -> None:
    after = {number: listing for number, listing in before.items() if number not in removed} | renewed

    found = changed(shelf_of("e", 1, before), 2, renewed, removed)

    assert (found.listings, found.sets) == (after, shelf_of("e", 2, after).sets)
    assert numbers_in(found.everything) == tuple(sorted(after))


@settings(deadline=None)
@given(SHELVES, st.integers(0, 40), st.integers(1, 10))
def test_a_page_after_the_last_one_starts_behind_it(known: dict[int, Listing], offset: int, limit: int) -> None:
    found = Selection(shelf_of("e", 1, known), Criteria())
    order = list(found.ordered())
    last = order[offset - 1] if 0 < offset <= len(order) else 0

    page, position = found.page_after(last, offset, limit)

    assert page == order[position : position + limit]
    assert position == min(offset, len(order))


@settings(deadline=None)
@given(SHELVES)
def test_distances_never_fall(known: dict[int, Listing]) -> None:
    found = Selection(shelf_of("e", 1, known), Criteria(near=NEAR, sort=Sort.DISTANCE))

    distances = [found.distance(number) for number in found.ordered()]

    placed = [distance for distance in distances if distance is not None]
    assert placed == sorted(placed)
    assert all(distance is None for distance in distances[len(placed) :])


@settings(deadline=None)
@given(SHELVES, st.floats(1, 20000))
def test_within_a_distance_is_what_is_not_farther(known: dict[int, Listing], max_km: float) -> None:
    found = Selection(shelf_of("e", 1, known), replace(Criteria(near=NEAR), max_km=max_km))

    near = {number for number, row in known.items() if row.spot and kilometres(NEAR, row.spot) <= max_km}
    assert set(numbers_in(found.found)) == near


@settings(deadline=None)
@given(st.sets(st.integers(0, 500)))
def test_bits_keep_their_numbers(numbers: set[int]) -> None:
    bits = bits_of(numbers, 500)

    assert numbers_in(bits) == tuple(sorted(numbers))
    assert [number for number, mark in enumerate(members(bits, 501)) if mark] == sorted(numbers)


def test_only_so_many_texts_are_kept() -> None:
    shelf = shelf_of("e", 1, {})

    for number in range(shelves.MOST_TEXTS + 5):
        shelf.remember((str(number),), TextMatch(0, 0, 0))

    assert len(shelf.texts) == shelves.MOST_TEXTS
    assert ("0",) not in shelf.texts
