"""Decisions on organisations and days: the check digit of a USCC, whether people work on a day."""

from collections.abc import Mapping, Set
from datetime import date

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError

from booking.core.errors import Problem
from booking.core.texts import N_
from models.vocabulary.directory import DayKind

SATURDAY = 5


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


def is_working(day: date, national: Mapping[date, DayKind], closed: Set[date]) -> bool:
    """Whether people work on `day`: the institution's closing days first, then the national ones, then the week."""
    if day in closed:
        return False
    if day in national:
        return national[day] == DayKind.WORKING_WEEKEND
    return day.weekday() < SATURDAY
