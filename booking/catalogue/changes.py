"""What every change of a record does besides: a new version, a row of the audit log, a fresh listing."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.catalogue import listing
from booking.catalogue.inheritance import names_in, written
from booking.catalogue.queries import is_readable, target_of
from booking.catalogue.rounds import content_edited
from booking.core.actors import Actor
from booking.core.errors import NotFound, StaleVersion
from models.catalogue import Instrument

WAITING = "instruments to list again"


def lock(
    session: Session,
    instrument_id: int,
    permission: Permission,
    *,
    actor: Actor,
    expected_version: int | None = None,
) -> Instrument:
    """The instrument, locked for a change that `permission` allows.

    Raises NotFound for what the actor may not read, Forbidden for what they may not do, and
    StaleVersion when the record is not at `expected_version` any more.
    """
    instrument = session.scalar(
        select(Instrument)
        .where(Instrument.id == instrument_id)
        .options(joinedload(Instrument.organisation, innerjoin=True))
        .with_for_update(of=Instrument)
        .execution_options(populate_existing=True)
    )
    if instrument is None or not is_readable(instrument, actor):
        raise NotFound
    require(actor, permission, target_of(instrument))
    if expected_version is not None and expected_version != instrument.version:
        raise StaleVersion
    return instrument


def changed(
    session: Session,
    instrument: Instrument,
    fact: str,
    *,
    actor: Actor | None,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Note that `catalogue.<fact>` happened to the record, raise its version and refresh its listing."""
    instrument.version += 1
    instrument.updated_at = now
    session.flush()
    content_edited(session, instrument, fact, after, actor=actor, now=now)
    audit.note(
        session,
        f"catalogue.{fact}",
        ("instrument", instrument.id),
        actor=actor,
        now=now,
        before=plain(before) if before is not None else None,
        after=plain(after) if after is not None else None,
        reason=reason,
    )
    refresh_listing(session, [instrument.id])


def refresh_listing(session: Session, instrument_ids: Iterable[int]) -> None:
    """Make what the search says of these instruments true again, in the same transaction."""
    waiting: set[int] | None = session.info.get(WAITING)
    if waiting is not None:
        waiting.update(instrument_ids)
        return
    session.flush()
    listing.refresh(session, instrument_ids)


@contextmanager
def one_refresh(session: Session) -> Iterator[None]:
    """Collect what many changes would refresh, and refresh it once at the end of the outermost block."""
    if WAITING in session.info:
        yield
        return
    session.info[WAITING] = set()
    try:
        yield
    finally:
        waiting = session.info.pop(WAITING)
    refresh_listing(session, waiting)


def assign(row: object, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Set what differs on `row`; the old and the new values of exactly that."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    before = {name: getattr(row, name) for name in differing}
    for name, value in differing.items():
        setattr(row, name, value)
    return before, differing


def inheriting(instrument: Instrument, inherit: Collection[str], own: Collection[str]) -> dict[str, str]:
    """The column that says what the instrument inherits, with some names more and those of its own less."""
    return {"inherits": written((names_in(instrument.inherits) | {*inherit}) - {*own})}


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Column values as JSON values."""
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    """One value as JSON."""
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
