from datetime import UTC, date, datetime

import pytest

from booking.core.clock import at_local
from booking.core.period import Period
from booking.reservations.opening import DayHours
from booking.reservations.rules import Terms
from booking.reservations.week_table import Cell, CellKind, WeekTime, monday_of, week_of, week_table

MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 1, 40, tzinfo=UTC)  # 09:40 in Shanghai


def local(day: int, start: int, end: int) -> Period:
    return Period(at_local(date(2026, 11, day), start), at_local(date(2026, 11, day), end))


def cell_at(time: WeekTime, day: int, hour: int, terms: Terms | None = None) -> Cell:
    table = week_table(MONDAY, time, terms or Terms(), now=NOW)
    return table.rows[hour - table.first_hour][day - 23]


@pytest.mark.parametrize("day", [date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 29)])
def test_a_week_begins_on_monday(day: date) -> None:
    assert monday_of(day) == MONDAY


def test_a_week_is_seven_local_days() -> None:
    assert week_of(MONDAY) == Period(datetime(2026, 11, 22, 16, tzinfo=UTC), datetime(2026, 11, 29, 16, tzinfo=UTC))


def test_a_free_hour_offers_an_hour_from_its_start() -> None:
    cell = cell_at(WeekTime(free=[local(24, 540, 1020)]), 24, 13)

    assert cell.kind == CellKind.FREE
    assert cell.wish == local(24, 780, 840)


def test_the_hour_that_has_begun_offers_what_is_left_of_it_on_the_grid() -> None:
    cell = cell_at(WeekTime(free=[local(23, 480, 1020)]), 23, 9, Terms(grid_minutes=15))

    assert cell.wish == local(23, 585, 645)


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        pytest.param(Terms(shortest_minutes=120), local(24, 540, 660), id="the shortest stay is longer than an hour"),
        pytest.param(Terms(longest_minutes=30), local(24, 540, 570), id="the longest stay is shorter than an hour"),
        pytest.param(Terms(notice_minutes=24 * 60 + 10), local(24, 600, 660), id="the notice has passed only later"),
    ],
)
def test_what_is_offered_keeps_the_owners_terms(terms: Terms, expected: Period) -> None:
    hour = expected.start.astimezone(UTC).hour + 8

    assert cell_at(WeekTime(free=[local(24, 540, 1020)]), 24, hour, terms).wish == expected


def test_time_too_short_for_the_shortest_stay_is_not_offered() -> None:
    time = WeekTime(free=[local(24, 540, 560)], busy=[local(24, 560, 1020)])

    assert cell_at(time, 24, 9) == Cell(CellKind.BUSY, local(24, 540, 600))


def test_nothing_is_offered_beyond_the_horizon() -> None:
    time = WeekTime(free=[local(25, 540, 1020)], opened=[local(25, 540, 1020)])

    assert cell_at(time, 25, 9, Terms(horizon_days=1)).wish is None


@pytest.mark.parametrize(
    ("time", "kind"),
    [
        pytest.param(WeekTime(mine=[local(24, 540, 600)], busy=[local(24, 540, 600)]), CellKind.MINE, id="mine"),
        pytest.param(WeekTime(blocks=[local(24, 0, 1440)], busy=[local(24, 540, 600)]), CellKind.BLOCK, id="block"),
        pytest.param(WeekTime(busy=[local(24, 590, 660)]), CellKind.BUSY, id="busy in part"),
        pytest.param(WeekTime(busy=[local(24, 600, 660)]), CellKind.CLOSED, id="busy from the next hour"),
    ],
)
def test_an_hour_shows_what_takes_it(time: WeekTime, kind: CellKind) -> None:
    assert cell_at(time, 24, 9).kind == kind


def test_what_is_over_offers_nothing() -> None:
    assert cell_at(WeekTime(free=[local(23, 0, 1440)]), 23, 8).kind == CellKind.PAST


def test_the_hours_shown_reach_from_opening_to_closing() -> None:
    table = week_table(MONDAY, WeekTime(opened=[local(24, 390, 1230)]), Terms(), now=NOW)

    assert (table.first_hour, table.last_hour) == (6, 21)


def test_an_instrument_that_is_open_over_midnight_shows_every_hour() -> None:
    table = week_table(MONDAY, WeekTime(opened=[local(24, 600, 1500)]), Terms(), now=NOW)

    assert (table.first_hour, table.last_hour) == (0, 24)


def test_a_fixed_slot_is_offered_whole_at_its_start_and_free_throughout() -> None:
    terms = Terms(slots=(DayHours(2, 540, 780), DayHours(2, 840, 1080)))
    time = WeekTime(free=[local(24, 0, 1000)], opened=[local(24, 0, 1440)])

    first, middle, between, taken = (cell_at(time, 24, hour, terms) for hour in (9, 11, 13, 14))

    assert (first.kind, first.wish) == (CellKind.FREE, local(24, 540, 780))
    assert (middle.kind, middle.wish) == (CellKind.FREE, None)
    assert [cell.kind for cell in (between, taken)] == [CellKind.CLOSED] * 2
