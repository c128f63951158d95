"""What every change of a reservation leaves behind: history, an event, and revised feeds, in this order."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.period import Period
from booking.notifications.service import announce
from booking.reservations import neighbours
from booking.reservations.tested import askers_in
from models.base import Base
from models.reservations import Reservation, ReservationPerson
from models.vocabulary.reservations import ChangeKind

_revisions = Base.metadata.tables["feed_revisions"]
_WRITE_HISTORY = insert(Base.metadata.tables["reservation_changes"])


def _raise_revision(statement: "postgresql.Insert | sqlite.Insert") -> Any:
    """Insert a scope's first revision, or raise the one it has."""
    raised = {"revision": _revisions.c.revision + 1, "changed_at": statement.excluded.changed_at}
    return statement.on_conflict_do_update(index_elements=["scope"], set_=raised)


_RAISE = {
    "postgresql": _raise_revision(postgresql.insert(_revisions)),
    "sqlite": _raise_revision(sqlite.insert(_revisions)),
}


UNAGREED = "agreement_lacking"
"""Why a reservation lapsed at its start: what the owner asks of an outside use was not there."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to a reservation; `also_seen_by` are people linked before it but not after.

    `freed` are the lanes on which it gave time back; `by_institution` says that the holder's institution did it on
    an instrument of another one.
    """

    kind: ChangeKind
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str = ""
    linked: Iterable[int] | None = None
    also_seen_by: Iterable[int] = field(default=())
    freed: Iterable[int] = field(default=())
    by_institution: bool = False


def new_uid() -> str:
    """A name for life in calendars (RFC 7986 §5.3)."""
    return f"{uuid.uuid4().hex}@chuanyu-instruments"


def times(period: Period) -> dict[str, str]:
    """A period as history keeps it."""
    return {"starts_at": period.start.isoformat(), "ends_at": period.end.isoformat()}


def period_of(reservation: Reservation) -> Period:
    """The time it has."""
    return Period(reservation.starts_at, reservation.ends_at)


def asked_period(reservation: Reservation) -> Period | None:
    """The time a pending change asks for."""
    if reservation.asked_starts_at is None or reservation.asked_ends_at is None:
        return None
    return Period(reservation.asked_starts_at, reservation.asked_ends_at)


def last_time(reservation: Reservation) -> Period:
    """The one that ends last of the time that it has and the one that it asks for."""
    return max(filter(None, (period_of(reservation), asked_period(reservation))), key=lambda one: one.end)


def last_day(period: Period) -> date:
    """The last local day that the time touches."""
    return local_date(period.end - timedelta(microseconds=1))


def touch(reservation: Reservation, *, now: datetime) -> None:
    """Count a change that calendars show."""
    reservation.version += 1
    reservation.sequence += 1
    reservation.updated_at = now


def record(session: Session, reservation: Reservation, change: Change, *, actor: Actor | None, now: datetime) -> None:
    """Write the history row, announce `reservations.<kind>`, and revise the feeds last."""
    session.flush()
    session.connection().execute(
        _WRITE_HISTORY,
        {
            "reservation_id": reservation.id,
            "occurred_at": now,
            "actor_id": actor.id if actor else None,
            "kind": change.kind,
            "before": change.before,
            "after": change.after,
            "reason": change.reason,
        },
    )
    payload = {
        "reservation_id": reservation.id,
        "actor_id": actor.id if actor else None,
        "before": change.before,
        "after": change.after,
        "reason": change.reason,
        "by_institution": change.by_institution,
    }
    announce(session, f"reservations.{change.kind}", payload, now=now)
    linked = change.linked if change.linked is not None else _linked(session, reservation.id)
    people = {reservation.booked_by_id, *linked, *change.also_seen_by}
    freed = set(change.freed)
    left = neighbours.on_parts_left(session, reservation.instrument_id, freed) if freed else []
    instruments = [reservation.instrument_id, *left]
    scopes = [*(f"instrument:{one}" for one in instruments), *(f"mine:{user_id}" for user_id in people)]
    revise(session, scopes, now=now)


def revise(session: Session, scopes: Iterable[str], *, now: datetime) -> None:
    """Raise the revision of each feed scope; the last thing a transaction does, in one fixed order."""
    session.flush()
    rows = [{"scope": scope, "revision": 1, "changed_at": now} for scope in sorted(set(scopes))]
    session.connection().execute(_RAISE[session.get_bind().dialect.name], rows)


def _linked(session: Session, reservation_id: int) -> list[int]:
    """The accounts of operator and participants, and of those whose samples are tested then."""
    linked = select(ReservationPerson.user_id).where(
        ReservationPerson.reservation_id == reservation_id, ReservationPerson.user_id.is_not(None)
    )
    return [user_id for user_id in session.scalars(linked.union(*askers_in(reservation_id))) if user_id is not None]
