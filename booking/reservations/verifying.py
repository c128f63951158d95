"""Adding the claims up again: no overlap, each reservation with exactly its claims, nothing left behind."""

from collections.abc import Iterator

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from models.catalogue import InstrumentLaneGroup, Lane
from models.reservations import Block, Claim, Reservation
from models.vocabulary.reservations import HOLDING_TIME


def faults(session: Session) -> Iterator[str]:
    """One line for each thing that is off; none when all is well."""
    yield from _overlaps(session)
    yield from _uncovered(session)
    yield from _doubled(session)
    yield from _left_behind(session)
    yield from _outside_block(session)


def _overlaps(session: Session) -> Iterator[str]:
    """Claims that begin before an earlier one on their lane has ended; one pass in order of time."""
    earlier = (
        func.max(Claim.ends_at)
        .over(partition_by=Claim.lane_id, order_by=(Claim.starts_at, Claim.id), rows=(None, -1))
        .label("taken_until")
    )
    claims = select(Claim.id, Claim.lane_id, Claim.starts_at, earlier).subquery()
    late = select(claims.c.id, claims.c.lane_id).where(claims.c.taken_until > claims.c.starts_at)
    for claim_id, lane_id in session.execute(late.order_by(claims.c.id)):
        yield f"claim {claim_id} overlaps an earlier one on lane {lane_id}"


def _uncovered(session: Session) -> Iterator[str]:
    """A reservation, or its pending change, without a claim around its time in a group that its instrument needs."""
    for start, end, what in (
        (Reservation.starts_at, Reservation.ends_at, "time"),
        (Reservation.asked_starts_at, Reservation.asked_ends_at, "asked time"),
    ):
        covered = exists().where(
            Claim.reservation_id == Reservation.id,
            Lane.id == Claim.lane_id,
            Lane.lane_group_id == InstrumentLaneGroup.lane_group_id,
            Claim.starts_at <= start,
            Claim.ends_at >= end,
        )
        missing = (
            select(Reservation.id, InstrumentLaneGroup.lane_group_id)
            .join(InstrumentLaneGroup, InstrumentLaneGroup.instrument_id == Reservation.instrument_id)
            .where(Reservation.state.in_(HOLDING_TIME), start.is_not(None), ~covered)
            .order_by(Reservation.id)
        )
        for reservation_id, group_id in session.execute(missing):
            yield f"reservation {reservation_id} has no claim for its {what} in lane group {group_id}"


def _doubled(session: Session) -> Iterator[str]:
    """A reservation with a claim for neither of its times, or with two lanes of one group for the same time."""
    apart_from_time = or_(Claim.starts_at > Reservation.starts_at, Claim.ends_at < Reservation.ends_at)
    apart_from_asked = or_(
        Reservation.asked_starts_at.is_(None),
        Claim.starts_at > Reservation.asked_starts_at,
        Claim.ends_at < Reservation.asked_ends_at,
    )
    stray = select(Claim.id, Reservation.id).join(Reservation, Reservation.id == Claim.reservation_id)
    for claim_id, reservation_id in session.execute(stray.where(apart_from_time, apart_from_asked)):
        yield f"claim {claim_id} covers no time of reservation {reservation_id}"
    other, lane, other_lane = aliased(Claim), aliased(Lane), aliased(Lane)
    twice = (
        select(Claim.reservation_id, lane.lane_group_id)
        .join(other, and_(other.reservation_id == Claim.reservation_id, other.id > Claim.id))
        .join(lane, lane.id == Claim.lane_id)
        .join(other_lane, and_(other_lane.id == other.lane_id, other_lane.lane_group_id == lane.lane_group_id))
        .where(Claim.starts_at < other.ends_at, other.starts_at < Claim.ends_at)
    )
    for twice_id, group_id in session.execute(twice):
        yield f"reservation {twice_id} holds two lanes of lane group {group_id} at once"


def _left_behind(session: Session) -> Iterator[str]:
    """Claims of reservations that ended and of blocks that were removed."""
    ended = (
        select(Claim.id, Reservation.id, Reservation.state)
        .join(Reservation, Reservation.id == Claim.reservation_id)
        .where(Reservation.state.not_in(HOLDING_TIME))
    )
    for claim_id, reservation_id, state in session.execute(ended):
        yield f"claim {claim_id} is held by reservation {reservation_id}, which is {state}"
    removed = select(Claim.id, Block.id).join(Block, Block.id == Claim.block_id).where(Block.removed_at.is_not(None))
    for claim_id, block_id in session.execute(removed):
        yield f"claim {claim_id} is held by block {block_id}, which was removed"


def _outside_block(session: Session) -> Iterator[str]:
    """Claims of a block beyond its time or on a lane of another group."""
    stray = (
        select(Claim.id, Block.id)
        .join(Block, Block.id == Claim.block_id)
        .join(Lane, Lane.id == Claim.lane_id)
        .where(
            or_(
                Claim.starts_at < Block.starts_at,
                Claim.ends_at > Block.ends_at,
                Lane.lane_group_id != Block.lane_group_id,
            )
        )
    )
    for claim_id, block_id in session.execute(stray):
        yield f"claim {claim_id} lies outside of block {block_id}"
