"""Dates, money and numbers in the convention of each language."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from booking.core.clock import at_local, local_date, utcnow
from booking.web import filters

NEW_YEARS_EVE = date(2031, 12, 31)
LATE, MIDNIGHT = at_local(NEW_YEARS_EVE, 22 * 60), at_local(NEW_YEARS_EVE, 24 * 60)


@pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True, scope="session")
@pytest.mark.parametrize(
    ("show", "values", "zh", "en"),
    [
        (filters.day, (NEW_YEARS_EVE,), "2031年12月31日 周三", "Wed 31 Dec 2031"),
        (filters.day, (datetime(2031, 12, 31, 16, tzinfo=UTC),), "2032年1月1日 周四", "Thu 1 Jan 2032"),
        (filters.moment, (LATE,), "2031年12月31日 周三 22:00", "Wed 31 Dec 2031, 22:00"),
        (filters.period, (LATE, MIDNIGHT), "2031年12月31日 周三 22:00–24:00", "Wed 31 Dec 2031, 22:00–24:00"),
        (filters.money, (-123450,), "−¥1,234.50", "−CNY 1,234.50"),
        (filters.number, (1234567,), "1,234,567", "1,234,567"),
        (filters.minutes, (90,), "1 小时 30 分钟", "1 h 30 min"),
        (filters.days, (1,), "1 天", "1 day"),
        (filters.days, (3,), "3 天", "3 days"),
    ],
)
def test_what_is_shown_follows_the_convention_of_the_language(
    engine_app: Flask, show: Callable[..., str], values: tuple[Any, ...], zh: str, en: str
) -> None:
    assert [shown_in(engine_app, language, show, values) for language in ("zh", "en")] == [zh, en]


@pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True, scope="session")
def test_this_year_is_not_named(engine_app: Flask) -> None:
    today = local_date(utcnow())

    assert str(today.year) not in shown_in(engine_app, "en", filters.day, (today,))


def shown_in(app: Flask, language: str, show: Callable[..., str], values: tuple[Any, ...]) -> str:
    with app.test_request_context("/", headers={"Cookie": f"language={language}"}):
        return str(show(*values))
