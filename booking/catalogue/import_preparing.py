"""What an import will write, made ready for the database while nothing is locked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.catalogue.changes import plain
from booking.catalogue.import_reading import ImportRow
from booking.catalogue.review_rules import HELD_BACK
from booking.catalogue.rules import Hours, write_hours
from booking.core.actors import Actor
from booking.database.bulk import Row, columns_of, readier
from models.base import Base
from models.vocabulary.catalogue import BookingMode, PublishingState

TABLES = Base.metadata.tables
INSTRUMENTS, POLICIES, HOURS = (TABLES[name] for name in ("instruments", "booking_policies", "opening_hours"))

RECORD = ("id", "unit_id", *columns_of(INSTRUMENTS, without=("id", "unit_id")))
POLICY = ("instrument_id", *columns_of(POLICIES, without=("instrument_id",)))
HOUR = ("instrument_id", "weekday", "opens_minute", "closes_minute")
"""The columns of each table; the first of each, and the unit, are known only when the records are written."""

ROUNDS = TABLES["review_rounds"]
ROUND = ("instrument_id", *columns_of(ROUNDS, without=("id", "instrument_id")))

_SAID = {name: found.default for name, found in ImportRow.model_fields.items() if name in RECORD}

HELD = "catalogue.change_held_for_review"

Key = tuple[int, str]


@dataclass(slots=True)
class Write:
    """A record to create, or, when it has an id, to change; `before` has what its changed fields said.

    The record is changed only while it is at `seen_version`.
    """

    number: int
    organisation_id: int
    inner_id: str
    instrument_id: int | None = None
    seen_version: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    hours: list[Hours] | None = None
    unit: str = ""
    unit_en: str = ""
    lanes: int = 1
    publishes: bool = False
    before: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What names the record."""
        return self.organisation_id, self.inner_id


@dataclass(frozen=True, slots=True)
class Aside:
    """What a write makes of a published record of which nothing is reviewed yet.

    The rows of a new round and of its audit entry, without the record; what is left to write, and its entry.
    """

    round: Row
    held: Row
    rest: Write
    entry: Row


@dataclass(frozen=True, slots=True)
class Ready:
    """The rows that one write makes, without what is known only then; a changed record has no row but its entry's."""

    entry: Row
    record: Row = ()
    policy: Row = ()
    hours: Sequence[Row] = ()
    aside: Aside | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Writes with the rows that they make, by number; on whose behalf, when and why."""

    writes: Sequence[Write]
    ready: Mapping[int, Ready]
    actor: Actor | None
    now: datetime
    reason: str

    def without(self, numbers: frozenset[int]) -> "Prepared":
        """The same but for some rows of the table."""
        kept = [write for write in self.writes if write.number not in numbers]
        return Prepared(kept, self.ready, self.actor, self.now, self.reason)


def prepare(writes: Sequence[Write], dialect: Dialect, *, actor: Actor | None, now: datetime, reason: str) -> Prepared:
    """Everything of the writes that does not depend on what others do meanwhile."""
    entry = audit.entries_of("catalogue.record_imported", "instrument", dialect, actor=actor, now=now, reason=reason)
    record, policy = readier(INSTRUMENTS, RECORD[2:], dialect), readier(POLICIES, POLICY[1:], dialect)
    aside = _asides(entry, dialect, actor=actor, now=now)
    ready = {}
    for write in writes:
        if write.instrument_id is not None:
            ready[write.number] = Ready(entry(changed(write)), aside=aside(write))
            continue
        hours = [(found.weekday, found.opens_minute, found.closes_minute) for found in write.hours or ()]
        made = Changed(0, {}, plain(write.values))
        ready[write.number] = Ready(entry(made), record(_columns(write, now=now)), policy(write.policy), hours)
    return Prepared(writes, ready, actor, now, reason)


def _asides(
    entry: Callable[[Changed], Row], dialect: Dialect, *, actor: Actor | None, now: datetime
) -> Callable[[Write], Aside | None]:
    """What tells of each write what waits aside should its record be published, if anything."""
    held = audit.entries_of(HELD, "instrument", dialect, actor=actor, now=now)
    opened = readier(ROUNDS, ROUND[1:], dialect)
    same = {"is_update": True, "opened_at": now, "opened_by_id": actor.id if actor else None, "changed_at": now}
    same |= {"notes": []}

    def aside(write: Write) -> Aside | None:
        texts = {name: write.values[name] for name in HELD_BACK if name in write.values}
        if not texts:
            return None
        current = {name: write.before.get(name, "") for name in texts}
        rest = replace(write, values=_less(write.values, texts), before=_less(write.before, texts))
        proposed = {name: text for name, text in texts.items() if text != current[name]}
        row = opened({**same, "proposed": proposed})
        return Aside(row, held(Changed(0, current, texts)), rest, entry(changed(rest)))

    return aside


def _less(values: Mapping[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """The values but for some."""
    return {name: value for name, value in values.items() if name not in names}


def _columns(write: Write, *, now: datetime) -> dict[str, Any]:
    """The columns of a new record."""
    return {
        **_SAID,
        "original_value_fen": None,
        **write.values,
        "inner_id": write.inner_id,
        "organisation_id": write.organisation_id,
        "booking_mode": BookingMode.ON_REQUEST,
        "publishing_state": PublishingState.PUBLISHED if write.publishes else PublishingState.DRAFT,
        "first_published_at": now if write.publishes else None,
        "cleared_at": now if write.publishes else None,
        "created_at": now,
        "updated_at": now,
    }


def changed(write: Write) -> Changed:
    """What the audit log says of a changed record."""
    after = {**write.values, **write.policy}
    if write.unit:
        after["unit"] = write.unit
    if write.hours is not None:
        after["opening_hours"] = write_hours(write.hours)
    if write.publishes:
        after["publishing_state"] = PublishingState.PUBLISHED
    return Changed(write.instrument_id or 0, plain(write.before), plain(after))
