"""Reminding of uses that nobody confirmed: the steward first, then the deputy and the unit, then the administrators."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.charges.windows import LOOKED_AHEAD, Windows
from booking.core.clock import at_local, local_date
from booking.core.working_days import add_working_days
from booking.directory.queries import working_day_test
from booking.notifications.service import announce
from models.catalogue import Instrument
from models.reservations import Reservation, UseReminder
from models.vocabulary.reservations import ReservationState

LEVELS = (1, 2, 3)
MOST_AT_ONCE = 200


def days_until(level: int, confirm_days: int) -> int:
    """Working days after a use on which a level is told: the steward on the next, the others later and later still."""
    return {1: 1, 2: confirm_days, 3: 2 * confirm_days}[level]


def next_level(ended_on: date, told: int, today: date, confirm_days: int, is_working: Callable[[date], bool]) -> int:
    """Whom to tell today of a use that `told` levels know of already; 0 for nobody yet."""
    level = told + 1
    if level not in LEVELS:
        return 0
    return level if add_working_days(ended_on, days_until(level, confirm_days), is_working) <= today else 0


def due_to_remind(session: Session, *, now: datetime) -> Sequence[int]:
    """The ids of instruments with uses of former days that nobody confirmed and not everybody was told of."""
    today = at_local(local_date(now))
    fully = select(UseReminder.reservation_id).where(UseReminder.level == LEVELS[-1])
    told_today = select(UseReminder.reservation_id).where(UseReminder.sent_at >= today)
    waiting = select(Reservation.instrument_id).where(
        Reservation.state == ReservationState.CONFIRMED,
        Reservation.ends_at < today,
        Reservation.id.not_in(fully),
        Reservation.id.not_in(told_today),
    )
    return session.scalars(waiting.distinct().order_by(Reservation.instrument_id).limit(MOST_AT_ONCE)).all()


def remind_of_uses(session: Session, instrument_id: int, windows: Windows, *, now: datetime) -> bool:
    """Tell whoever is next of the uses of one instrument, in one announcement for each level; whether anybody was."""
    today = local_date(now)
    instrument = session.get_one(Instrument, instrument_id)
    told = func.coalesce(func.max(UseReminder.level), 0)
    waiting = session.execute(
        select(Reservation.id, Reservation.ends_at, told, func.max(UseReminder.sent_at))
        .outerjoin(UseReminder, UseReminder.reservation_id == Reservation.id)
        .where(
            Reservation.instrument_id == instrument_id,
            Reservation.state == ReservationState.CONFIRMED,
            Reservation.ends_at < at_local(today),
        )
        .group_by(Reservation.id, Reservation.ends_at)
        .order_by(Reservation.ends_at, Reservation.id)
    ).all()
    if not waiting:
        return False
    first = local_date(waiting[0].ends_at)
    is_working = working_day_test(session, instrument.organisation_id, first, today + LOOKED_AHEAD)
    by_level: dict[int, list[int]] = {}
    for reservation_id, ends_at, told_level, last_sent in waiting:
        if last_sent is not None and local_date(last_sent) == today:
            continue
        if level := next_level(local_date(ends_at), told_level, today, windows.confirm_days, is_working):
            by_level.setdefault(level, []).append(reservation_id)
            session.add(UseReminder(reservation_id=reservation_id, level=level, sent_at=now))
    session.flush()
    for level, ids in sorted(by_level.items()):
        payload = {"instrument_id": instrument_id, "level": level, "reservation_ids": ids}
        announce(session, "reservations.uses_unconfirmed", payload, now=now)
    return bool(by_level)
