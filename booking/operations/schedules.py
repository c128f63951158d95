"""When a job is due: moments that follow from the clock alone, so that every node agrees on them."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from booking.core.clock import SHANGHAI

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Every:
    """Each whole multiple of a length of time."""

    length: timedelta

    def last_due(self, now: datetime) -> datetime:
        """The latest moment not after `now`."""
        return now - (now - EPOCH) % self.length

    def next_due(self, now: datetime) -> datetime:
        """The earliest moment after `now`."""
        return self.last_due(now) + self.length

    def trigger(self) -> Any:
        """The same as the scheduler says it."""
        return IntervalTrigger(seconds=int(self.length.total_seconds()), start_date=EPOCH, timezone=UTC)


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day at a time of Asia/Shanghai."""

    at: time

    def last_due(self, now: datetime) -> datetime:
        """The latest moment not after `now`."""
        today = datetime.combine(now.astimezone(SHANGHAI).date(), self.at, tzinfo=SHANGHAI)
        return (today if today <= now else today - timedelta(days=1)).astimezone(UTC)

    def next_due(self, now: datetime) -> datetime:
        """The earliest moment after `now`."""
        return self.last_due(now) + timedelta(days=1)

    def trigger(self) -> Any:
        """The same as the scheduler says it."""
        return CronTrigger(hour=self.at.hour, minute=self.at.minute, timezone=SHANGHAI)


Schedule = Every | Daily
