"""Parts that several instruments share; how many positions there are is decided beside what holds them."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.catalogue.changes import changed, lock
from booking.catalogue.owner_queries import OPEN
from booking.catalogue.owners import ChangeStands
from booking.catalogue.queries import has_future_reservation
from booking.catalogue.timetable_forms import NewSharedGroup
from booking.core.actors import Actor
from booking.core.errors import Conflict, NotFound
from booking.core.texts import N_
from models.catalogue import Instrument, InstrumentLaneGroup, Lane, LaneGroup
from models.custody import OwnerChange


class HasReservations(Conflict):
    """Standing reservations were made for the groups the instrument had then."""

    code = "has_reservations"
    sentence = N_("该仪器今后还有预约，请等预约结束或取消后再更改共享机位组。")


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
    group = locked_group(session, LaneGroup.id == group_id)
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
    group = locked_group(session, LaneGroup.id == group_id)
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
    """List the group; raises HasReservations while bookings stand that hold no lane of it, and ChangeStands."""
    _require_staying(session, instrument.id, group.id)
    if has_future_reservation(session, instrument.id, now=now):
        raise HasReservations
    session.add(InstrumentLaneGroup(instrument_id=instrument.id, lane_group_id=group.id))
    after = {"lane_group_id": group.id, "name": group.name}
    changed(session, instrument, "lane_group_joined", actor=actor, now=now, after=after)


def _require_staying(session: Session, instrument_id: int, group_id: int) -> None:
    """Refuse to share while the instrument, or one that lists the group, is on its way to another institution."""
    listing = select(InstrumentLaneGroup.instrument_id).where(InstrumentLaneGroup.lane_group_id == group_id)
    leaving = or_(OwnerChange.instrument_id == instrument_id, OwnerChange.instrument_id.in_(listing))
    if session.scalar(select(OwnerChange.id).where(OwnerChange.state.in_(OPEN), leaving).limit(1)) is not None:
        raise ChangeStands


def locked_group(session: Session, condition: object) -> LaneGroup:
    """The one group that fits, locked as those who take its time lock it; raises NotFound."""
    statement = select(LaneGroup).where(condition).with_for_update(key_share=True)  # type: ignore[arg-type]
    group = session.scalar(statement)
    if group is None:
        raise NotFound
    return group
