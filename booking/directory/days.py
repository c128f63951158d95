"""The calendar of the year: public days from the `holidays` package, closing days of institutions."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.directory import queries
from booking.directory.forms import ClosingDaysForm, DayForm
from booking.directory.rules import day_problems
from models.directory import CalendarDay
from models.vocabulary.directory import DayKind

ANNOUNCED_YEARS = frozenset({2024, 2025, 2026})
LONGEST_CLOSURE = timedelta(days=120)
FURTHEST_AHEAD = timedelta(days=800)
FEWEST_HOLIDAYS = 11
"""Days off by 全国年节及纪念日放假办法: 11 until 2024, 13 since."""


def known_years(now: datetime) -> range:
    """The years whose public days are kept: the first announced one to the one after next."""
    return range(min(ANNOUNCED_YEARS), local_date(now).year + 3)


def unsettled(session: Session, years: Iterable[int]) -> list[int]:
    """Those of `years` that lack national holidays, or have provisional ones although theirs were announced."""
    stored: dict[int, list[bool]] = {}
    national = select(CalendarDay.day, CalendarDay.is_confirmed).where(
        CalendarDay.organisation_id.is_(None), CalendarDay.kind == DayKind.PUBLIC_HOLIDAY
    )
    for day, is_confirmed in session.execute(national):
        stored.setdefault(day.year, []).append(is_confirmed)
    return [year for year in years if not _is_settled(year, stored.get(year, []))]


def _is_settled(year: int, confirmed: Sequence[bool]) -> bool:
    """Whether a year has its holidays, and confirmed ones where they were announced."""
    return len(confirmed) >= FEWEST_HOLIDAYS and (year not in ANNOUNCED_YEARS or all(confirmed))


def seed_public_days(session: Session, years: Iterable[int]) -> list[CalendarDay]:
    """Store the public holidays and working weekend days of `years`; those that were added or corrected.

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
    return [*new, *(standing[day.day] for day in confirmed)]


def public_days(years: Iterable[int]) -> list[CalendarDay]:
    """The national days of `years`, not stored."""
    import holidays  # noqa: PLC0415  every country of the world comes with it, and few starts need one

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


def require_calendar(session: Session, organisation_id: int | None, actor: Actor) -> None:
    """Refuse who may not change the calendar of the organisation, or (none named) of the nation."""
    if organisation_id is not None:
        queries.organisation(session, organisation_id)
    require(actor, Permission.EDIT_ORGANISATION, Target(organisation_id=organisation_id))


def days_between(form: ClosingDaysForm, *, now: datetime) -> list[DayForm]:
    """Each day from the first to the last, both included; raises InvalidInput for an unlikely closure."""
    last_day = form.last_day or form.first_day
    if problems := _problems(form.first_day, last_day, today=local_date(now)):
        raise InvalidInput(problems)
    same = form.model_dump(exclude={"first_day", "last_day"})
    count = (last_day - form.first_day).days + 1
    return [DayForm(day=form.first_day + timedelta(days=number), **same) for number in range(count)]


def set_days(
    session: Session, organisation_id: int | None, wanted: Sequence[DayForm], *, actor: Actor, now: datetime
) -> list[CalendarDay]:
    """Enter days into the calendar of an organisation, or (none named) of the nation; those new or changed.

    A day that stands there already is corrected, and confirmed. Raises InvalidInput.
    """
    require_calendar(session, organisation_id, actor)
    if problems := _day_problems(wanted, is_national=organisation_id is None, today=local_date(now)):
        raise InvalidInput(problems)
    standing = _standing(session, organisation_id, [form.day for form in wanted])
    found = [
        row for form in wanted if (row := _set_day(session, standing.get(form.day), organisation_id, form)) is not None
    ]
    session.flush()
    after = {"days": [f"{row.day.isoformat()} {row.kind.value} {row.name_zh}" for row in found]}
    subject = ("organisation", organisation_id)
    if found:
        audit.note(session, "directory.days_set", subject, actor=actor, now=now, after=after)
    return found


def _standing(session: Session, organisation_id: int | None, wanted: Iterable[date]) -> dict[date, CalendarDay]:
    """Those of the days that stand in this very calendar."""
    stored = select(CalendarDay).where(CalendarDay.day.in_(list(wanted)))
    if organisation_id is None:
        stored = stored.where(CalendarDay.organisation_id.is_(None))
    else:
        stored = stored.where(CalendarDay.organisation_id == organisation_id)
    return {row.day: row for row in session.scalars(stored)}


def _set_day(
    session: Session, row: CalendarDay | None, organisation_id: int | None, form: DayForm
) -> CalendarDay | None:
    """The day as the form describes it; None when it stands there just so."""
    values = {**form.model_dump(), "is_confirmed": True}
    if row is None:
        row = CalendarDay(organisation_id=organisation_id, **values)
        session.add(row)
        return row
    if all(getattr(row, name) == value for name, value in values.items()):
        return None
    for name, value in values.items():
        setattr(row, name, value)
    return row


def _day_problems(wanted: Sequence[DayForm], *, is_national: bool, today: date) -> list[Problem]:
    """What is wrong with days to be entered."""
    if len({form.day for form in wanted}) < len(wanted):
        return [Problem("days", N_("同一天只能出现一次。"))]
    if any(not today <= form.day <= today + FURTHEST_AHEAD for form in wanted):
        return [Problem("days", N_("日期须在今天到 %(days)s 天之后之间。"), {"days": FURTHEST_AHEAD.days})]
    found = [problem for form in wanted for problem in day_problems(form.kind, form.runs_as, is_national=is_national)]
    return found[:1]


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


def day_of(session: Session, organisation_id: int | None, day_id: int, *, actor: Actor) -> CalendarDay:
    """A day of this very calendar, for who may change it; raises NotFound."""
    require_calendar(session, organisation_id, actor)
    row = session.get(CalendarDay, day_id)
    if row is None or row.organisation_id != organisation_id:
        raise NotFound
    return row


def remove_day(session: Session, row: CalendarDay, *, actor: Actor, now: datetime) -> None:
    """Make the day an ordinary one again."""
    before = {"day": row.day.isoformat(), "kind": row.kind.value, "name_zh": row.name_zh}
    subject = ("organisation", row.organisation_id)
    session.delete(row)
    session.flush()
    audit.note(session, "directory.day_removed", subject, actor=actor, now=now, before=before)
