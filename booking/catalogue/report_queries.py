"""By when accepted instruments must be public, in their institution's working days (国科发基〔2017〕289号)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.catalogue.queries import within
from booking.core.actors import Reach
from booking.core.clock import local_date
from booking.core.working_days import add_working_days
from booking.directory.queries import working_day_test
from models.arrivals import ReportExemption, ReportNotice
from models.catalogue import Instrument
from models.vocabulary.arrivals import ExemptionState, NoticeKind, ReportState

CHUNK = 500
DAYS_PER_WORKING_DAY = 3
LONGEST_HOLIDAY = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Terms:
    """Within how many working days to report, and how many before that to remind."""

    days: int
    reminder_days: int


@dataclass(frozen=True, slots=True)
class ReportDate:
    """An accepted instrument with the day by which it must be public."""

    instrument: Instrument
    accepted_on: date
    due_on: date
    remind_on: date
    exemption: ReportExemption | None

    def state(self, today: date) -> ReportState:
        """How it stands today."""
        if self.instrument.first_published_at is not None:
            return ReportState.REPORTED
        if self.exemption is not None and self.exemption.state == ExemptionState.APPROVED:
            return ReportState.EXEMPT
        if today > self.due_on:
            return ReportState.OVERDUE
        return ReportState.SOON if today >= self.remind_on else ReportState.DUE

    @property
    def was_late(self) -> bool:
        """Whether it became public after the day."""
        published = self.instrument.first_published_at
        return published is not None and local_date(published) > self.due_on

    def notice(self, today: date) -> NoticeKind | None:
        """Which reminder is due today, if any."""
        kinds = {ReportState.SOON: NoticeKind.SOON, ReportState.OVERDUE: NoticeKind.OVERDUE}
        return kinds.get(self.state(today))


def report_date_of(session: Session, instrument: Instrument, terms: Terms) -> ReportDate | None:
    """The report date of one instrument; None while nobody said when it was accepted."""
    if instrument.accepted_on is None:
        return None
    return next(iter(_dated(session, [instrument], terms)), None)


def unreported(session: Session, reach: Reach, terms: Terms) -> list[ReportDate]:
    """Every accepted instrument within `reach` that never was public, the first due first."""
    waiting = (
        select(Instrument)
        .where(Instrument.accepted_on.is_not(None), Instrument.first_published_at.is_(None), within(reach))
        .options(joinedload(Instrument.organisation))
    )
    found = _dated(session, session.scalars(waiting).all(), terms)
    return sorted(found, key=lambda one: (one.due_on, one.instrument.id))


def due_now(
    session: Session, reach: Reach, terms: Terms, *, today: date, limit: int
) -> tuple[int, list[tuple[Instrument, date]]]:
    """How many within `reach` are overdue to be public or soon will be, and the first accepted with their due days."""
    exempt = select(ReportExemption.instrument_id).where(ReportExemption.state == ExemptionState.APPROVED)
    never_public = Instrument.first_published_at.is_(None), Instrument.id.not_in(exempt), within(reach)
    accepted: dict[int, set[date]] = defaultdict(set)
    starts = select(Instrument.organisation_id, Instrument.accepted_on).where(*never_public).distinct()
    for owner_id, day in session.execute(starts):
        if day is not None:
            accepted[owner_id].add(day)
    days = _all_days(session, accepted, terms)
    last: dict[int, date] = {}
    for (owner_id, day), (_due_on, remind_on) in sorted(days.items()):
        if remind_on <= today:
            last[owner_id] = day
    if not last:
        return 0, []
    # Who is accepted later is due later, so one day for each institution says which are due.
    until = (
        and_(Instrument.organisation_id == owner_id, Instrument.accepted_on <= day) for owner_id, day in last.items()
    )
    first = select(Instrument, func.count().over()).where(or_(*until), *never_public)
    ordered = first.order_by(Instrument.accepted_on, Instrument.id).limit(limit)
    rows = session.execute(ordered).all()
    count = rows[0][1] if rows else 0
    return count, [(one, days[one.organisation_id, one.accepted_on][0]) for one, _count in rows if one.accepted_on]


def notices_due(session: Session, terms: Terms, *, now: datetime) -> list[int]:
    """The institutions with instruments for which a reminder is due that was not sent yet, the longest due first."""
    due = unsent_notices(session, Reach(everywhere=True), terms, today=local_date(now))
    return list(dict.fromkeys(one.instrument.organisation_id for one, _kind in due))


def unsent_notices(session: Session, reach: Reach, terms: Terms, *, today: date) -> list[tuple[ReportDate, NoticeKind]]:
    """The instruments within `reach` for which a reminder is due that was not sent yet, the first due first."""
    due = [(one, kind) for one in unreported(session, reach, terms) if (kind := one.notice(today))]
    noted = (
        select(ReportNotice)
        .join(Instrument, Instrument.id == ReportNotice.instrument_id)
        .where(Instrument.first_published_at.is_(None), within(reach))
    )
    sent = {(row.instrument_id, row.kind, row.accepted_on) for row in session.scalars(noted)}
    return [(one, kind) for one, kind in due if (one.instrument.id, kind, one.accepted_on) not in sent]


def exemptions(session: Session, reach: Reach, *, state: ExemptionState) -> Sequence[ReportExemption]:
    """The exemptions within `reach` in one state, the oldest first."""
    statement = (
        select(ReportExemption)
        .join(Instrument, Instrument.id == ReportExemption.instrument_id)
        .where(ReportExemption.state == state, within(reach))
        .options(
            joinedload(ReportExemption.instrument).joinedload(Instrument.organisation),
            joinedload(ReportExemption.asked_by),
        )
    )
    return session.scalars(statement.order_by(ReportExemption.id)).all()


def standing_exemption(session: Session, instrument_id: int) -> ReportExemption | None:
    """What was asked last for one instrument, decided or not."""
    statement = select(ReportExemption).where(ReportExemption.instrument_id == instrument_id)
    return session.scalar(statement.order_by(ReportExemption.id.desc()).limit(1))


def _dated(session: Session, instruments: Sequence[Instrument], terms: Terms) -> list[ReportDate]:
    """The accepted ones among the instruments with their days, each calendar read once."""
    accepted: dict[int, set[date]] = defaultdict(set)
    for one in instruments:
        if one.accepted_on is not None:
            accepted[one.organisation_id].add(one.accepted_on)
    days = _all_days(session, accepted, terms)
    exempt = _exemptions_of(session, [one.id for one in instruments])
    return [
        ReportDate(one, one.accepted_on, *days[one.organisation_id, one.accepted_on], exempt.get(one.id))
        for one in instruments
        if one.accepted_on is not None
    ]


def _all_days(
    session: Session, accepted: Mapping[int, Iterable[date]], terms: Terms
) -> dict[tuple[int, date], tuple[date, date]]:
    """Due day and reminder day by institution and day of acceptance."""
    return {
        (owner_id, day): found
        for owner_id, starts in accepted.items()
        for day, found in _days(session, owner_id, starts, terms).items()
    }


def _days(session: Session, owner_id: int, starts: Iterable[date], terms: Terms) -> Mapping[date, tuple[date, date]]:
    """Due day and reminder day for each day of acceptance at one institution."""
    known = sorted(starts)
    last = known[-1] + timedelta(days=terms.days * DAYS_PER_WORKING_DAY) + LONGEST_HOLIDAY
    works = working_day_test(session, owner_id, known[0], last)
    early = max(terms.days - terms.reminder_days, 0)
    return {day: (add_working_days(day, terms.days, works), add_working_days(day, early, works)) for day in known}


def _exemptions_of(session: Session, instrument_ids: Sequence[int]) -> dict[int, ReportExemption]:
    """The standing exemptions, by instrument."""
    found: dict[int, ReportExemption] = {}
    for start in range(0, len(instrument_ids), CHUNK):
        chunk = instrument_ids[start : start + CHUNK]
        standing = ReportExemption.instrument_id.in_(chunk), ReportExemption.state != ExemptionState.REFUSED
        found |= {row.instrument_id: row for row in session.scalars(select(ReportExemption).where(*standing))}
    return found
