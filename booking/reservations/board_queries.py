"""What stewards look at: their instruments' day lane by lane, what waits for a decision, open conflicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission, reach
from booking.core.actors import Actor, Reach
from booking.core.clock import at_local
from booking.core.errors import NotFound
from booking.core.period import Period
from booking.reservations.lanes import LaneTime, Taken
from booking.reservations.opening import open_time
from booking.reservations.queries import in_full, in_reach, in_short
from booking.reservations.taken import lane_times
from booking.reservations.terms import places_of
from models.catalogue import Instrument, Lane, LaneGroup
from models.reservations import Block, BlockConflict, Reservation
from models.vocabulary.catalogue import BookingMode
from models.vocabulary.reservations import HOLDING_TIME, ConflictState

MOST_INSTRUMENTS = 200
MOST_WAITING = 200


@dataclass(frozen=True, slots=True)
class BoardItem:
    """Something on a lane: a reservation, a block, or (with neither) time that an unseen instrument has taken."""

    period: Period
    claimed: Period
    reservation: Reservation | None = None
    block: Block | None = None


@dataclass(frozen=True, slots=True)
class BoardLane:
    """One lane of an instrument; a shared group's lanes stand under each instrument that needs it."""

    lane_id: int
    position: int
    group_name: str
    is_shared: bool
    items: list[BoardItem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One instrument's day."""

    instrument: Instrument
    open: list[Period]
    lanes: list[BoardLane]


@dataclass(frozen=True, slots=True)
class _Named:
    """What claims refer to, read in two statements."""

    reservations: Mapping[int, Reservation]
    blocks: Mapping[int, Block]


def day_board(
    session: Session, within: Reach, day: date, *, now: datetime, limit: int = MOST_INSTRUMENTS
) -> list[BoardRow]:
    """The day of every instrument in reach that is booked here, by name; a constant number of statements.

    One on request stands there on days of its reservations.
    """
    window = Period(at_local(day), at_local(day + timedelta(days=1)))
    instruments = session.scalars(
        select(Instrument)
        .where(in_reach(within), or_(Instrument.booking_mode == BookingMode.HERE, Instrument.id.in_(_booked(window))))
        .order_by(Instrument.name_zh, Instrument.name_en, Instrument.id)
        .limit(limit)
    ).all()
    return _rows(session, instruments, window, within, now=now)


def _booked(window: Period) -> Select[int]:
    """The instruments with reservations in the window."""
    holding = Reservation.state.in_(HOLDING_TIME)
    overlapping = (Reservation.starts_at < window.end, Reservation.ends_at > window.start)
    return select(Reservation.instrument_id).where(holding, *overlapping)


def instrument_items(
    session: Session, instrument_id: int, window: Period, *, viewer: Actor, now: datetime
) -> list[BoardItem]:
    """Everything on an instrument's lanes with its names, each once; only for who sees its bookings."""
    within = reach(viewer, Permission.SEE_BOOKINGS)
    wanted = select(Instrument).where(Instrument.id == instrument_id, in_reach(within))
    rows = _rows(session, session.scalars(wanted).all(), window, within, now=now)
    found: dict[tuple[str, int, Period], BoardItem] = {}
    for item in (item for row in rows for lane in row.lanes for item in lane.items):
        number = item.reservation.id if item.reservation else item.block.id if item.block else 0
        kind = "reservation" if item.reservation else "block" if item.block else "unseen"
        found.setdefault((kind, number, item.period), item)
    return sorted(found.values(), key=lambda item: item.period)


def to_decide(session: Session, within: Reach, *, now: datetime) -> Sequence[Reservation]:
    """Requests and pending changes that are still undecided, the soonest due first, with who asks."""
    waiting = (
        in_short()
        .where(in_reach(within), Reservation.state.in_(HOLDING_TIME), Reservation.decide_by > now)
        .order_by(Reservation.decide_by, Reservation.id)
    )
    return session.scalars(waiting.limit(MOST_WAITING)).all()


def open_conflicts(session: Session, within: Reach, *, now: datetime) -> Sequence[BlockConflict]:
    """Reservations still to come that lie in a block or on a closed day, the soonest first, with both."""
    statement = _conflicts(within).where(BlockConflict.state == ConflictState.OPEN, Reservation.ends_at > now)
    return session.scalars(statement.order_by(Reservation.starts_at, BlockConflict.id).limit(MOST_WAITING)).all()


def blocks_during(session: Session, within: Reach, window: Period) -> Sequence[Block]:
    """Blocks of instruments in reach that fall into a window, the first one first, with their instruments."""
    standing = (
        select(Block)
        .join(Block.instrument)
        .where(in_reach(within), Block.removed_at.is_(None), Block.starts_at < window.end, Block.ends_at > window.start)
        .options(joinedload(Block.instrument))
    )
    return session.scalars(standing.order_by(Block.starts_at, Block.id).limit(MOST_WAITING)).all()


def _conflicts(within: Reach) -> Select[BlockConflict]:
    """Conflicts on instruments in reach with their causes, reservations and holders."""
    return (
        select(BlockConflict)
        .join(BlockConflict.reservation)
        .join(Instrument, Instrument.id == Reservation.instrument_id)
        .where(in_reach(within))
        .options(
            joinedload(BlockConflict.block).joinedload(Block.instrument),
            joinedload(BlockConflict.calendar_day),
            joinedload(BlockConflict.reservation).options(
                joinedload(Reservation.instrument), joinedload(Reservation.booked_by)
            ),
        )
    )


def conflict_for(session: Session, conflict_id: int, actor: Actor) -> BlockConflict:
    """One conflict with all that is shown of it, for who decides about it; raises NotFound."""
    statement = _conflicts(reach(actor, Permission.DECIDE_BOOKINGS)).where(BlockConflict.id == conflict_id)
    found = session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound
    return found


def _rows(
    session: Session, instruments: Sequence[Instrument], window: Period, within: Reach, *, now: datetime
) -> list[BoardRow]:
    """The rows of the board for these instruments."""
    ids = [instrument.id for instrument in instruments]
    if not ids:
        return []
    places, times = places_of(session, ids, window, now=now), lane_times(session, ids, window)
    lanes = _lanes(session, times)
    names = _names(session, [claim for time in times.values() for claim in time.taken], within)
    return [
        BoardRow(
            instrument,
            open_time(places[instrument.id].terms.hours, places[instrument.id].terms.unusual_days, window),
            _board_lanes(times[instrument.id], lanes, names),
        )
        for instrument in instruments
    ]


def _lanes(session: Session, times: Mapping[int, LaneTime]) -> dict[int, tuple[Lane, LaneGroup]]:
    """Every lane with its group."""
    group_ids = {group_id for time in times.values() for group_id in time.lanes}
    rows = session.execute(
        select(Lane, LaneGroup).join(LaneGroup, LaneGroup.id == Lane.lane_group_id).where(LaneGroup.id.in_(group_ids))
    )
    return {lane.id: (lane, group) for lane, group in rows}


def _names(session: Session, taken: Sequence[Taken], within: Reach) -> _Named:
    """The reservations that may be seen by name, and the blocks."""
    reservation_ids = {claim.reservation_id for claim in taken if claim.reservation_id is not None}
    block_ids = {claim.block_id for claim in taken if claim.block_id is not None}
    seen = in_full().where(Reservation.id.in_(reservation_ids), in_reach(within))
    blocks = select(Block).where(Block.id.in_(block_ids)).options(joinedload(Block.instrument))
    return _Named(
        {reservation.id: reservation for reservation in session.scalars(seen)},
        {block.id: block for block in session.scalars(blocks)},
    )


def _board_lanes(time: LaneTime, lanes: Mapping[int, tuple[Lane, LaneGroup]], names: _Named) -> list[BoardLane]:
    """The lanes of one instrument, its own group first."""
    found = [
        _board_lane(*lanes[lane_id], [claim for claim in time.taken if claim.lane_id == lane_id], names)
        for lane_ids in time.lanes.values()
        for lane_id in lane_ids
    ]
    return sorted(found, key=lambda lane: (lane.is_shared, lane.group_name, lane.position))


def _board_lane(lane: Lane, group: LaneGroup, taken: Sequence[Taken], names: _Named) -> BoardLane:
    """One lane with its items in order; pieces of a block that touch are one item."""
    items: list[BoardItem] = []
    for item in (_item(claim, names) for claim in taken):
        last = items[-1] if items else None
        if last and item.block and item.block is last.block and item.period.start == last.period.end:
            whole = Period(last.period.start, item.period.end)
            items[-1] = BoardItem(whole, whole, block=item.block)
        else:
            items.append(item)
    return BoardLane(lane.id, lane.position, group.name, group.own_instrument_id is None, items)


def _item(claim: Taken, names: _Named) -> BoardItem:
    """A claim with what may be known of its holder; a reservation shows its visible time."""
    claimed = Period(claim.start, claim.end)
    reservation = names.reservations.get(claim.reservation_id or 0)
    if reservation is None:
        return BoardItem(claimed, claimed, block=names.blocks.get(claim.block_id or 0))
    visible = Period(reservation.starts_at, reservation.ends_at)
    return BoardItem(visible if visible.overlaps(claimed) else claimed, claimed, reservation=reservation)
