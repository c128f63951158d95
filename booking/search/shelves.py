"""The shelf of this process, kept in step with the database by its revision.

One small statement per search reads the revision; when it moved, only the rows of later revisions
are read. Why the counts are not made in SQL: docs/decisions.
"""

import threading
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.search.shelf import ABROAD, Listing, Shelf, changed, shelf_of
from models.listings import InstrumentListing, ListingRemoval, ListingRevision

MOST_CHANGES = 2000
MOST_SHELVES = 3

_COLUMNS = tuple(column for column in InstrumentListing.__table__.c if column.name != "revision")

_shelves: dict[str, Shelf] = {}
_loading = threading.Lock()


def current_shelf(session: Session) -> Shelf:
    """Everything listed as the database has it now."""
    row = session.execute(select(ListingRevision.epoch, ListingRevision.revision)).one_or_none()
    if row is None:
        return shelf_of("", 0, {})
    if (known := _shelves.get(row.epoch)) and known.revision >= row.revision:
        return known
    with _loading:
        return _brought_up(session, row.epoch, row.revision)


def _brought_up(session: Session, epoch: str, revision: int) -> Shelf:
    """The shelf at this revision or a later one, read as far as it is not known."""
    known = _shelves.get(epoch)
    if known and known.revision >= revision:
        return known
    found = _changed(session, known, revision) if known else None
    if found is None:
        found = shelf_of(epoch, revision, _listings(session, 0))
    _shelves.pop(epoch, None)
    while len(_shelves) >= MOST_SHELVES:
        del _shelves[next(iter(_shelves))]
    _shelves[epoch] = found
    return found


def _changed(session: Session, known: Shelf, revision: int) -> Shelf | None:
    """The known shelf with later changes, or None when there are so many that a new one is quicker."""
    renewed = _listings(session, known.revision, most=MOST_CHANGES + 1)
    removed = session.scalars(select(ListingRemoval.instrument_id).where(ListingRemoval.revision > known.revision))
    gone = removed.all()
    if len(renewed) + len(gone) > MOST_CHANGES:
        return None
    return changed(known, revision, renewed, gone)


def _listings(session: Session, after: int, most: int | None = None) -> dict[int, Listing]:
    """The listings of later revisions; whole rows are shared where they are equal."""
    statement = select(*_COLUMNS)
    if after:
        statement = statement.where(InstrumentListing.revision > after)
    rows = session.execute(statement.limit(most))
    shared: dict[Any, Any] = {}
    return {row.instrument_id: _listing(row, shared) for row in rows}


def _listing(row: Any, shared: dict[Any, Any]) -> Listing:
    """One row as a value; equal parts of many rows are one object."""
    classes = tuple(code for code in (row.class_1, row.class_2, row.class_3) if code)
    spot = (row.latitude, row.longitude) if row.latitude is not None and row.longitude is not None else None
    opening = (row.opening_hours, row.closes_on_holidays)
    return Listing(
        organisation_id=row.organisation_id,
        classes=shared.setdefault(classes, classes),
        province=shared.setdefault(row.province or ABROAD, row.province or ABROAD),
        city=shared.setdefault(row.city, row.city),
        district=shared.setdefault(row.district, row.district),
        mode=row.booking_mode,
        is_in_service=row.is_in_service,
        spot=shared.setdefault(spot, spot),
        opening=shared.setdefault(opening, opening),
        hides_free_time=row.hides_free_time,
        name_key=row.name_key,
        name_length=row.name_length,
        added_at=row.added_at.timestamp(),
    )


def forget_shelves(epochs: Iterable[str] | None = None) -> None:
    """Let go of what is kept in memory; the next search reads it again."""
    for epoch in list(_shelves) if epochs is None else epochs:
        _shelves.pop(epoch, None)
