"""Positions: how many people at a time, and parts that several instruments share."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.catalogue.changes import changed, lock
from booking.catalogue.forms import NewSharedGroup
from booking.catalogue.queries import (
    has_future_block,
    has_future_reservation,
    lanes_with_future_claims,
)
from booking.core.actors import Actor
from booking.core.errors import Conflict, NotFound
from booking.core.texts import N_
from models.catalogue import Instrument, InstrumentLaneGroup, Lane, LaneGroup


class LanesInUse(Conflict):
    """Positions that somebody or something still holds cannot be taken out of service."""

    code = "lanes_in_use"
    sentence = N_("要停用的机位今后还有预约或停用时段，请先处理后再减少机位。")


class LanesBlocked(Conflict):
    """A position added beside a block would look free in it."""

    code = "lanes_blocked"
    sentence = N_("该机位组有尚未结束的停用时段，请等它结束或移除后再增加机位。")


class HasReservations(Conflict):
    """Standing reservations were made for the groups the instrument had then."""

    code = "has_reservations"
    sentence = N_("该仪器今后还有预约，请等预约结束或取消后再更改共享机位组。")


def set_capacity(
    session: Session,
    instrument_id: int,
    capacity: int,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Let `capacity` people use the instrument at a time; raises LanesInUse or LanesBlocked."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor, expected_version=expected_version)
    group = _locked(session, LaneGroup.own_instrument_id == instrument_id)
    return _resize(session, instrument, group, capacity, actor=actor, now=now)


def set_shared_capacity(
    session: Session, instrument_id: int, group_id: int, capacity: int, *, actor: Actor, now: datetime
) -> Instrument:
    """Let `capacity` users have the shared part at a time; asked through an instrument that lists it."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    group = _locked(session, LaneGroup.id == group_id)
    if session.get(InstrumentLaneGroup, (instrument_id, group_id)) is None or group.own_instrument_id is not None:
        raise NotFound
    return _resize(session, instrument, group, capacity, actor=actor, now=now)


def create_shared_group(
    session: Session, instrument_id: int, new: NewSharedGroup, *, actor: Actor, now: datetime
) -> LaneGroup:
    """A new part that instruments of one owner share; the instrument is the first to list it."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    group = LaneGroup(organisation_id=instrument.organisation_id, name=new.name)
    session.add(group)
    session.flush()
    session.add_all(Lane(lane_group_id=group.id, position=position) for position in range(1, new.capacity + 1))
    _join(session, instrument, group, actor=actor, now=now)
    return group


def join_shared_group(
    session: Session, instrument_id: int, group_id: int, *, actor: Actor, now: datetime
) -> Instrument:
    """From now on a booking of the instrument also takes one lane of the shared group."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    group = _locked(session, LaneGroup.id == group_id)
    if group.organisation_id != instrument.organisation_id or group.own_instrument_id is not None:
        raise NotFound
    if session.get(InstrumentLaneGroup, (instrument_id, group_id)) is None:
        _join(session, instrument, group, actor=actor, now=now)
    return instrument


def leave_shared_group(
    session: Session, instrument_id: int, group_id: int, *, actor: Actor, now: datetime
) -> Instrument:
    """The instrument does without the shared part from now on."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor)
    group = _locked(session, LaneGroup.id == group_id)
    link = session.get(InstrumentLaneGroup, (instrument_id, group_id))
    if link is None or group.own_instrument_id is not None:
        raise NotFound
    if has_future_reservation(session, instrument_id, now=now):
        raise HasReservations
    session.delete(link)
    before = {"lane_group_id": group_id, "name": group.name}
    changed(session, instrument, "lane_group_left", actor=actor, now=now, before=before)
    return instrument


def _join(session: Session, instrument: Instrument, group: LaneGroup, *, actor: Actor, now: datetime) -> None:
    """List the group; raises HasReservations while bookings stand that hold no lane of it."""
    if has_future_reservation(session, instrument.id, now=now):
        raise HasReservations
    session.add(InstrumentLaneGroup(instrument_id=instrument.id, lane_group_id=group.id))
    after = {"lane_group_id": group.id, "name": group.name}
    changed(session, instrument, "lane_group_joined", actor=actor, now=now, after=after)


def _locked(session: Session, condition: object) -> LaneGroup:
    """The one group that fits, locked as those who take its time lock it; raises NotFound."""
    statement = select(LaneGroup).where(condition).with_for_update(key_share=True)  # type: ignore[arg-type]
    group = session.scalar(statement)
    if group is None:
        raise NotFound
    return group


def _resize(
    session: Session, instrument: Instrument, group: LaneGroup, capacity: int, *, actor: Actor, now: datetime
) -> Instrument:
    """Bring the number of lanes in service to `capacity`."""
    lanes = list(session.scalars(select(Lane).where(Lane.lane_group_id == group.id).order_by(Lane.position)))
    serving = [lane for lane in lanes if lane.retired_at is None]
    if capacity == len(serving):
        return instrument
    if capacity < len(serving):
        _retire(session, serving, len(serving) - capacity, now=now)
    elif has_future_block(session, group.id, now=now):
        raise LanesBlocked
    else:
        _extend(session, group, lanes, capacity - len(serving))
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


def _extend(session: Session, group: LaneGroup, lanes: list[Lane], count: int) -> None:
    """Bring `count` lanes into service: retired ones first, then new positions."""
    retired = [lane for lane in lanes if lane.retired_at is not None][:count]
    for lane in retired:
        lane.retired_at = None
    last = max((lane.position for lane in lanes), default=0)
    new = range(last + 1, last + 1 + count - len(retired))
    session.add_all(Lane(lane_group_id=group.id, position=position) for position in new)
