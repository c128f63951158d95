"""Where an instrument stands, from which day on: planned, taking effect on its day, kept as history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission
from booking.catalogue.changes import assign, changed, lock
from booking.catalogue.step_forms import PlaceMove
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.texts import N_
from models.catalogue import Instrument
from models.custody import InstrumentPlace
from models.directory import Place

PLACE_COLUMNS = ("adcode", "street", "latitude", "longitude")
FURTHEST_AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Stay:
    """A place with its days, the last one included; no id for the first place, which nobody recorded."""

    id: int | None
    starts_on: date
    ends_on: date | None
    adcode: str | None
    street: str
    note: str
    is_current: bool
    is_planned: bool


def plan_move(session: Session, instrument_id: int, form: PlaceMove, *, actor: Actor, now: datetime) -> InstrumentPlace:
    """Say where the instrument stands from a day on, today or later; today takes effect at once.

    Raises InvalidInput with every problem.
    """
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    rows = places_of(session, instrument_id)
    if problems := _problems(session, rows, form, today=local_date(now)):
        raise InvalidInput(problems)
    if not rows:
        session.add(_first(instrument, form.starts_on, now=now))
    row = InstrumentPlace(
        instrument_id=instrument_id,
        starts_on=form.starts_on,
        **{name: getattr(form, name) for name in PLACE_COLUMNS},
        note=form.note,
        recorded_by_id=actor.id,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    after = {"starts_on": form.starts_on, "street": form.street, "adcode": form.adcode}
    changed(session, instrument, "move_planned", actor=actor, now=now, after=after, reason=form.note)
    if form.starts_on <= local_date(now):
        _take_effect(session, instrument, row, actor=actor, now=now)
    return row


def cancel_move(session: Session, instrument_id: int, place_id: int, *, actor: Actor, now: datetime) -> Instrument:
    """Call off a move that has not taken effect; raises NotFound for any other."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    row = session.get(InstrumentPlace, place_id, populate_existing=True)
    if row is None or row.instrument_id != instrument_id or row.applied_at is not None:
        raise NotFound
    before = {"starts_on": row.starts_on, "street": row.street, "adcode": row.adcode}
    session.delete(row)
    changed(session, instrument, "move_called_off", actor=actor, now=now, before=before)
    return instrument


def moves_due(session: Session, *, now: datetime) -> Sequence[int]:
    """The moves whose day has come, the earliest first."""
    due = InstrumentPlace.applied_at.is_(None), InstrumentPlace.starts_on <= local_date(now)
    return session.scalars(select(InstrumentPlace.id).where(*due).order_by(InstrumentPlace.starts_on)).all()


def apply_move(session: Session, place_id: int, *, now: datetime) -> bool:
    """Let a move take effect when its day has come; whether it did now."""
    instrument_id = session.scalar(select(InstrumentPlace.instrument_id).where(InstrumentPlace.id == place_id))
    if instrument_id is None:
        return False
    locked = select(Instrument).where(Instrument.id == instrument_id).with_for_update()
    instrument = session.scalars(locked.options(joinedload(Instrument.organisation, innerjoin=True))).one()
    row = session.get(InstrumentPlace, place_id, populate_existing=True)
    if row is None or row.applied_at is not None or row.starts_on > local_date(now):
        return False
    _take_effect(session, instrument, row, actor=None, now=now)
    return True


def places_of(session: Session, instrument_id: int) -> Sequence[InstrumentPlace]:
    """The recorded places, the first one first."""
    statement = select(InstrumentPlace).where(InstrumentPlace.instrument_id == instrument_id)
    return session.scalars(statement.order_by(InstrumentPlace.starts_on)).all()


def stays_of(session: Session, instrument: Instrument) -> list[Stay]:
    """Where it stood, stands and will stand, the last first; the current place is what the record says."""
    rows = places_of(session, instrument.id)
    if not rows:
        return []
    ends = [row.starts_on - timedelta(days=1) for row in rows[1:]]
    current = max((row.starts_on for row in rows if row.applied_at), default=None)
    return [
        Stay(
            row.id,
            row.starts_on,
            end,
            instrument.adcode if row.starts_on == current else row.adcode,
            instrument.street if row.starts_on == current else row.street,
            row.note,
            is_current=row.starts_on == current,
            is_planned=row.applied_at is None,
        )
        for row, end in reversed(list(zip(rows, [*ends, None], strict=True)))
    ]


def _take_effect(
    session: Session, instrument: Instrument, row: InstrumentPlace, *, actor: Actor | None, now: datetime
) -> None:
    """Keep what the record said of the place until now, and let it say the new one."""
    left = [one for one in places_of(session, instrument.id) if one.applied_at and one.id != row.id]
    if left:
        assign(left[-1], {name: getattr(instrument, name) for name in PLACE_COLUMNS})
    row.applied_at = now
    before, after = assign(instrument, {name: getattr(row, name) for name in PLACE_COLUMNS})
    changed(session, instrument, "moved", actor=actor, now=now, before=before, after=after, reason=row.note)


def _first(instrument: Instrument, before: date, *, now: datetime) -> InstrumentPlace:
    """The place before anybody recorded one, from the day of its acceptance, use or record."""
    since = instrument.accepted_on or instrument.in_use_since or local_date(instrument.created_at)
    return InstrumentPlace(
        instrument_id=instrument.id,
        starts_on=min(since, before - timedelta(days=1)),
        **{name: getattr(instrument, name) for name in PLACE_COLUMNS},
        recorded_at=now,
        applied_at=now,
    )


def _problems(session: Session, rows: Sequence[InstrumentPlace], form: PlaceMove, *, today: date) -> list[Problem]:
    """Everything that is wrong with a move."""
    found = []
    if not today <= form.starts_on <= today + FURTHEST_AHEAD:
        found.append(Problem("starts_on", N_("须在今天到 %(days)s 天之后。"), {"days": FURTHEST_AHEAD.days}))
    elif any(row.starts_on == form.starts_on for row in rows):
        found.append(Problem("starts_on", N_("这一天已经登记过搬迁。")))
    if form.adcode and session.get(Place, form.adcode) is None:
        found.append(Problem("adcode", N_("没有这个编码，请从列表中选择。")))
    if not form.street:
        found.append(Problem("street", N_("请填写楼栋和房间。")))
    if (form.latitude is None) != (form.longitude is None):
        found.append(Problem("longitude", N_("经度和纬度须一并填写。")))
    return found
