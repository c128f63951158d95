"""Days as a table: one line each, with a heading; every line that cannot be read is named."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from booking.core.csv_tables import decoded, is_text, rows_of
from booking.core.errors import InvalidInput, Problem
from booking.core.texts import N_
from booking.directory.forms import MOST_DAYS, DayForm
from booking.directory.labels import DAY_KIND, WEEKDAY
from models.vocabulary.directory import DayKind

COLUMNS = {
    "day": ("day", "date", "日期"),
    "kind": ("kind", "类别"),
    "name_zh": ("name_zh", "name", "名称"),
    "name_en": ("name_en", "英文名称", "名称（英文）"),
    "runs_as": ("runs_as", "按星期几运行", "按星期几"),
}
MOST_PROBLEMS = 20
_DAY = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$")
_KINDS = {str(kind): kind for kind in DayKind} | {label: kind for kind, label in DAY_KIND.items()}
_WEEKDAYS = {str(number): number for number in WEEKDAY} | {label: number for number, label in WEEKDAY.items()}
_WEEKDAYS |= {label.replace("星期", "周"): number for number, label in WEEKDAY.items()}


def text_of(data: bytes) -> str:
    """A table file as text, UTF-8 or GB18030; raises InvalidInput when it is neither."""
    text = decoded(data).text
    if not is_text(text):
        raise InvalidInput([Problem("file", N_("文件的编码不是 UTF-8 或 GB18030。"))])
    return text


def read_days(text: str) -> list[DayForm]:
    """The days of a table; raises InvalidInput with each line that cannot be read."""
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    rows = [(number, cells) for number, cells in rows_of(text.strip(), delimiter) if cells is None or any(cells)]
    places = _places(rows[0][1] or []) if rows else {}
    if "day" not in places or "name_zh" not in places:
        raise InvalidInput([Problem("table", N_("第一行须有列名，至少包括“日期”和“名称”。"))])
    found: list[DayForm] = []
    problems: list[Problem] = []
    for number, cells in rows[1:]:
        line = {name: cells[place].strip() for name, place in places.items() if place < len(cells)} if cells else {}
        read = _line(number, line)
        (problems if isinstance(read, Problem) else found).append(read)  # type: ignore[arg-type]
    if not found and not problems:
        problems.append(Problem("table", N_("没有任何日期。")))
    if len(found) > MOST_DAYS:
        problems.append(Problem("table", N_("一次最多 %(days)s 天。"), {"days": MOST_DAYS}))
    if problems:
        raise InvalidInput(problems[:MOST_PROBLEMS])
    return found


def _places(heading: list[str]) -> dict[str, int]:
    """Which column stands where."""
    cells = [cell.strip().lower() for cell in heading]
    return {name: cells.index(word) for name, words in COLUMNS.items() for word in words if word in cells}


def _line(number: int, line: Mapping[str, str]) -> DayForm | Problem:
    """One line as a day, or what is wrong with it."""
    readers: tuple[tuple[str, str, Callable[[str], object]], ...] = (
        ("day", N_("第 %(number)s 行：日期格式应为 年-月-日。"), _day),
        ("kind", N_("第 %(number)s 行：没有这一类日子。"), lambda text: _KINDS[text] if text else DayKind.CLOSING_DAY),
        ("runs_as", N_("第 %(number)s 行：星期应为 1 至 7。"), lambda text: _WEEKDAYS[text] if text else None),
    )
    values: dict[str, object] = {}
    for name, sentence, read in readers:
        try:
            values[name] = read(line.get(name, ""))
        except (KeyError, ValueError):
            return Problem("table", sentence, {"number": number})
    try:
        return DayForm.model_validate(values | {name: line.get(name, "") for name in ("name_zh", "name_en")})
    except ValueError:
        return Problem("table", N_("第 %(number)s 行：名称须填写，且不超过 80 个字符。"), {"number": number})


def _day(text: str) -> date:
    """A date as people and spreadsheets write it; raises ValueError."""
    matched = _DAY.match(text)
    if not matched:
        raise ValueError("no date")
    return date(int(matched[1]), int(matched[2]), int(matched[3]))
