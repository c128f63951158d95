"""Which listed instruments are free throughout a period: bookable here, open, and with a lane of every group."""

from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.elements import ColumnElement

from booking.core.clock import local_date
from booking.core.period import Period
from booking.directory.rules import StoredDay, unusual_days
from booking.reservations.opening import DayHours, is_open
from booking.search.bits import bits_of
from booking.search.shelf import Shelf
from models.catalogue import InstrumentLaneGroup, Lane
from models.directory import CalendarDay
from models.listings import InstrumentListing
from models.reservations import Claim
from models.vocabulary.catalogue import BookingMode


def free_throughout(session: Session, shelf: Shelf, period: Period) -> int:
    """Instruments that could be had for the whole period; those that hide their free time never look free."""
    able = shelf.having("mode", BookingMode.HERE) & shelf.having("in_service", True)
    able &= shelf.having("hides_free_time", False)
    able &= _open(shelf, _days(session, period), period)
    return able & _with_free_lanes(session, shelf, period) if able else 0


def _days(session: Session, period: Period) -> list[StoredDay]:
    """The stored days that the period touches, of everybody."""
    first, last = local_date(period.start), local_date(period.end)
    rows = session.execute(
        select(CalendarDay.organisation_id, CalendarDay.day, CalendarDay.kind, CalendarDay.runs_as).where(
            CalendarDay.day.between(first, last)
        )
    )
    return [StoredDay(*row) for row in rows]


def _open(shelf: Shelf, days: list[StoredDay], period: Period) -> int:
    """Instruments that are open throughout: equal hours are decided once, and owners with days of their own apart."""
    owners = sorted({day.owner for day in days if day.owner is not None})
    apart = 0
    for owner in owners:
        apart |= shelf.having("institution", owner)
    found = _open_for(shelf, days, 0, period) & ~apart
    for owner in owners:
        found |= _open_for(shelf, days, owner, period) & shelf.having("institution", owner)
    return found


def _open_for(shelf: Shelf, days: list[StoredDay], owner: int, period: Period) -> int:
    """Instruments whose hours are open throughout, with the unusual days of one owner; 0 is nobody."""
    found = 0
    for written, closes_on_holidays in shelf.values.get("opening", ()):
        unusual = unusual_days(days, owner, on_holidays=closes_on_holidays)
        if is_open(read_hours(written), unusual, period):
            found |= shelf.having("opening", (written, closes_on_holidays))
    return found


def read_hours(written: str) -> list[DayHours]:
    """Opening hours from the listing's canonical text."""
    found = []
    for part in written.split():
        weekday, _, minutes = part.partition(":")
        opens, _, closes = minutes.partition("-")
        found.append(DayHours(int(weekday), int(opens), int(closes)))
    return found


def _with_free_lanes(session: Session, shelf: Shelf, period: Period) -> int:
    """Instruments with one lane of every group that no claim touches in the period."""
    needed, other = aliased(InstrumentLaneGroup), aliased(InstrumentLaneGroup)
    has_lane = exists().where(
        Lane.lane_group_id == needed.lane_group_id, Lane.retired_at.is_(None), _last_end(period) <= period.start
    )
    is_full = exists().where(needed.instrument_id == InstrumentListing.instrument_id, ~has_lane)
    has_groups = exists().where(other.instrument_id == InstrumentListing.instrument_id)
    statement = select(InstrumentListing.instrument_id).where(
        InstrumentListing.booking_mode == BookingMode.HERE, InstrumentListing.is_in_service, has_groups, ~is_full
    )
    return bits_of([number for number in session.scalars(statement) if number <= shelf.largest_id], shelf.largest_id)


def _last_end(period: Period) -> ColumnElement[datetime]:
    """When the lane's last claim ends that starts before the period's end; claims on a lane never overlap."""
    last = (
        select(Claim.ends_at)
        .where(Claim.lane_id == Lane.id, Claim.starts_at < period.end)
        .order_by(Claim.starts_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(last, period.start)
