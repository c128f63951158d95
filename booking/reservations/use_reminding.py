"""Reminding of uses that nobody confirmed: the steward first, then the deputy and the unit, then the administrators."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.orm import Session

from booking.charges.windows import LOOKED_AHEAD, Windows
from booking.core.clock import at_local, local_date
from booking.core.working_days import add_working_days
from booking.database.bulk import among
from booking.directory.queries import working_day_test
from booking.notifications.service import announce
from booking.reservations.changes import last_day, period_of
from booking.reservations.use_people import LEVELS
from booking.reservations.uses import from_before
from models.base import Base
from models.catalogue import Instrument
from models.reservations import Reservation, UseReminder
from models.vocabulary.reservations import ReservationState

_reminders = Base.metadata.tables["use_reminders"]
AGAIN = timedelta(days=7)
"""After so long the last level is told again, until somebody confirms."""


def days_until(level: int, confirm_days: int) -> int:
    """Working days after a use on which a level is told: the steward on the next, the others later and later still."""
    return {1: 1, 2: confirm_days, 3: 2 * confirm_days}[level]


def next_level(  # noqa: PLR0917 - a use, whom it was told to and when, and how days count
    ended_on: date,
    told: int,
    told_on: date | None,
    today: date,
    confirm_days: int,
    is_working: Callable[[date], bool],
) -> int:
    """Whom to tell today of a use that `told` levels know of already; 0 for nobody yet. The last is told weekly."""
    if told_on is not None and told_on >= today:
        return 0
    if told == LEVELS[-1]:
        return told if told_on is not None and told_on + AGAIN <= today else 0
    level = told + 1
    return level if add_working_days(ended_on, days_until(level, confirm_days), is_working) <= today else 0


def due_to_remind(session: Session, *, now: datetime) -> Sequence[int]:
    """The ids of institutions with uses of former days that nobody confirmed, whose use waits longest first."""
    waiting = select(Instrument.organisation_id).join(Reservation, Reservation.instrument_id == Instrument.id)
    ordered = waiting.where(_waits(now)).group_by(Instrument.organisation_id)
    return session.scalars(ordered.order_by(func.min(Reservation.ends_at), Instrument.organisation_id)).all()


def remind_of_uses(session: Session, organisation_id: int, windows: Windows, *, now: datetime) -> bool:
    """Tell whoever is next of the uses of one institution, in one announcement; whether anybody was told."""
    today, waiting = local_date(now), _waiting(session, organisation_id, now)
    if not waiting:
        return False
    first = last_day(period_of(waiting[0][0]))
    is_working = working_day_test(session, organisation_id, first, today + LOOKED_AHEAD)
    by_level: dict[int, list[int]] = {}
    again: list[int] = []
    for reservation, told, sent_at in waiting:
        told_on = local_date(sent_at) if sent_at is not None else None
        ended_on = last_day(period_of(reservation))
        if level := next_level(ended_on, told, told_on, today, windows.confirm_days, is_working):
            by_level.setdefault(level, []).append(reservation.id)
            again += [reservation.id] if level == told else []
    _mark(session, by_level, again, now=now)
    if by_level:
        payload = {"levels": [{"level": level, "reservation_ids": ids} for level, ids in sorted(by_level.items())]}
        announce(session, "reservations.uses_unconfirmed", payload, now=now)
    return bool(by_level)


def _waits(now: datetime) -> ColumnElement[bool]:
    """Over since a former day and not confirmed; a use that ends at midnight is of the day before."""
    is_over = and_(Reservation.state == ReservationState.CONFIRMED, Reservation.ends_at <= at_local(local_date(now)))
    return and_(is_over, ~from_before())


def _waiting(session: Session, organisation_id: int, now: datetime) -> Sequence[Any]:
    """Unconfirmed uses with the last level that was told, and when; the oldest first."""
    told = (
        select(UseReminder.reservation_id, func.max(UseReminder.level).label("level"))
        .add_columns(func.max(UseReminder.sent_at).label("sent_at"))
        .group_by(UseReminder.reservation_id)
        .subquery()
    )
    rows = (
        select(Reservation, func.coalesce(told.c.level, 0), told.c.sent_at)
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .outerjoin(told, told.c.reservation_id == Reservation.id)
        .where(Instrument.organisation_id == organisation_id, _waits(now))
    )
    return session.execute(rows.order_by(Reservation.ends_at, Reservation.id)).all()


def _mark(session: Session, by_level: Mapping[int, Sequence[int]], again: Collection[int], *, now: datetime) -> None:
    """Keep that levels were told, the last one of some `again`; as many statements for one use as for many."""
    known = set(again)
    rows = [
        {"reservation_id": one, "level": level, "sent_at": now}
        for level, ids in by_level.items()
        for one in ids
        if one not in known
    ]
    if rows:
        session.execute(insert(UseReminder), rows)
    if known:
        told = (among(session, _reminders.c.reservation_id, known), UseReminder.level == LEVELS[-1])
        marked = update(UseReminder).where(*told).values(sent_at=now)
        session.execute(marked.execution_options(synchronize_session=False))
