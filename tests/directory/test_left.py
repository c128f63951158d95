"""How many working days are left until something is due."""

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from booking.directory.left import days_left
from models.directory import CalendarDay
from models.vocabulary.directory import DayKind
from tests.counting import counting
from tests.factories.instruments import make_organisation

FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("later", "left"),
    [(0, 0), (1, 0), (3, 1), (5, 3), (-1, -1), (-6, -5)],
    ids=["today", "a Saturday", "Monday", "Wednesday", "since yesterday", "since Saturday a week ago"],
)
def test_days_are_counted_as_people_work(session: Session, later: int, left: int) -> None:
    office = make_organisation(session)

    assert days_left(session, [(office.id, FRIDAY + timedelta(days=later))], FRIDAY) == [left]


def test_each_office_has_its_own_calendar_and_all_are_read_at_once(session: Session) -> None:
    closed, plain = make_organisation(session), make_organisation(session)
    monday, tuesday = FRIDAY + timedelta(days=3), FRIDAY + timedelta(days=4)
    days = ((closed.id, monday, DayKind.CLOSING_DAY), (None, tuesday, DayKind.PUBLIC_HOLIDAY))
    session.add_all(CalendarDay(organisation_id=own, day=day, kind=kind, name_zh="停") for own, day, kind in days)
    session.commit()
    due = [(one.id, FRIDAY + timedelta(days=5)) for one in (closed, plain)]

    with counting() as statements:
        found = days_left(session, due, FRIDAY)

    assert (found, len(statements), days_left(session, [], FRIDAY)) == ([1, 2], 1, [])
