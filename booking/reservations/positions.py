"""How many users at a time: lanes come into service and go out of it beside what holds them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.catalogue.changes import changed, lock
from booking.catalogue.lanes import locked_group
from booking.catalogue.queries import lanes_with_future_claims
from booking.core.actors import Actor
from booking.core.errors import Conflict, NotFound
from booking.core.texts import N_
from booking.reservations.filling import fill_new_lanes
from models.catalogue import Instrument, InstrumentLaneGroup, Lane, LaneGroup


class LanesInUse(Conflict):
    """Positions that somebody or something still holds cannot be taken out of service."""

    code = "lanes_in_use"
    sentence = N_("要停用的机位今后还有预约或停用时段，请先处理后再减少机位。")


def set_capacity(
    session: Session,
    instrument_id: int,
    capacity: int,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Let `capacity` people use the instrument at a time; raises LanesInUse."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor, expected_version=expected_version)
    group = locked_group(session, LaneGroup.own_instrument_id == instrument_id)
    return _resize(session, instrument, group, capacity, actor=actor, now=now)


def set_shared_capacity(
    session: Session, instrument_id: int, group_id: int, capacity: int, *, actor: Actor, now: datetime
) -> Instrument:
    """Let `capacity` users have the shared part at a time; asked through an instrument that lists it."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    group = locked_group(session, LaneGroup.id == group_id)
    if session.get(InstrumentLaneGroup, (instrument_id, group_id)) is None or group.own_instrument_id is not None:
        raise NotFound
    return _resize(session, instrument, group, capacity, actor=actor, now=now)


def _resize(
    session: Session, instrument: Instrument, group: LaneGroup, capacity: int, *, actor: Actor, now: datetime
) -> Instrument:
    """Bring the number of lanes in service to `capacity`; blocks that are not over take the new ones too."""
    lanes = list(session.scalars(select(Lane).where(Lane.lane_group_id == group.id).order_by(Lane.position)))
    serving = [lane for lane in lanes if lane.retired_at is None]
    if capacity == len(serving):
        return instrument
    if capacity < len(serving):
        _retire(session, serving, len(serving) - capacity, now=now)
    else:
        added = _extend(session, group, lanes, capacity - len(serving))
        fill_new_lanes(session, group.id, [lane.id for lane in added], now=now)
    before, after = {"capacity": len(serving)}, {"capacity": capacity, "lane_group_id": group.id}
    changed(session, instrument, "capacity_changed", actor=actor, now=now, before=before, after=after)
    return instrument


def _retire(session: Session, serving: list[Lane], count: int, *, now: datetime) -> None:
    """Take `count` lanes that nothing holds out of service, the last positions first; raises LanesInUse."""
    held = lanes_with_future_claims(session, [lane.id for lane in serving], now=now)
    idle = [lane for lane in reversed(serving) if lane.id not in held]
    if len(idle) < count:
        raise LanesInUse
    for lane in idle[:count]:
        lane.retired_at = now


def _extend(session: Session, group: LaneGroup, lanes: Sequence[Lane], count: int) -> list[Lane]:
    """Bring `count` lanes into service: retired ones first, then new positions."""
    retired = [lane for lane in lanes if lane.retired_at is not None][:count]
    for lane in retired:
        lane.retired_at = None
    last = max((lane.position for lane in lanes), default=0)
    numbers = range(last + 1, last + 1 + count - len(retired))
    new = [Lane(lane_group_id=group.id, position=position) for position in numbers]
    session.add_all(new)
    session.flush()
    return [*retired, *new]
