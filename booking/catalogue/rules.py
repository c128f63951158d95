"""Decisions on values of a record: money, opening hours, and what publishing demands."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol

from booking.core.errors import Problem
from booking.core.texts import N_
from models.vocabulary.catalogue import BookingMode, PublishingState, ShareMode

FEN_PER_WAN = 1_000_000
LARGEST_FEN = 10**15 - 1
MIDNIGHT = 1440
MOST_LANES = 50
GRIDS = (5, 10, 15, 30, 60)

_HOURS = re.compile(r"^(?P<days>[1-7](?:-[1-7])?(?:,[1-7](?:-[1-7])?)*)\s+(?P<ranges>\S.*)$")
_WAN = re.compile(r"^([0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.([0-9]{1,6})0*)?$")
_RANGE = re.compile(r"^(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})$")


@dataclass(frozen=True, slots=True, order=True)
class Hours:
    """Open on an ISO weekday between two local minutes of the day, half-open; 1440 is midnight."""

    weekday: int
    opens_minute: int
    closes_minute: int


class Publishable(Protocol):
    """What a record must offer to be judged for publishing."""

    name_zh: str
    name_en: str
    class_code: str | None
    adcode: str | None
    model: str
    functions_zh: str
    user_rules_zh: str
    fees_zh: str
    contact_name: str
    phone: str
    email: str


NEEDED_TO_PUBLISH = ("name_zh", "class_code", "adcode", "model", "functions_zh", "user_rules_zh", "fees_zh")


def missing_before_publishing(record: Publishable, *, is_abroad: bool) -> list[Problem]:
    """What a record still lacks; records of owners abroad are not reported nationally and need a name only."""
    if is_abroad:
        return [] if record.name_zh or record.name_en else [Problem("name_zh", N_("发布前请填写此项。"))]
    found = [Problem(name, N_("发布前请填写此项。")) for name in NEEDED_TO_PUBLISH if not getattr(record, name)]
    if not record.contact_name:
        found.append(Problem("contact_name", N_("发布前请填写此项。")))
    if not (record.phone or record.email):
        found.append(Problem("phone", N_("发布前请填写电话或电子邮箱。")))
    return found


def is_let_through(state: PublishingState, cleared_at: datetime | None, changed_at: datetime) -> bool:
    """Whether what changed then may be shown to the public: not before reviewers cleared it (decision 010)."""
    return state == PublishingState.PUBLISHED and cleared_at is not None and changed_at <= cleared_at


def booking_mode_problems(mode: BookingMode, url: str) -> list[Problem]:
    """An instrument booked elsewhere must say where."""
    if mode == BookingMode.ELSEWHERE and not url:
        return [Problem("booking_url", N_("请填写机主预约系统的网址。"))]
    return []


def share_mode_problems(mode: ShareMode, reason: str, approved_by: str) -> list[Problem]:
    """Not sharing needs a reason and who approved it (国科发基〔2017〕289号)."""
    if mode != ShareMode.NONE:
        return []
    wanted = (("not_shared_reason", reason), ("not_shared_approved_by", approved_by))
    return [Problem(name, N_("不共享的仪器须填写此项。")) for name, text in wanted if not text]


def fen_from_wan(text: str) -> int:
    """万元 in decimals as whole fen, exactly; raises ValueError when it is no such amount."""
    matched = _WAN.match(text.strip())
    if not matched:
        raise ValueError("not a whole amount of fen")
    whole, part = matched[1].replace(",", ""), matched[2] or ""
    return int(whole) * FEN_PER_WAN + int(part.ljust(6, "0"))


def wan_from_fen(fen: int) -> str:
    """Fen as 万元 in decimals, without trailing zeros."""
    whole, rest = divmod(fen, FEN_PER_WAN)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def read_hours(text: str) -> list[Hours]:
    """`1-5 09:00-18:00; 6 09:00-12:00,13:00-17:00` as opening hours; raises ValueError when unclear."""
    found = [hours for part in re.split(r"[;；\n]", text) if part.strip() for hours in _hours_of(part.strip())]
    if overlapping(found):
        raise ValueError("overlap")
    return sorted(found)


def _hours_of(part: str) -> list[Hours]:
    """One group of days with its ranges."""
    matched = _HOURS.match(part)
    if not matched:
        raise ValueError("unreadable")
    ranges = [_range(piece.strip()) for piece in re.split(r"[,，]", matched["ranges"])]
    return [Hours(day, opens, closes) for day in _days(matched["days"]) for opens, closes in ranges]


def _days(text: str) -> list[int]:
    """`1-5,7` as weekdays."""
    found: set[int] = set()
    for piece in text.split(","):
        first, _, last = piece.partition("-")
        if last and last < first:
            raise ValueError("days reversed")
        found.update(range(int(first), int(last or first) + 1))
    return sorted(found)


def _range(text: str) -> tuple[int, int]:
    """`09:00-18:00` as two minutes of the day, the first before the second."""
    matched = _RANGE.match(text)
    if not matched:
        raise ValueError("unreadable")
    hours = [int(number) for number in matched.groups()]
    opens, closes = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if hours[1] > 59 or hours[3] > 59 or not opens < closes <= MIDNIGHT:
        raise ValueError("not within a day")
    return opens, closes


def write_hours(hours: Iterable[Hours]) -> str:
    """Opening hours as the text that `read_hours` reads, days with equal hours together."""
    by_day: dict[int, list[str]] = {}
    for item in sorted(hours):
        by_day.setdefault(item.weekday, []).append(f"{clock(item.opens_minute)}-{clock(item.closes_minute)}")
    days_of: dict[str, list[int]] = {}
    for day, ranges in by_day.items():
        days_of.setdefault(",".join(ranges), []).append(day)
    return "; ".join(f"{_days_text(days)} {ranges}" for ranges, days in days_of.items())


def _days_text(days: Sequence[int]) -> str:
    """`[1, 2, 3, 6]` as `1-3,6`."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def clock(minute: int) -> str:
    """The minute of a day as 09:30; 1440 is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def overlapping(hours: Iterable[Hours]) -> bool:
    """Whether two of the opening hours share any time; touching ends do not."""
    return any(
        first.weekday == second.weekday and second.opens_minute < first.closes_minute
        for first, second in pairwise(sorted(hours))
    )


def policy_problems(numbers: Mapping[str, Any]) -> list[Problem]:
    """Why the numbers of a booking policy do not fit together; an empty list means they do."""
    found = []
    grid = numbers["grid_minutes"]
    if grid not in GRIDS:
        found.append(Problem("grid_minutes", N_("时间刻度须为 5、10、15、30 或 60 分钟。")))
    elif numbers["shortest_minutes"] % grid:
        found.append(Problem("shortest_minutes", N_("须为时间刻度的整数倍。")))
    elif numbers["longest_minutes"] % grid:
        found.append(Problem("longest_minutes", N_("须为时间刻度的整数倍。")))
    slots = read_hours(numbers.get("slots", ""))
    if slots and max(slot.closes_minute - slot.opens_minute for slot in slots) > numbers["longest_minutes"]:
        found.append(Problem("slots", N_("固定时段不能长于最长时长。")))
    if numbers["shortest_minutes"] > numbers["longest_minutes"]:
        found.append(Problem("longest_minutes", N_("不能小于最短时长。")))
    if not (numbers["allows_self"] or numbers["allows_assisted"]):
        found.append(Problem("allows_self", N_("自主上机和协助上机至少选择一种。")))
    return found
