"""The calendar of the year: public days from the `holidays` package, closing days of institutions."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import holidays
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.directory import queries
from booking.directory.forms import ClosingDaysForm
from models.directory import CalendarDay
from models.vocabulary.directory import DayKind

ANNOUNCED_YEARS = frozenset({2024, 2025, 2026})
LONGEST_CLOSURE = timedelta(days=120)
FURTHEST_AHEAD = timedelta(days=800)


def known_years(now: datetime) -> range:
    """The years whose public days are kept: the first announced one to the one after next."""
    return range(min(ANNOUNCED_YEARS), local_date(now).year + 3)


def seed_public_days(session: Session, years: Iterable[int]) -> int:
    """Store the public holidays and working weekend days of `years`; how many were added or corrected.

    Years without an announcement yet are provisional. Days somebody confirmed by hand stay as they are.
    """
    wanted = public_days(years)
    stored = session.scalars(
        select(CalendarDay).where(CalendarDay.organisation_id.is_(None), CalendarDay.day.in_([d.day for d in wanted]))
    )
    standing = {row.day: row for row in stored}
    new = [day for day in wanted if day.day not in standing]
    session.add_all(new)
    confirmed = [d for d in wanted if d.is_confirmed and d.day in standing and not standing[d.day].is_confirmed]
    for day in confirmed:
        row = standing[day.day]
        row.kind, row.name_zh, row.name_en, row.is_confirmed = day.kind, day.name_zh, day.name_en, True
    session.flush()
    return len(new) + len(confirmed)


def public_days(years: Iterable[int]) -> list[CalendarDay]:
    """The national days of `years`, not stored."""
    wanted = sorted(set(years))
    chinese = holidays.country_holidays("CN", years=wanted, language="zh_CN")
    english = holidays.country_holidays("CN", years=wanted, language="en_US")
    rest = [_rest_day(day, chinese[day], english[day]) for day in chinese if day.year in wanted]
    work = [_work_day(day) for day in chinese.weekend_workdays if day.year in wanted]
    return sorted(rest + work, key=lambda row: row.day)


def _rest_day(day: date, name_zh: str, name_en: str) -> CalendarDay:
    """A public holiday, or a day off that a working weekend pays for."""
    in_lieu = name_zh.startswith("休息日")
    return CalendarDay(
        day=day,
        kind=DayKind.PUBLIC_HOLIDAY,
        name_zh="调休放假" if in_lieu else first_name(name_zh),
        name_en="Day off in lieu" if in_lieu else first_name(name_en),
        is_confirmed=day.year in ANNOUNCED_YEARS,
    )


def first_name(names: str) -> str:
    """The first of the names that one day carries."""
    return names.replace("；", ";").partition(";")[0].strip()


def _work_day(day: date) -> CalendarDay:
    """A weekend day on which everybody works."""
    return CalendarDay(
        day=day,
        kind=DayKind.WORKING_WEEKEND,
        name_zh="调休上班",
        name_en="Working day in lieu",
        is_confirmed=day.year in ANNOUNCED_YEARS,
    )


def add_closing_days(
    session: Session, organisation_id: int, form: ClosingDaysForm, *, actor: Actor, now: datetime
) -> list[CalendarDay]:
    """Close an institution from one day to another, both included; days it is closed on already are kept."""
    queries.organisation(session, organisation_id)
    require(actor, Permission.EDIT_ORGANISATION, Target(organisation_id=organisation_id))
    last_day = form.last_day or form.first_day
    if problems := _problems(form.first_day, last_day, today=local_date(now)):
        raise InvalidInput(problems)
    days = [form.first_day + timedelta(days=number) for number in range((last_day - form.first_day).days + 1)]
    closed = set(
        session.scalars(
            select(CalendarDay.day).where(CalendarDay.organisation_id == organisation_id, CalendarDay.day.in_(days))
        )
    )
    rows = [
        CalendarDay(
            organisation_id=organisation_id,
            day=day,
            kind=DayKind.CLOSING_DAY,
            name_zh=form.name_zh,
            name_en=form.name_en,
        )
        for day in days
        if day not in closed
    ]
    session.add_all(rows)
    session.flush()
    after = {"first_day": form.first_day.isoformat(), "last_day": last_day.isoformat(), "name_zh": form.name_zh}
    subject = ("organisation", organisation_id)
    audit.note(session, "directory.closing_days_added", subject, actor=actor, now=now, after=after)
    return rows


def _problems(first_day: date, last_day: date, *, today: date) -> list[Problem]:
    """What is wrong with a closure."""
    if first_day < today:
        return [Problem("first_day", N_("不能早于今天。"))]
    if last_day < first_day:
        return [Problem("last_day", N_("不能早于第一天。"))]
    if last_day - first_day > LONGEST_CLOSURE:
        return [Problem("last_day", N_("一次最多 %(days)s 天。"), {"days": LONGEST_CLOSURE.days})]
    if last_day > today + FURTHEST_AHEAD:
        return [Problem("last_day", N_("最远到 %(days)s 天之后。"), {"days": FURTHEST_AHEAD.days})]
    return []


def remove_closing_day(session: Session, organisation_id: int, day_id: int, *, actor: Actor, now: datetime) -> None:
    """Open the institution on that day again; raises NotFound for a day that is not its own."""
    require(actor, Permission.EDIT_ORGANISATION, Target(organisation_id=organisation_id))
    row = session.get(CalendarDay, day_id)
    if row is None or row.organisation_id != organisation_id:
        raise NotFound
    before = {"day": row.day.isoformat(), "name_zh": row.name_zh}
    session.delete(row)
    session.flush()
    subject = ("organisation", organisation_id)
    audit.note(session, "directory.closing_day_removed", subject, actor=actor, now=now, before=before)
