"""On which week an instrument's page opens."""

from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date
from booking.core.period import Period
from booking.reservations import service
from booking.reservations.first_time import first_start, opening_week
from booking.reservations.panel import panel_for
from booking.reservations.rules import Terms
from booking.reservations.week_table import monday_of
from booking.reservations.wishes import Wish
from models.directory import CalendarDay
from models.vocabulary.directory import DayKind
from tests.factories.instruments import make_instrument
from tests.factories.people import actor_for, make_user

OFFICE_HOURS = tuple((weekday, 540, 1080) for weekday in range(1, 6))


def local(day: str, minute: int = 0) -> datetime:
    return at_local(date.fromisoformat(day), minute)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(local("2026-11-25", 600), local("2026-11-25", 600), id="Wednesday morning"),
        pytest.param(local("2026-11-27", 1060), local("2026-11-30", 540), id="Friday, too late for the shortest stay"),
        pytest.param(local("2026-11-28", 600), local("2026-11-30", 540), id="Saturday"),
        pytest.param(local("2026-11-29", 1439), local("2026-11-30", 540), id="Sunday 23:59 in Shanghai"),
        pytest.param(local("2026-11-30", 0), local("2026-11-30", 540), id="Monday 00:00 in Shanghai"),
        pytest.param(local("2027-12-31", 1100), local("2028-01-03", 540), id="the evening of 31 December"),
    ],
)
def test_the_calendar_opens_on_the_week_of_the_first_time_that_could_be_reserved(
    session: Session, now: datetime, expected: datetime
) -> None:
    instrument = make_instrument(session, hours=OFFICE_HOURS, policy={"shortest_minutes": 60, "horizon_days": 14})

    time, first = opening_week(session, instrument.id, viewer=None, now=now)

    assert first == expected
    assert time.window.start <= expected < time.window.end
    assert local_date(time.window.start) == monday_of(local_date(expected))


def test_a_week_that_is_taken_and_one_that_is_closed_are_passed_over(session: Session) -> None:
    now = local("2026-11-27", 1020)
    instrument = make_instrument(session, hours=((5, 540, 600),), policy={"longest_minutes": 60, "horizon_days": 30})
    closed = date(2026, 12, 11)
    session.add(
        CalendarDay(organisation_id=instrument.organisation_id, day=closed, kind=DayKind.CLOSING_DAY, name_zh="停电")
    )
    person = actor_for(session, make_user(session), now=now)
    taken = Period(local("2026-12-04", 540), local("2026-12-04", 600))
    service.request_reservation(session, Wish(instrument.id, taken), actor=person, now=now)

    _time, first = opening_week(session, instrument.id, viewer=None, now=now)

    assert first == local("2026-12-18", 540)


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param({"hours": ((7, 540, 600),), "policy": {"horizon_days": 1}}, id="nothing within the horizon"),
        pytest.param({"hours": OFFICE_HOURS, "hides_free_time": True}, id="free time is hidden"),
    ],
)
def test_without_a_time_to_reserve_this_week_is_shown(session: Session, columns: dict[str, Any]) -> None:
    instrument = make_instrument(session, **columns)
    now = local("2026-11-25", 600)

    time, first = opening_week(session, instrument.id, viewer=None, now=now)

    assert first is None
    assert time.window == Period(local("2026-11-23"), local("2026-11-30"))


def test_the_drawn_calendar_and_the_table_open_on_the_same_week(app: Flask, session: Session) -> None:
    instrument = make_instrument(session, hours=OFFICE_HOURS)
    now = local("2027-12-31", 1400)

    with app.test_request_context():
        panel = panel_for(session, instrument, None, {}, now)
        asked = panel_for(session, instrument, None, {"week": "2027-12-31"}, now)

    assert (panel["shown_day"], panel["week"].days[0]) == (date(2028, 1, 3), date(2028, 1, 3))
    assert (asked["shown_day"], asked["week"].days[0]) == (date(2027, 12, 31), date(2027, 12, 27))


def test_a_time_later_this_week_is_where_a_phone_begins(app: Flask, session: Session) -> None:
    instrument = make_instrument(session, hours=((7, 540, 1080),))

    with app.test_request_context():
        days = [
            panel_for(session, instrument, None, {}, local(day, 600))["shown_day"]
            for day in ("2026-11-24", "2026-11-27")
        ]

    assert days == [date(2026, 11, 29), date(2026, 11, 27)]


def test_the_first_start_keeps_the_grid_the_notice_and_the_horizon() -> None:
    now = local("2026-11-25", 607)
    free = [
        Period(local("2026-11-25", 600), local("2026-11-25", 640)),
        Period(local("2026-11-26", 600), local("2026-11-26", 700)),
    ]

    assert first_start(free, Terms(grid_minutes=15, shortest_minutes=15), now=now) == local("2026-11-25", 615)
    assert first_start(free, Terms(shortest_minutes=60), now=now) == local("2026-11-26", 600)
    assert first_start(free, Terms(shortest_minutes=15, notice_minutes=24 * 60), now=now) == local("2026-11-26", 630)
    assert first_start(free, Terms(shortest_minutes=60, horizon_days=0), now=now) is None
