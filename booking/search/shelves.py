"""The shelf of this process, kept in step with the database by its revision.

One small statement per search reads the revision; when it moved, only the rows of later revisions
are read. Why the counts are not made in SQL: docs/decisions.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.search.shelf import ABROAD, Listing, Shelf, changed, shelf_of
from models.listings import InstrumentListing, ListingRemoval, ListingRevision

MOST_CHANGES = 2000
MOST_SHELVES = 3

_COLUMNS = (
    InstrumentListing.instrument_id,
    InstrumentListing.organisation_id,
    InstrumentListing.class_1,
    InstrumentListing.class_2,
    InstrumentListing.class_3,
    InstrumentListing.province,
    InstrumentListing.city,
    InstrumentListing.district,
    InstrumentListing.booking_mode,
    InstrumentListing.is_in_service,
    InstrumentListing.latitude,
    InstrumentListing.longitude,
    InstrumentListing.name_key,
    InstrumentListing.name_length,
    InstrumentListing.opening_hours,
    InstrumentListing.closes_on_holidays,
    InstrumentListing.hides_free_time,
    InstrumentListing.service_type,
    InstrumentListing.added_at,
)

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
    """The listings of later revisions."""
    statement = select(*_COLUMNS)
    if after:
        statement = statement.where(InstrumentListing.revision > after)
    rows = session.execute(statement.limit(most))
    share: dict[Any, Any] = {}
    return {number: _listing(rest, share.setdefault) for number, *rest in rows}


def _listing(row: Sequence[Any], share: Callable[[Any, Any], Any]) -> Listing:
    """One row as a value; equal parts of many rows become one object."""
    owner, *classes, province, city, district, mode, is_in_service, latitude, longitude = row[:11]
    name_key, name_length, opening_hours, closes_on_holidays, hides_free_time, service_type, added_at = row[11:]
    path = tuple(code for code in classes if code)
    spot = (latitude, longitude) if latitude is not None and longitude is not None else None
    opening = (opening_hours, closes_on_holidays)
    return Listing(
        owner,
        share(path, path),
        share(province or ABROAD, province or ABROAD),
        share(city, city),
        share(district, district),
        mode,
        is_in_service,
        share(spot, spot),
        share(opening, opening),
        hides_free_time,
        service_type,
        name_key,
        name_length,
        added_at.timestamp(),
    )


def forget_shelves(epochs: Iterable[str] | None = None) -> None:
    """Let go of what is kept in memory; the next search reads it again."""
    for epoch in list(_shelves) if epochs is None else epochs:
        _shelves.pop(epoch, None)
