"""Keeping blocks full: a block's claims are the block less what others have, again whenever time is given back."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from booking.core.clock import at_local
from booking.core.period import Period, without
from booking.reservations import claims
from booking.reservations.claims import Freed
from models.catalogue import Lane
from models.directory import CalendarDay
from models.reservations import Block, BlockConflict, Claim, Reservation
from models.vocabulary.reservations import HOLDING_TIME, ConflictState


def refill(session: Session, freed: Sequence[Freed]) -> None:
    """Let the blocks that stand over freed time take it before anybody else can; the oldest first."""
    if not freed:
        return
    lane_ids = {gap.lane_id for gap in freed}
    span = Period(min(gap.period.start for gap in freed), max(gap.period.end for gap in freed))
    waiting = session.execute(
        select(Block.id, Block.starts_at, Block.ends_at, Lane.id)
        .join(Lane, Lane.lane_group_id == Block.lane_group_id)
        .where(
            Lane.id.in_(lane_ids), Block.removed_at.is_(None), Block.starts_at < span.end, Block.ends_at > span.start
        )
        .order_by(Block.id, Lane.id)
    ).all()
    if not waiting:
        return
    taken = _taken(session, lane_ids, span)
    for block_id, start, end, lane_id in waiting:
        wanted = [part for gap in freed if gap.lane_id == lane_id and (part := gap.period.clipped(Period(start, end)))]
        gaps = without(wanted, taken[lane_id])
        claims.fill(session, block_id, [Freed(lane_id, gap) for gap in gaps])
        taken[lane_id] += gaps


def fill_block(session: Session, block: Block) -> None:
    """Write a block's claims on every lane of its group: the block less every other claim."""
    lanes = session.scalars(
        select(Lane.id).where(Lane.lane_group_id == block.lane_group_id, Lane.retired_at.is_(None)).order_by(Lane.id)
    ).all()
    period = Period(block.starts_at, block.ends_at)
    taken = _taken(session, lanes, period)
    gaps = [Freed(lane_id, gap) for lane_id in lanes for gap in without([period], taken[lane_id])]
    claims.fill(session, block.id, gaps)


def fill_new_lanes(session: Session, group_id: int, lane_ids: Sequence[int], *, now: datetime) -> None:
    """Let the blocks of a group that are not over take lanes that came into service; the caller locked the group."""
    standing = (Block.lane_group_id == group_id, Block.removed_at.is_(None), Block.ends_at > now)
    start, end = session.execute(select(func.min(Block.starts_at), func.max(Block.ends_at)).where(*standing)).one()
    if start is not None:
        refill(session, [Freed(lane_id, Period(max(start, now), end)) for lane_id in lane_ids])


def settle_conflicts(session: Session, reservation_id: int, *, actor_id: int | None, now: datetime) -> None:
    """Close the conflicts of a reservation whose claims no longer overlap the block, or that left the day."""
    still = exists().where(
        Claim.reservation_id == reservation_id,
        Lane.id == Claim.lane_id,
        Block.id == BlockConflict.block_id,
        Block.removed_at.is_(None),
        Lane.lane_group_id == Block.lane_group_id,
        and_(Claim.starts_at < Block.ends_at, Block.starts_at < Claim.ends_at),
    )
    session.execute(
        update(BlockConflict)
        .where(
            BlockConflict.reservation_id == reservation_id,
            BlockConflict.state == ConflictState.OPEN,
            or_(BlockConflict.id.in_(_days_left(session, reservation_id)), and_(BlockConflict.block_id > 0, ~still)),
        )
        .values(state=ConflictState.SETTLED, settled_at=now, settled_by_id=actor_id)
        .execution_options(synchronize_session=False)
    )


def _days_left(session: Session, reservation_id: int) -> list[int]:
    """The conflicts with days on which the reservation has no time any more."""
    rows = session.execute(
        select(BlockConflict.id, CalendarDay.day, Reservation.starts_at, Reservation.ends_at, Reservation.state)
        .join(CalendarDay, CalendarDay.id == BlockConflict.calendar_day_id)
        .join(Reservation, Reservation.id == BlockConflict.reservation_id)
        .where(BlockConflict.reservation_id == reservation_id, BlockConflict.state == ConflictState.OPEN)
    )
    return [
        number
        for number, day, start, end, state in rows
        if state not in HOLDING_TIME or not Period(at_local(day), at_local(day, 1440)).overlaps(Period(start, end))
    ]


def _taken(session: Session, lane_ids: Iterable[int], span: Period) -> dict[int, list[Period]]:
    """What is claimed on each lane within the span."""
    found: dict[int, list[Period]] = {lane_id: [] for lane_id in lane_ids}
    rows = session.execute(
        select(Claim.lane_id, Claim.starts_at, Claim.ends_at).where(
            Claim.lane_id.in_(found), Claim.starts_at < span.end, Claim.ends_at > span.start
        )
    )
    for lane_id, start, end in rows:
        found[lane_id].append(Period(start, end))
    return found
