"""Time in which an instrument is not to be used: set, taken away, and its conflicts shown at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session, joinedload

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.core.actors import Actor
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.period import Period
from booking.core.texts import N_
from booking.notifications.service import announce
from booking.reservations import claims
from booking.reservations.changes import revise
from booking.reservations.claims import Holder
from booking.reservations.filling import fill_block, refill
from booking.reservations.queries import seen_instrument, target_of
from models.base import Base
from models.catalogue import Instrument, InstrumentLaneGroup, Lane, LaneGroup
from models.reservations import Block, BlockConflict, Claim, Reservation
from models.vocabulary.reservations import BlockKind, ConflictState

LONGEST_BLOCK = timedelta(days=400)

_groups = Base.metadata.tables["lane_groups"]


@dataclass(frozen=True, slots=True)
class Blocked:
    """A block that was set, and the reservations that lie in it, each loaded with holder and instrument."""

    block: Block
    conflicts: Sequence[BlockConflict]


def add_block(
    session: Session,
    instrument_id: int,
    period: Period,
    kind: BlockKind,
    reason: str,
    *,
    lane_group_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> Blocked:
    """Block every lane of the instrument's own group, or of the group that is named and of no other.

    Reservations in it stay, each as a conflict for the steward to settle; nothing new can be booked into it.
    """
    instrument = _instrument(session, instrument_id, actor)
    _check(period, now)
    group_id = _group(session, instrument_id, lane_group_id)
    block = Block(
        instrument_id=instrument.id,
        lane_group_id=group_id,
        starts_at=period.start,
        ends_at=period.end,
        kind=kind,
        reason=reason,
        created_by_id=actor.id,
        created_at=now,
    )
    session.add(block)
    session.flush()
    fill_block(session, block)
    conflicts = _conflicts(session, block, now)
    after = {**_facts(block), "conflicts": [conflict.reservation_id for conflict in conflicts]}
    audit.note(session, "reservations.block_added", ("block", block.id), actor=actor, now=now, after=after)
    announce(session, "reservations.block_added", {"block_id": block.id, "actor_id": actor.id}, now=now)
    revise(session, _scopes(session, group_id, instrument_id), now=now)
    return Blocked(block, conflicts)


def remove_block(session: Session, block_id: int, *, actor: Actor, now: datetime) -> Block:
    """Take a block away; other blocks over the same time take over what it held. Raises NotFound when it is gone."""
    place = session.execute(select(Block.instrument_id, Block.lane_group_id).where(Block.id == block_id)).one_or_none()
    if place is None:
        raise NotFound
    _instrument(session, place.instrument_id, actor)
    _lock(session, place.lane_group_id)
    block = session.scalars(select(Block).where(Block.id == block_id).execution_options(populate_existing=True)).one()
    if block.removed_at is not None:
        raise NotFound
    block.removed_at = now
    session.flush()
    refill(session, claims.give_up(session, claims.held_by(session, Holder(block_id=block_id))))
    session.execute(
        sql_update(BlockConflict)
        .where(BlockConflict.block_id == block_id, BlockConflict.state == ConflictState.OPEN)
        .values(state=ConflictState.SETTLED, settled_at=now, settled_by_id=actor.id)
        .execution_options(synchronize_session=False)
    )
    audit.note(session, "reservations.block_removed", ("block", block_id), actor=actor, now=now, before=_facts(block))
    announce(session, "reservations.block_removed", {"block_id": block_id, "actor_id": actor.id}, now=now)
    revise(session, _scopes(session, block.lane_group_id, block.instrument_id), now=now)
    return block


def blocks_of(session: Session, instrument_id: int, *, actor: Actor, now: datetime) -> Sequence[Block]:
    """The blocks of an instrument that are not over, the first one first; for who manages them."""
    _instrument(session, instrument_id, actor)
    standing = select(Block).where(
        Block.instrument_id == instrument_id, Block.removed_at.is_(None), Block.ends_at > now
    )
    return session.scalars(standing.order_by(Block.starts_at, Block.id)).all()


def groups_of(session: Session, instrument_id: int) -> Sequence[LaneGroup]:
    """The groups that can be blocked, the instrument's own first."""
    needed = select(InstrumentLaneGroup.lane_group_id).where(InstrumentLaneGroup.instrument_id == instrument_id)
    found = session.scalars(select(LaneGroup).where(LaneGroup.id.in_(needed)).order_by(LaneGroup.id)).all()
    return sorted(found, key=lambda group: group.own_instrument_id != instrument_id)


def _instrument(session: Session, instrument_id: int, actor: Actor) -> Instrument:
    """The instrument, for who manages its blocks; others learn only of published ones."""
    instrument = seen_instrument(session, instrument_id, actor)
    require(actor, Permission.MANAGE_BLOCKS, target_of(instrument))
    return instrument


def _check(period: Period, now: datetime) -> None:
    """A block ends in the future and lasts a year or so at most."""
    if period.end <= now:
        raise InvalidInput([Problem("ends_at", N_("停用时段须在将来结束。"))])
    if period.length > LONGEST_BLOCK:
        raise InvalidInput([Problem("ends_at", N_("停用时段最长 %(days)s 天。"), {"days": LONGEST_BLOCK.days})])


def _group(session: Session, instrument_id: int, lane_group_id: int | None) -> int:
    """The locked group to block: the one named, else the instrument's own."""
    groups = groups_of(session, instrument_id)
    chosen = next((g for g in groups if g.id == lane_group_id or (lane_group_id is None and g.own_instrument_id)), None)
    if chosen is None:
        raise InvalidInput([Problem("lane_group", N_("这台仪器没有这个机位组。"))])
    _lock(session, chosen.id)
    return chosen.id


def _lock(session: Session, group_id: int) -> None:
    """Lock one group."""
    session.execute(select(_groups.c.id).where(_groups.c.id == group_id).with_for_update(key_share=True))


def _conflicts(session: Session, block: Block, now: datetime) -> Sequence[BlockConflict]:
    """One open conflict for each reservation that has time in the block."""
    inside = session.scalars(
        select(Claim.reservation_id)
        .join(Lane, Lane.id == Claim.lane_id)
        .where(
            Lane.lane_group_id == block.lane_group_id,
            Claim.reservation_id.is_not(None),
            Claim.starts_at < block.ends_at,
            Claim.ends_at > max(block.starts_at, now),
        )
        .distinct()
    ).all()
    session.add_all(
        BlockConflict(block_id=block.id, reservation_id=number, created_at=now)
        for number in sorted(number for number in inside if number is not None)
    )
    session.flush()
    loaded = joinedload(BlockConflict.reservation).options(
        joinedload(Reservation.booked_by), joinedload(Reservation.instrument)
    )
    statement = select(BlockConflict).where(BlockConflict.block_id == block.id).options(loaded)
    return session.scalars(statement.order_by(BlockConflict.id).execution_options(populate_existing=True)).all()


def _scopes(session: Session, group_id: int, instrument_id: int) -> list[str]:
    """The feeds of every instrument that needs the group."""
    users = select(InstrumentLaneGroup.instrument_id).where(InstrumentLaneGroup.lane_group_id == group_id)
    return [f"instrument:{number}" for number in {instrument_id, *session.scalars(users)}]


def _facts(block: Block) -> dict[str, object]:
    """A block as the audit log keeps it."""
    return {
        "instrument_id": block.instrument_id,
        "lane_group_id": block.lane_group_id,
        "starts_at": block.starts_at.isoformat(),
        "ends_at": block.ends_at.isoformat(),
        "kind": str(block.kind),
        "reason": block.reason,
    }
