"""Days put over reservations: what was open and is not any more becomes a conflict for the steward to settle."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import delete, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session, joinedload

from booking.core.actors import Actor
from booking.core.clock import at_local
from booking.core.period import Period
from booking.directory import days
from booking.directory.forms import DayForm
from booking.reservations.opening import is_open
from booking.reservations.terms import Place, places_of
from models.catalogue import Instrument, LaneGroup
from models.directory import CalendarDay
from models.reservations import BlockConflict, Reservation
from models.vocabulary.reservations import HOLDING_TIME, ConflictState

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Closed:
    """Days that were entered or changed, and the reservations that fall on them, each with holder and instrument."""

    days: Sequence[CalendarDay]
    conflicts: Sequence[BlockConflict]


@dataclass(frozen=True, slots=True)
class _Standing:
    """A reservation that holds time."""

    id: int
    instrument_id: int
    period: Period


def set_days(
    session: Session, organisation_id: int | None, wanted: Sequence[DayForm], *, actor: Actor, now: datetime
) -> Closed:
    """Enter days into the calendar of an institution, or (none named) of the nation.

    Reservations stay; those that are not within opening hours any more are answered as conflicts.
    """
    days.require_calendar(session, organisation_id, actor)
    entering = partial(days.set_days, session, organisation_id, wanted, actor=actor, now=now)
    return _with_conflicts(session, organisation_id, [form.day for form in wanted], entering, now=now)


def seed_public_days(session: Session, years: Iterable[int], *, now: datetime) -> int:
    """Bring the public days of `years` up to date, with the conflicts that follow; how many changed."""
    wanted = days.unsettled(session, years)
    if not wanted:
        return 0
    whole = [day.day for day in days.public_days(wanted)]
    seeding = partial(days.seed_public_days, session, wanted)
    return len(_with_conflicts(session, None, whole, seeding, now=now).days)


def remove_day(session: Session, organisation_id: int | None, day_id: int, *, actor: Actor, now: datetime) -> int:
    """Make a day an ordinary one again; its conflicts go with it, and how many were open is returned."""
    row = days.day_of(session, organisation_id, day_id, actor=actor)
    gone = session.scalars(
        delete(BlockConflict).where(BlockConflict.calendar_day_id == day_id).returning(BlockConflict.state)
    ).all()
    days.remove_day(session, row, actor=actor, now=now)
    return sum(state == ConflictState.OPEN for state in gone)


def _with_conflicts(
    session: Session,
    organisation_id: int | None,
    touched: Sequence[date],
    entering: Callable[[], list[CalendarDay]],
    *,
    now: datetime,
) -> Closed:
    """Enter the days while nobody can book beside it, and compare what was open before with what is after."""
    _lock_groups(session, organisation_id)
    window = _window(touched, now)
    standing = _standing(session, organisation_id, window, now=now) if window else []
    if window is None or not standing:
        return Closed(entering(), ())
    before = _places(session, standing, window, now=now)
    rows = entering()
    after = _places(session, standing, window, now=now)
    pairs = [(row, one) for row in rows for one in standing]
    opened = {(row.id, one.id) for row, one in pairs if _open_on(row, one, after) is True}
    closed = {
        (row.id, one.id) for row, one in pairs if _open_on(row, one, before) and _open_on(row, one, after) is False
    }
    _settle(session, opened, now=now)
    return Closed(rows, _store(session, rows, closed, now=now))


def _window(touched: Sequence[date], now: datetime) -> Period | None:
    """From the first to the last of the days, as far as it is not over."""
    if not touched or at_local(max(touched) + A_DAY) <= now:
        return None
    return Period(max(at_local(min(touched)), now - A_DAY), at_local(max(touched) + A_DAY))


def _lock_groups(session: Session, organisation_id: int | None) -> None:
    """Lock the lane groups whose instruments the days concern, so that no booking slips in between."""
    groups = select(LaneGroup.id).order_by(LaneGroup.id).with_for_update(key_share=True)
    if organisation_id is not None:
        groups = groups.where(LaneGroup.organisation_id == organisation_id)
    session.execute(groups).all()


def _standing(session: Session, organisation_id: int | None, window: Period, *, now: datetime) -> list[_Standing]:
    """The reservations that hold time within the window and are not over."""
    rows = select(Reservation.id, Reservation.instrument_id, Reservation.starts_at, Reservation.ends_at).where(
        Reservation.state.in_(HOLDING_TIME),
        Reservation.starts_at < window.end,
        Reservation.ends_at > max(window.start, now),
    )
    if organisation_id is not None:
        rows = rows.join(Instrument, Instrument.id == Reservation.instrument_id).where(
            Instrument.organisation_id == organisation_id
        )
    found = session.execute(rows.order_by(Reservation.starts_at, Reservation.id))
    return [_Standing(number, instrument_id, Period(start, end)) for number, instrument_id, start, end in found]


def _places(session: Session, standing: Sequence[_Standing], window: Period, *, now: datetime) -> dict[int, Place]:
    """The instruments of the reservations as their calendar is now."""
    return places_of(session, sorted({one.instrument_id for one in standing}), window, now=now)


def _open_on(row: CalendarDay, one: _Standing, places: dict[int, Place]) -> bool | None:
    """Whether the reservation's part of the day is open throughout; None when it has none."""
    part = one.period.clipped(Period(at_local(row.day), at_local(row.day + A_DAY)))
    if part is None:
        return None
    terms = places[one.instrument_id].terms
    return is_open(terms.hours, terms.unusual_days, part)


def _settle(session: Session, open_again: set[tuple[int, int]], *, now: datetime) -> None:
    """Close the conflicts of days that were changed so that the reservation is within opening hours again."""
    days_changed = {day_id for day_id, _ in open_again}
    waiting = session.execute(
        select(BlockConflict.id, BlockConflict.calendar_day_id, BlockConflict.reservation_id).where(
            BlockConflict.calendar_day_id.in_(days_changed), BlockConflict.state == ConflictState.OPEN
        )
    )
    settled = [number for number, day_id, reservation_id in waiting if (day_id, reservation_id) in open_again]
    session.execute(
        sql_update(BlockConflict)
        .where(BlockConflict.id.in_(settled))
        .values(state=ConflictState.SETTLED, settled_at=now)
        .execution_options(synchronize_session=False)
    )


def _store(
    session: Session, rows: Sequence[CalendarDay], affected: set[tuple[int, int]], *, now: datetime
) -> Sequence[BlockConflict]:
    """One open conflict for each day and reservation; one that was settled before is open again."""
    day_ids = [row.id for row in rows]
    of_days = select(BlockConflict).where(BlockConflict.calendar_day_id.in_(day_ids))
    known = {(row.calendar_day_id, row.reservation_id): row for row in session.scalars(of_days)}
    for day_id, reservation_id in sorted(affected):
        if earlier := known.get((day_id, reservation_id)):
            earlier.state, earlier.reason = ConflictState.OPEN, ""
            earlier.settled_at = earlier.settled_by_id = None
        else:
            session.add(BlockConflict(calendar_day_id=day_id, reservation_id=reservation_id, created_at=now))
    session.flush()
    loaded = joinedload(BlockConflict.reservation).options(
        joinedload(Reservation.booked_by), joinedload(Reservation.instrument)
    )
    found = session.scalars(
        of_days.where(BlockConflict.state == ConflictState.OPEN)
        .options(loaded, joinedload(BlockConflict.calendar_day))
        .order_by(BlockConflict.id)
        .execution_options(populate_existing=True)
    ).all()
    return [one for one in found if (one.calendar_day_id, one.reservation_id) in affected]
