"""What became of the time that a reservation had: who took it, when it was closed, and whose the instrument was."""

from sqlalchemy import exists, func, or_, select, true
from sqlalchemy.orm import Session

from booking.core.actors import Reach
from booking.core.clock import local_date
from booking.core.period import Period, merged
from models.catalogue import Instrument, InstrumentLaneGroup, Lane
from models.custody import OwnerChange
from models.reservations import Block, BlockConflict, Claim, Reservation, UseReminder
from models.vocabulary.custody import OwnerChangeState
from models.vocabulary.reservations import ConflictState, ReservationState

EVERYBODY_TOLD = 3
"""The last level to which an unconfirmed use is brought."""


def owner_then(session: Session, reservation: Reservation) -> int:
    """The institution whose the instrument was on the day of a reservation: what is charged for it is theirs."""
    later = select(OwnerChange.from_organisation_id).where(
        OwnerChange.instrument_id == reservation.instrument_id,
        OwnerChange.state == OwnerChangeState.APPLIED,
        OwnerChange.starts_on > local_date(reservation.starts_at),
    )
    giver_id = session.scalar(later.order_by(OwnerChange.starts_on, OwnerChange.id).limit(1))
    return giver_id if giver_id is not None else reservation.instrument.organisation_id


def has_open_conflict(session: Session, reservation_id: int) -> bool:
    """Whether a block or a closing day lies over a reservation that nobody kept in spite of it."""
    is_open = (BlockConflict.reservation_id == reservation_id, BlockConflict.state == ConflictState.OPEN)
    return bool(session.scalar(select(exists().where(*is_open))))


def closed_time(session: Session, reservation: Reservation) -> list[Period]:
    """The parts of its time in which a block lay over the instrument, in spite of which nobody kept it."""
    needed = select(InstrumentLaneGroup.lane_group_id).where(
        InstrumentLaneGroup.instrument_id == reservation.instrument_id
    )
    is_kept = exists().where(
        BlockConflict.block_id == Block.id,
        BlockConflict.reservation_id == reservation.id,
        BlockConflict.state == ConflictState.KEPT,
    )
    blocks = session.execute(
        select(Block.starts_at, Block.ends_at, Block.removed_at).where(
            Block.lane_group_id.in_(needed),
            Block.starts_at < reservation.ends_at,
            Block.ends_at > reservation.starts_at,
            ~is_kept,
        )
    )
    booked, found = Period(reservation.starts_at, reservation.ends_at), []
    for starts_at, ends_at, removed_at in blocks:
        until = min(ends_at, removed_at) if removed_at is not None else ends_at
        if until > starts_at and (part := Period(starts_at, until).clipped(booked)):
            found.append(part)
    return merged(found)


def could_be_used(session: Session, reservation: Reservation) -> bool:
    """Whether nothing lay over a reservation's time that kept people away from the instrument."""
    return not (has_open_conflict(session, reservation.id) or closed_time(session, reservation))


def lanes_of_others(session: Session, reservation: Reservation) -> list[list[list[Period]]]:
    """What others have booked on each lane of each group that a reservation's instrument needs, within its time."""
    lanes = session.execute(
        select(Lane.lane_group_id, Lane.id)
        .join(InstrumentLaneGroup, InstrumentLaneGroup.lane_group_id == Lane.lane_group_id)
        .where(InstrumentLaneGroup.instrument_id == reservation.instrument_id, Lane.retired_at.is_(None))
        .order_by(Lane.lane_group_id, Lane.id)
    ).all()
    rows = session.execute(
        select(Claim.lane_id, Claim.starts_at, Claim.ends_at)
        .join(Reservation, Reservation.id == Claim.reservation_id)
        .where(
            Claim.lane_id.in_([lane_id for _group, lane_id in lanes]),
            Claim.starts_at < reservation.ends_at,
            Claim.ends_at > reservation.starts_at,
            Reservation.id != reservation.id,
            Reservation.booked_by_id != reservation.booked_by_id,
        )
    )
    taken: dict[int, list[Period]] = {}
    for lane_id, starts_at, ends_at in rows:
        taken.setdefault(lane_id, []).append(Period(starts_at, ends_at))
    groups: dict[int, list[list[Period]]] = {}
    for group_id, lane_id in lanes:
        groups.setdefault(group_id, []).append(taken.get(lane_id, []))
    return list(groups.values())


def uses_overdue(session: Session, within: Reach) -> int:
    """How many uses nobody confirmed although everybody who could was told."""
    told = select(UseReminder.reservation_id).where(UseReminder.level == EVERYBODY_TOLD)
    overdue = (Reservation.state == ReservationState.CONFIRMED, Reservation.id.in_(told))
    here = or_(
        Instrument.organisation_id.in_(within.organisation_ids),
        Instrument.unit_id.in_(within.unit_ids),
        Instrument.id.in_(within.instrument_ids),
    )
    reached = true() if within.everywhere else here
    count = select(func.count(Reservation.id)).join(Reservation.instrument).where(*overdue, reached)
    return session.scalar(count) or 0
