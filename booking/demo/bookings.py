"""A few weeks of made-up reservations and blocks around today, through the same services as everybody's."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.catalogue.queries import hours_of
from booking.catalogue.rules import Hours
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.period import Period
from booking.demo import people
from booking.reservations.approval import confirm_reservation
from booking.reservations.blocks import add_block
from booking.reservations.refusals import ReservationRefused
from booking.reservations.service import request_reservation
from booking.reservations.wishes import AS_USUAL, Details, Paying, Wish
from models.catalogue import BookingPolicy, Instrument
from models.notifications import Event
from models.reservations import Reservation
from models.vocabulary.catalogue import OUT_OF_SERVICE, BookingMode, PublishingState, ShareMode
from models.vocabulary.reservations import BlockKind, Direction, ReservationState

SEED = 20170112
BUSY_INSTRUMENTS = 60
DAYS_AROUND = 13
SHARE_OF_DAYS = 0.3
LONGEST = 240
BOOKERS = ("researcher2", "lead", "enterprise", "enterprise-sc", "researcher")

PURPOSES = (
    ("涂层截面形貌观察", Direction.RESEARCH, "功能涂层失效机理"),
    ("来料成分复检", Direction.DEVELOPMENT, ""),
    ("本科生综合实验", Direction.TEACHING, ""),
    ("合金相组成测定", Direction.RESEARCH, "轻质合金组织调控"),
    ("新配方批次对比", Direction.DEVELOPMENT, "产品改进"),
    ("方法验证", Direction.OTHER, ""),
)


@dataclass(frozen=True, slots=True)
class Busy:
    """An instrument people book, with what decides which times are possible."""

    id: int
    policy: BookingPolicy
    hours: Sequence[Hours]


def add_bookings(session: Session, *, actor: Actor, now: datetime) -> int:
    """Reservations of the past and the coming days, blocks, and the researcher's own; how many reservations.

    Mails about the made-up past are dropped; those about the researcher's own bookings are kept.
    """
    chance = random.Random(SEED)  # noqa: S311 - made-up bookings, no secret
    steward = people.actor(session, "steward", now=now)
    own = sorted(reach(steward, Permission.EDIT_RECORD).instrument_ids)
    bookers = [people.actor(session, account, now=now) for account in BOOKERS]
    for busy in _busy(session, own):
        for period in _periods(busy, chance, local_date(now)):
            _book(session, busy, period, chance.choice(bookers[:-1]), chance, approver=actor, now=now)
    _block_around(session, own, steward, now=now)
    session.execute(delete(Event))
    _researchers_own(session, own, bookers[-1], chance, approver=actor, now=now)
    return len(session.scalars(select(Reservation.id)).all())


def _busy(session: Session, own: Sequence[int]) -> list[Busy]:
    """The steward's instruments and others that are booked here, spread over the institutions."""
    open_to_all = (
        Instrument.booking_mode == BookingMode.HERE,
        Instrument.publishing_state == PublishingState.PUBLISHED,
        Instrument.share_mode == ShareMode.EXTERNAL,
        Instrument.running_state.not_in(OUT_OF_SERVICE),
    )
    others = session.scalars(
        select(Instrument.id).where(*open_to_all, Instrument.id.not_in(own)).order_by(Instrument.id)
    )
    ids = others.all()
    step = max(1, len(ids) // (BUSY_INSTRUMENTS - len(own)))
    return bookable(session, [*own, *ids[::step]][:BUSY_INSTRUMENTS])


def bookable(session: Session, instrument_ids: Sequence[int]) -> list[Busy]:
    """Instruments with what decides which times are possible, in their order."""
    return [Busy(key, session.get_one(BookingPolicy, key), hours_of(session, key)) for key in instrument_ids]


def _periods(busy: Busy, chance: random.Random, today: date) -> Iterator[Period]:
    """Times in working hours on some of the days around today, on the instrument's grid."""
    for offset in range(-DAYS_AROUND, DAYS_AROUND + 1):
        day = today + timedelta(days=offset)
        for hours in busy.hours:
            if hours.weekday == day.isoweekday() and chance.random() < SHARE_OF_DAYS:
                period = _period(busy, hours, day, chance)
                if period:
                    yield period


def _period(busy: Busy, hours: Hours, day: date, chance: random.Random) -> Period | None:
    """A time within opening hours and daylight, or None when the shortest booking does not fit."""
    policy, grid = busy.policy, busy.policy.grid_minutes
    first, last = max(hours.opens_minute, 8 * 60), min(hours.closes_minute, 20 * 60)
    longest = min(policy.longest_minutes, max(LONGEST, policy.shortest_minutes), last - first)
    if longest < policy.shortest_minutes:
        return None
    length = chance.randrange(policy.shortest_minutes, longest + 1, grid)
    start = first + chance.randrange(0, last - first - length + 1, grid)
    return Period(at_local(day, start), at_local(day, start + length))


def _book(
    session: Session,
    busy: Busy,
    period: Period,
    booker: Actor,
    chance: random.Random,
    *,
    approver: Actor,
    now: datetime,
    paying: Paying = AS_USUAL,
) -> Reservation | None:
    """One reservation, asked for some days before and decided soon after; None when the rules refuse it."""
    lead = timedelta(minutes=busy.policy.notice_minutes) + timedelta(hours=chance.randint(2, 60))
    asked_at = min(period.start - lead, now - timedelta(hours=chance.randint(1, 20)))
    purpose, direction, project = chance.choice(PURPOSES)
    details = Details(purpose=purpose, direction=direction, project_name=project, sample_count=chance.randint(1, 12))
    try:
        with session.begin_nested():
            wish = Wish(busy.id, period, details=details, paying=paying)
            made = request_reservation(session, wish, actor=booker, now=asked_at)
            is_decided = period.start < now + timedelta(days=2) or chance.random() < 0.5
            if made.state == ReservationState.REQUESTED and is_decided:
                confirm_reservation(session, made.id, actor=approver, now=asked_at + timedelta(minutes=40))
            return made
    except ReservationRefused:
        return None


def _researchers_own(
    session: Session, own: Sequence[int], researcher: Actor, chance: random.Random, *, approver: Actor, now: datetime
) -> None:
    """One reservation of the researcher on each of the steward's instruments where the rules allow one.

    Every fourth lies in the past, the others are still to come.
    """
    tomorrow = now + timedelta(days=1)
    for number, busy in enumerate(bookable(session, own)):
        if number % 4:
            book_first(session, busy, researcher, chance, lambda one: one.start > tomorrow, approver=approver, now=now)
        else:
            book_first(session, busy, researcher, chance, lambda one: one.start <= tomorrow, approver=approver, now=now)


def book_first(
    session: Session,
    busy: Busy,
    booker: Actor,
    chance: random.Random,
    fits: Callable[[Period], bool],
    *,
    approver: Actor,
    now: datetime,
    paying: Paying = AS_USUAL,
) -> Reservation | None:
    """Book the first time of an instrument that fits and that the rules allow; None where there is none."""
    for period in list(filter(fits, _periods(busy, chance, local_date(now)))):
        if made := _book(session, busy, period, booker, chance, approver=approver, now=now, paying=paying):
            return made
    return None


def _block_around(session: Session, own: Sequence[int], steward: Actor, *, now: datetime) -> None:
    """Maintenance on a day that somebody has booked, which makes a conflict to settle, and an hour without one."""
    booked = (
        select(Reservation)
        .where(Reservation.instrument_id.in_(own), Reservation.starts_at > now + timedelta(days=1))
        .order_by(Reservation.starts_at, Reservation.id)
    )
    first = session.scalars(booked.limit(1)).first()
    if first is not None:
        day = local_date(first.starts_at)
        whole_day = Period(at_local(day, 8 * 60), at_local(day, 20 * 60))
        kind = BlockKind.MAINTENANCE
        add_block(session, first.instrument_id, whole_day, kind, "年度维护与校准", actor=steward, now=now)
    later = local_date(now) + timedelta(days=DAYS_AROUND + 3)
    morning = Period(at_local(later, 9 * 60), at_local(later, 12 * 60))
    add_block(session, own[-1], morning, BlockKind.CLOSURE, "实验室安全检查", actor=steward, now=now)
