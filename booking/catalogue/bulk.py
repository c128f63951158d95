"""Changing many records at once: each by the services that change one, all or nothing for each."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, reach
from booking.catalogue import queries, service, stewards, timetable
from booking.catalogue.bulk_forms import MOST_ROWS, STEWARDS, BulkChange, BulkFilter
from booking.catalogue.changes import WAITING, one_refresh
from booking.catalogue.inheritance import CONTACT, HOURS, POLICY, VISIBILITY, WHOLE_CONTACT, Level, names_in
from booking.catalogue.levels import Effective, above_of, effective
from booking.catalogue.rules import read_hours, write_hours
from booking.catalogue.timetable_forms import PolicyForm
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, Problem, Refused
from booking.core.texts import N_
from models.catalogue import BookingPolicy, Instrument

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of a record before and after; where it comes from when it can be inherited."""

    name: str
    before: Any
    after: Any
    level_before: Level | None = None
    level_after: Level | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What becomes, or would become, of one record: what differs, or why nothing of it may be."""

    instrument_id: int
    name_zh: str = ""
    name_en: str = ""
    version: int = 0
    differences: tuple[Difference, ...] = ()
    refused: Refused | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class _Facts:
    """A record as it stands: its own columns, and what holds for it."""

    instrument: Instrument
    policy: BookingPolicy
    columns: Mapping[str, Any]
    effective: Effective
    inherited: frozenset[str]
    stewards: Mapping[str, int]


def chosen_ids(session: Session, wanted: BulkFilter, *, actor: Actor) -> list[int]:
    """The ids of every record that fits the filter and that the actor may edit; raises InvalidInput for too many."""
    within = reach(actor, Permission.EDIT_RECORD)
    found = queries.own_instruments(session, within, state=wanted.state, words=wanted.q, limit=MOST_ROWS + 1, offset=0)
    if len(found) > MOST_ROWS:
        raise InvalidInput([Problem("filter", N_("一次最多修改 %(count)s 台，请缩小范围。"), {"count": MOST_ROWS})])
    return [instrument.id for instrument in found]


def check(change: BulkChange) -> None:
    """Refuse a change that says nothing, or that sets and inherits the same thing."""
    given = change.given()
    if not given and not change.inherit:
        raise InvalidInput([Problem("", N_("请至少选择一项要修改的内容。"))])
    both = set(change.inherit) & {*given, *((WHOLE_CONTACT,) if set(given) & set(CONTACT) else ())}
    if both:
        raise InvalidInput([Problem(name, N_("不能既填写又沿用。")) for name in sorted(both)])


def edit_many(
    session: Session,
    instrument_ids: Sequence[int],
    change: BulkChange,
    *,
    versions: Mapping[int, int] | None = None,
    dry_run: bool = False,
    actor: Actor,
    now: datetime,
) -> list[Row]:
    """Change these records, or in a dry run tell what would come of it; callers send a few at a time.

    Who is named steward is told once of all parts that are changed at the same moment.
    """
    check(change)
    expected = versions or {}
    with _tried(session) if dry_run else one_refresh(session):
        rows = [
            _edit_one(session, number, change, version=expected.get(number), actor=actor, now=now)
            for number in instrument_ids
        ]
        if not dry_run:
            _tell_stewards(session, rows, actor=actor, now=now)
    return rows


def _tell_stewards(session: Session, rows: Sequence[Row], *, actor: Actor, now: datetime) -> None:
    """Tell whoever was named on any of the changed records, in the transaction of the change."""
    named = [
        (row.instrument_id, STEWARDS[one.name], one.after)
        for row in rows
        for one in row.differences
        if one.name in STEWARDS and one.after is not None
    ]
    stewards.tell_named(session, named, actor=actor, now=now, batch=f"{actor.id} {now.isoformat()}")


def parts(instrument_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The records in parts, each for a transaction of its own, so that others wait little."""
    unique = list(dict.fromkeys(instrument_ids))
    for start in range(0, len(unique), AT_ONCE):
        yield unique[start : start + AT_ONCE]


@contextmanager
def _tried(session: Session) -> Iterator[None]:
    """Do something and undo it again; nothing is listed anew meanwhile."""
    session.info[WAITING] = set()
    savepoint = session.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()
        session.info.pop(WAITING)


def _edit_one(
    session: Session, instrument_id: int, change: BulkChange, *, version: int | None, actor: Actor, now: datetime
) -> Row:
    """One record in a savepoint: all of the change, or nothing and why."""
    savepoint = session.begin_nested()
    row = Row(instrument_id)
    try:
        instrument = queries.instrument_for(session, instrument_id, actor)
        row = Row(instrument_id, instrument.name_zh, instrument.name_en, instrument.version)
        before = _facts(session, instrument_id, local_date(now))
        _change(session, before, change, version=version, actor=actor, now=now)
        session.flush()
        after = _facts(session, instrument_id, local_date(now))
    except Refused as refused:
        savepoint.rollback()
        return Row(row.instrument_id, row.name_zh, row.name_en, row.version, refused=refused)
    savepoint.commit()
    found = tuple(_differences(before, after, change))
    return Row(row.instrument_id, row.name_zh, row.name_en, row.version, found)


def _change(
    session: Session, standing: _Facts, change: BulkChange, *, version: int | None, actor: Actor, now: datetime
) -> None:
    """The same services that the edit pages call; raises what they refuse."""
    number = standing.instrument.id
    who: dict[str, Any] = {"actor": actor, "now": now, "reason": change.change_reason}
    record_wide = [name for name in change.inherit if name in {WHOLE_CONTACT, VISIBILITY}]
    service.update_instrument(session, number, change.columns(), inherit=record_wide, expected_version=version, **who)
    given, inherited = change.policy(), {name for name in change.inherit if name in POLICY}
    if given or inherited:
        own = {name: getattr(standing.policy, name) for name in POLICY}
        inherit = (standing.inherited & {*POLICY} | inherited) - {*given}
        timetable.edit_policy(session, number, PolicyForm(**{**own, **given}), inherit=inherit, **who)
    if change.opening_hours is not None or HOURS in change.inherit:
        hours = None if change.opening_hours is None else read_hours(change.opening_hours)
        timetable.edit_opening_hours(session, number, hours, **who)
    if named := change.stewards():
        stewards.name_some(session, number, named, **who)


def _facts(session: Session, instrument_id: int, today: date) -> _Facts:
    """The record as it stands now."""
    wanted = select(Instrument).where(Instrument.id == instrument_id)
    loaded = wanted.options(joinedload(Instrument.organisation), joinedload(Instrument.unit))
    instrument = session.scalars(loaded.execution_options(populate_existing=True)).one()
    policy = session.get_one(BookingPolicy, instrument_id)
    place = (instrument.organisation_id, instrument.unit_id)
    found = effective(instrument, policy, queries.hours_of(session, instrument_id), above_of(session, [place])[place])
    columns = {column.name: getattr(instrument, column.name) for column in Instrument.__table__.columns}
    standing = stewards.named_stewards(session, instrument, today=today)
    named = {name: standing[rank].id for name, rank in STEWARDS.items() if rank in standing}
    return _Facts(instrument, policy, columns, found, names_in(instrument.inherits), named)


def _differences(before: _Facts, after: _Facts, change: BulkChange) -> Iterator[Difference]:
    """What the change has made of the record, field by field; a contact is one field."""
    for name in change.columns():
        if name not in {*CONTACT, VISIBILITY} and before.columns[name] != after.columns[name]:
            yield Difference(name, before.columns[name], after.columns[name])
    for name in STEWARDS if change.stewards() else ():
        if before.stewards.get(name) != after.stewards.get(name):
            yield Difference(name, before.stewards.get(name), after.stewards.get(name))
    contact = (WHOLE_CONTACT,) if set(change.columns()) & set(CONTACT) else ()
    for name in dict.fromkeys((*contact, *change.inherit, *change.given())):
        if name not in before.effective.levels:
            continue
        old, new = _held(before.effective, name), _held(after.effective, name)
        if old != new:
            yield Difference(name, old[0], new[0], old[1], new[1])


def _held(found: Effective, name: str) -> tuple[Any, Level]:
    """A value that can be inherited, and where it comes from."""
    special = {
        HOURS: write_hours(found.hours),
        WHOLE_CONTACT: dict(found.contact),
        VISIBILITY: found.contact_visibility,
    }
    return special[name] if name in special else getattr(found.policy, name), found.levels[name]
