"""Decisions on organisations and days: the check digit of a USCC, whether people work on a day."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from booking.core.errors import Problem
from booking.core.texts import N_
from models.vocabulary.directory import DayKind

FRIDAY = 5
CLOSED = 0
NATIONAL_KINDS = (DayKind.PUBLIC_HOLIDAY, DayKind.WORKING_WEEKEND)
OWN_KINDS = (DayKind.CLOSING_DAY, DayKind.POWER_CUT, DayKind.RUNS_AS, DayKind.WORKING_WEEKEND)


@dataclass(frozen=True, slots=True)
class StoredDay:
    """A day that is not an ordinary one, of everybody (no owner) or of one organisation."""

    owner: int | None
    day: date
    kind: DayKind
    runs_as: int | None = None


def uscc_problems(number: str | None) -> list[Problem]:
    """What is wrong with a 统一社会信用代码 (GB 32100-2015); empty when it is sound or not given."""
    if not number:
        return []
    try:
        uscc.validate(number)
    except InvalidChecksum:
        return [Problem("uscc", N_("统一社会信用代码的校验位不符，请核对。"))]
    except ValidationError:
        return [Problem("uscc", N_("统一社会信用代码应为 18 位数字和大写字母。"))]
    return []


def place_problems(country: str, adcode: str | None) -> list[Problem]:
    """An organisation in China stands in a place; one abroad has no code of ours."""
    if country == "CN" and not adcode:
        return [Problem("adcode", N_("请选择所在地区。"))]
    if country != "CN" and adcode:
        return [Problem("adcode", N_("境外单位没有行政区划代码。"))]
    return []


def day_problems(kind: DayKind, runs_as: int | None, *, is_national: bool) -> list[Problem]:
    """Whether a day of this kind may stand in the national or an institution's calendar, and is whole."""
    if kind not in (NATIONAL_KINDS if is_national else OWN_KINDS):
        return [Problem("kind", N_("这里不能登记这一类日子。"))]
    if kind == DayKind.RUNS_AS and runs_as is None:
        return [Problem("runs_as", N_("请选择按星期几运行。"))]
    if kind != DayKind.RUNS_AS and runs_as is not None:
        return [Problem("runs_as", N_("只有“按其他日子运行”才填写。"))]
    return []


def unusual_days(days: Iterable[StoredDay], owner: int, *, on_holidays: bool) -> dict[date, int]:
    """Days on which other hours hold than the weekday's: the weekday whose hours do, or 0 when nothing is open.

    An organisation's own row wins over the national one: a day it works although it is a holiday is an ordinary one.
    """
    rows = sorted((day for day in days if day.owner in (None, owner)), key=lambda day: day.owner is not None)
    decided = {row.day: _hours_on(row, on_holidays=on_holidays) for row in rows}
    return {day: weekday for day, weekday in decided.items() if weekday is not None}


def _hours_on(row: StoredDay, *, on_holidays: bool) -> int | None:
    """The weekday whose hours hold on a stored day, 0 for none at all; None for its own."""
    if row.kind == DayKind.RUNS_AS:
        return row.runs_as
    closes = row.kind in {DayKind.CLOSING_DAY, DayKind.POWER_CUT} or (
        row.kind == DayKind.PUBLIC_HOLIDAY and on_holidays
    )
    return CLOSED if closes else None


def is_working(day: date, national: Mapping[date, StoredDay], own: Mapping[date, StoredDay]) -> bool:
    """Whether people work on `day`: the institution's own days first, then the national ones, then the week."""
    for level in (own, national):
        if (row := level.get(day)) and (works := _works(row)) is not None:
            return works
    return day.isoweekday() <= FRIDAY


def working_day_test(stored: Iterable[StoredDay]) -> Callable[[date], bool]:
    """A function that says of a day whether people work, by the stored days of the nation and one organisation."""
    rows = list(stored)
    national = {row.day: row for row in rows if row.owner is None}
    own = {row.day: row for row in rows if row.owner is not None}
    return lambda day: is_working(day, national, own)


def _works(row: StoredDay) -> bool | None:
    """What a stored day says of people's work; a power cut stops instruments, not people."""
    if row.kind == DayKind.POWER_CUT:
        return None
    if row.kind == DayKind.RUNS_AS:
        return (row.runs_as or 0) <= FRIDAY
    return row.kind == DayKind.WORKING_WEEKEND
