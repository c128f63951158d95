from datetime import date

import pytest

from booking.teams.rules import Sight, last_day_problems


@pytest.mark.parametrize(
    ("sight", "runs", "sees"),
    [
        pytest.param(Sight(), False, False, id="a stranger"),
        pytest.param(Sight(is_member=True), False, True, id="a member"),
        pytest.param(Sight(is_member=True, is_deputy=True), True, True, id="a deputy"),
        pytest.param(Sight(is_lead=True), True, True, id="the lead"),
        pytest.param(Sight(manages=True), True, True, id="an administrator of the institution"),
        pytest.param(Sight(audits=True), False, True, id="an auditor"),
    ],
)
def test_who_runs_a_team_and_who_sees_its_people(sight: Sight, runs: bool, sees: bool) -> None:
    assert (sight.runs, sight.sees_people) == (runs, sees)


@pytest.mark.parametrize(
    ("last_day", "count"),
    [
        pytest.param(date(2026, 11, 22), 0, id="yesterday"),
        pytest.param(date(2026, 11, 21), 1, id="before yesterday"),
        pytest.param(date(2027, 11, 21), 0, id="in a year"),
    ],
)
def test_the_last_day_of_a_membership_does_not_lie_in_the_past(last_day: date, count: int) -> None:
    assert len(last_day_problems(date(2026, 1, 1), last_day, date(2026, 11, 23))) == count


def test_a_membership_does_not_end_before_it_began() -> None:
    assert len(last_day_problems(date(2026, 11, 23), date(2026, 11, 22), date(2026, 11, 23))) == 1
