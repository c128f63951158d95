"""How long samples wait and how long they take: the queue week by week, and the turnaround month by month."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from statistics import median

from sqlalchemy import Subquery, or_, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.catalogue.keeping import staffed_within
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.errors import Forbidden
from models.samples import SampleOrder, SampleOrderStep
from models.vocabulary.samples import SampleOrderState

WEEKS, MONTHS = 26, 12
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Passage:
    """What the steps of one order tell: when it stood in the queue, when samples came, when results first went out."""

    queued: Sequence[tuple[datetime, datetime | None]]
    received_at: datetime | None
    reported_at: datetime | None


@dataclass(frozen=True, slots=True)
class QueueLength:
    """How many orders stood in the queue at the end of a day."""

    day: date
    orders: int


@dataclass(frozen=True, slots=True)
class Turnaround:
    """A month (its first day), how many orders got their results in it, and how many days half of them took at most."""

    month: date
    orders: int
    median_days: float | None


@dataclass(frozen=True, slots=True)
class SampleFigures:
    """The queue at the end of each of the last weeks and now, and the turnaround of the last months, oldest first."""

    queue: Sequence[QueueLength]
    turnaround: Sequence[Turnaround]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was queued or reported in all that time."""
        counts = [*(one.orders for one in self.queue), *(one.orders for one in self.turnaround)]
        return not any(counts)


def figures_of(session: Session, actor: Actor, *, now: datetime, instrument_id: int | None = None) -> SampleFigures:
    """Of the instruments the actor works for, or one of them; raises Forbidden for who works for none."""
    reached = reach(actor, Permission.SEE_SAMPLE_ORDERS)
    if not reached:
        raise Forbidden
    days, months = week_ends(local_date(now)), month_starts(local_date(now))
    since = min(at_local(days[0]), at_local(months[0]))
    wanted = select(SampleOrder.id).join(SampleOrder.instrument).where(staffed_within(SampleOrder, reached))
    if instrument_id is not None:
        wanted = wanted.where(SampleOrder.instrument_id == instrument_id)
    counted = wanted.where(or_(SampleOrder.changed_at >= since, SampleOrder.state == SampleOrderState.QUEUED))
    passages = _passages(session, counted.subquery())
    return SampleFigures(queue_lengths(passages, days), turnarounds(passages, months))


def _passages(session: Session, orders: Subquery) -> list[Passage]:
    """The way of each order through its steps, in one statement."""
    step = SampleOrderStep
    rows = session.execute(
        select(step.order_id, step.occurred_at, step.state, SampleOrder.received_at)
        .join(SampleOrder, SampleOrder.id == step.order_id)
        .where(step.order_id.in_(select(orders.c.id)))
        .order_by(step.order_id, step.id)
    )
    return [
        passage([(row.occurred_at, row.state) for row in steps], received_at=steps[0].received_at)
        for _order_id, found in groupby(rows, lambda row: row.order_id)
        if (steps := list(found))
    ]


def passage(steps: Iterable[tuple[datetime, SampleOrderState]], *, received_at: datetime | None) -> Passage:
    """What the steps of an order, in their order, come to."""
    queued: list[tuple[datetime, datetime | None]] = []
    since, reported_at = None, None
    for moment, state in steps:
        if state == SampleOrderState.QUEUED:
            since = since or moment
        elif since is not None:
            queued.append((since, moment))
            since = None
        if state == SampleOrderState.REPORTED:
            reported_at = reported_at or moment
    return Passage([*queued, (since, None)] if since else queued, received_at, reported_at)


def queue_lengths(passages: Iterable[Passage], days: Sequence[date]) -> list[QueueLength]:
    """How many orders stood in the queue at the end of each day."""
    stays = [stay for one in passages for stay in one.queued]
    ends = [at_local(day) + DAY for day in days]
    return [
        QueueLength(day, sum(start < end and (left is None or left >= end) for start, left in stays))
        for day, end in zip(days, ends, strict=True)
    ]


def turnarounds(passages: Iterable[Passage], months: Sequence[date]) -> list[Turnaround]:
    """From the arrival of the samples to the first complete results, by the month of these."""
    taken: dict[date, list[float]] = {month: [] for month in months}
    for one in passages:
        if one.received_at is None or one.reported_at is None:
            continue
        month = local_date(one.reported_at).replace(day=1)
        if month in taken:
            taken[month].append((one.reported_at - one.received_at) / DAY)
    return [Turnaround(month, len(days), round(median(days), 1) if days else None) for month, days in taken.items()]


def week_ends(today: date) -> list[date]:
    """The Sundays of the last weeks and today, oldest first."""
    last = today - timedelta(days=today.isoweekday())
    return [*(last - timedelta(weeks=back) for back in reversed(range(WEEKS))), today]


def month_starts(today: date) -> list[date]:
    """The first days of the last months, this one last."""
    first = today.year * 12 + today.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(first - MONTHS + 1, first + 1)]
