"""Searching: exact totals and counts from the shelf, words and free time from the database."""

from sqlalchemy.orm import Session

from booking.recognitions.offers import Offers
from booking.search.criteria import Criteria
from booking.search.free import free_throughout
from booking.search.matches import text_match
from booking.search.selection import Selection
from booking.search.shelves import current_shelf
from booking.search.vouchers import covered_of


def select_instruments(session: Session, criteria: Criteria, offers: Offers) -> Selection:
    """What a search finds, in a constant number of statements: revision, words, days and lanes.

    `offers` is where vouchers can be used today.
    """
    shelf = current_shelf(session)
    match = text_match(session, shelf, criteria.terms) if criteria.has_text else None
    free = free_throughout(session, shelf, criteria.free) if criteria.free else None
    return Selection(shelf, criteria, match, free, covered_of(shelf, offers))


def relaxations(selection: Selection) -> list[tuple[str, int]]:
    """For a search that finds nothing: each condition whose dropping alone would find something, and how much."""
    shelf, criteria = selection.shelf, selection.criteria
    found = []
    for name in criteria.conditions:
        match = None if name == "q" else selection.match
        free = None if name == "free" else selection.free
        if total := Selection(shelf, criteria.without(name), match, free, selection.covered).total:
            found.append((name, total))
    return found
