"""How many working days are left until something is due, in the calendar of the office that it waits for."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.directory.rules import StoredDay, working_day_test
from models.directory import CalendarDay

LOOKED_AROUND = timedelta(days=60)


def days_left(session: Session, due: Sequence[tuple[int, date]], today: date) -> list[int]:
    """Working days from today until each day, by the office's calendar; below zero: how many it is late.

    One statement, however many offices there are.
    """
    if not due:
        return []
    offices = {office_id for office_id, _day in due}
    rows = session.execute(
        select(CalendarDay.organisation_id, CalendarDay.day, CalendarDay.kind, CalendarDay.runs_as).where(
            CalendarDay.day.between(today - LOOKED_AROUND, today + LOOKED_AROUND),
            or_(CalendarDay.organisation_id.is_(None), CalendarDay.organisation_id.in_(offices)),
        )
    )
    stored = [StoredDay(*row) for row in rows]
    tests = {one: working_day_test(day for day in stored if day.owner in {None, one}) for one in offices}
    return [_left(day, today, tests[office_id]) for office_id, day in due]


def _left(due_on: date, today: date, is_working: Callable[[date], bool]) -> int:
    """Working days after today until a day, or from that day until today as a number below zero."""
    first, last, sign = (today, due_on, 1) if due_on >= today else (due_on, today, -1)
    days = (first + timedelta(days=count) for count in range(1, (last - first).days + 1))
    return sign * sum(is_working(day) for day in days)
