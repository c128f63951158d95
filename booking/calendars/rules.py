"""What a feed shows and when it is still the same: pure decisions."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from booking.core.clock import at_local
from booking.core.period import Period

SHOWN_BEFORE, SHOWN_AFTER = timedelta(days=90), timedelta(days=400)
ENDED_SHOWN_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a poll already has: entity tags without their quotes, `*` for any, or a date (RFC 9110 §13.1)."""

    tags: frozenset[str] | None = None
    since: datetime | None = None


def shown_window(today: date) -> Period:
    """Ninety days back to four hundred ahead, from local midnight to local midnight."""
    return Period(at_local(today - SHOWN_BEFORE), at_local(today + SHOWN_AFTER))


def ended_since(today: date) -> datetime:
    """Reservations that ended otherwise than by use are shown when that happened after this moment."""
    return at_local(today - ENDED_SHOWN_FOR)


def validator(scope: str, revision: int, today: date, *more: object) -> str:
    """What a rendered feed depends on: its scope's revision, the Shanghai date, and what the caller adds."""
    return ":".join(str(part) for part in (scope, revision, today.isoformat(), *more))


def digest(texts: Iterable[str]) -> str:
    """A short name for these texts in this order."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def modified_second(now: datetime, before: int | None) -> int:
    """The Unix second of a text that is not the one before: always a later one (RFC 9110 §8.8.2.2)."""
    return max(int(now.timestamp()), (before or 0) + 1)


def is_unchanged(condition: Condition, etag: str, modified: datetime) -> bool:
    """Whether the poll may be answered 304; tags decide alone when there are any."""
    if condition.tags is not None:
        return "*" in condition.tags or etag in condition.tags
    return condition.since is not None and modified <= condition.since
