"""How moments, numbers and distances look in each language; moments are shown in Asia/Shanghai."""

from datetime import date, datetime

from flask import Flask
from flask_babel import format_decimal, gettext, ngettext

from booking.core.clock import SHANGHAI, local_date, utcnow
from booking.core.money import shown_yuan
from booking.web.languages import in_language, page_language

WEEKDAYS_ZH = "一二三四五六日"
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(value: date | datetime) -> str:
    """11月25日 周三 · Wed 25 Nov; with the year when it is not this one."""
    when = local_date(value) if isinstance(value, datetime) else value
    other_year = when.year != local_date(utcnow()).year
    if page_language() == "en":
        text = f"{WEEKDAYS_EN[when.weekday()]} {when.day} {MONTHS_EN[when.month - 1]}"
        return f"{text} {when.year}" if other_year else text
    text = f"{when.month}月{when.day}日 周{WEEKDAYS_ZH[when.weekday()]}"
    return f"{when.year}年{text}" if other_year else text


def clock(value: datetime) -> str:
    """13:00."""
    return value.astimezone(SHANGHAI).strftime("%H:%M")


def moment(value: datetime) -> str:
    """11月25日 周三 13:00 · Wed 25 Nov, 13:00."""
    return f"{day(value)}{_gap()}{clock(value)}"


def period(start: datetime, end: datetime) -> str:
    """11月25日 周三 13:00–16:00 · Wed 25 Nov, 13:00–16:00; both days when they differ."""
    ends_at_midnight = clock(end) == "00:00" and (local_date(end) - local_date(start)).days == 1
    if local_date(start) == local_date(end) or ends_at_midnight:
        return f"{moment(start)}–{'24:00' if ends_at_midnight else clock(end)}"
    return f"{moment(start)} – {moment(end)}"


def _gap() -> str:
    """What stands between day and clock."""
    return ", " if page_language() == "en" else " "


def number(value: float) -> str:
    """1,234,567 in either language."""
    return str(format_decimal(value))


def money(fen: int) -> str:
    """¥1,234.50 · CNY 1,234.50; fen as yuan with two decimals."""
    return shown_yuan(fen, page_language())


def percent(basis_points: int) -> str:
    """5,000 → 50%; at most two decimals."""
    return f"{basis_points / 100:.2f}".rstrip("0").rstrip(".") + "%"


def distance(kilometres: float) -> str:
    """3.2 km below a hundred, 148 km above."""
    return f"{kilometres:.1f} km" if kilometres < 100 else f"{kilometres:,.0f} km"


def megabytes(count: int) -> str:
    """2.4 MB, 15 MB; 12 KB below a tenth of one."""
    if count >= 100_000:
        return f"{count / 1_000_000:,.1f}".removesuffix(".0") + " MB"
    return f"{max(1, round(count / 1000)) if count else 0} KB"


def minutes(value: int) -> str:
    """90 → 1 小时 30 分钟 · 1 h 30 min."""
    hours, rest = divmod(value, 60)
    if not rest:
        return str(gettext("%(hours)s 小时", hours=hours))
    if not hours:
        return str(gettext("%(minutes)s 分钟", minutes=rest))
    return str(gettext("%(hours)s 小时 %(minutes)s 分钟", hours=hours, minutes=rest))


def days(count: int) -> str:
    """3 → 3 天 · 3 days."""
    return str(ngettext("%(days)s 天", "%(days)s 天", count, days=number(count)))


def local_input(value: datetime | None) -> str:
    """The value of a datetime-local field."""
    return value.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M") if value else ""


def init_filters(app: Flask) -> None:
    """Make the filters and the language functions known to templates."""
    app.jinja_env.filters.update(
        moment=moment,
        day=day,
        clock=clock,
        period=period,
        number=number,
        money=money,
        percent=percent,
        distance=distance,
        minutes=minutes,
        megabytes=megabytes,
        days=days,
        local_input=local_input,
    )
    app.jinja_env.globals.update(page_language=page_language, in_language=in_language)
