"""Reading what is taken on the lanes of instruments, in one statement however many."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from booking.core.period import Period
from booking.reservations.lanes import RESERVATION, LaneTime, Taken
from models.base import Base, UtcDateTime

_claims, _lanes, _blocks, _needed = (
    Base.metadata.tables[name] for name in ("claims", "lanes", "blocks", "instrument_lane_groups")
)
_before = _claims.alias("before")

# Claims on a lane never overlap, so at most one that began before the window reaches into it.
# Without this bound the index on (lane_id, starts_at) would be read from the beginning of time.
_REACHING_IN = (
    select(func.max(_before.c.starts_at))
    .where(_before.c.lane_id == _lanes.c.id, _before.c.starts_at <= bindparam("starts_at", type_=UtcDateTime()))
    .correlate(_lanes)
    .scalar_subquery()
)

_TAKEN = (
    select(
        _needed.c.instrument_id,
        _lanes.c.lane_group_id,
        _lanes.c.id,
        _claims.c.starts_at,
        _claims.c.ends_at,
        _claims.c.reservation_id,
        _claims.c.block_id,
        _blocks.c.kind,
        _blocks.c.reason,
    )
    .select_from(_needed)
    .join(_lanes, and_(_lanes.c.lane_group_id == _needed.c.lane_group_id, _lanes.c.retired_at.is_(None)), isouter=True)
    .join(
        _claims,
        and_(
            _claims.c.lane_id == _lanes.c.id,
            _claims.c.starts_at < bindparam("ends_at", type_=UtcDateTime()),
            _claims.c.ends_at > bindparam("starts_at", type_=UtcDateTime()),
            _claims.c.starts_at >= func.coalesce(_REACHING_IN, bindparam("starts_at", type_=UtcDateTime())),
        ),
        isouter=True,
    )
    .join(_blocks, _blocks.c.id == _claims.c.block_id, isouter=True)
    .where(_needed.c.instrument_id.in_(bindparam("instrument_ids", expanding=True)))
    .order_by(_needed.c.instrument_id, _needed.c.lane_group_id, _lanes.c.position, _claims.c.starts_at)
)


def lane_times(
    session: Session, instrument_ids: Sequence[int], window: Period, *, own_id: int = 0
) -> dict[int, LaneTime]:
    """The lanes and claims of each instrument within the window; the reservation `own_id` does not count."""
    values = {"instrument_ids": list(instrument_ids), "starts_at": window.start, "ends_at": window.end}
    lanes: dict[int, dict[int, dict[int, None]]] = {instrument_id: {} for instrument_id in instrument_ids}
    taken: dict[int, list[Taken]] = {instrument_id: [] for instrument_id in instrument_ids}
    for row in session.connection().execute(_TAKEN, values):
        instrument_id, group_id, lane_id, starts_at, _, reservation_id, *_ = row
        group = lanes[instrument_id].setdefault(group_id, {})
        if lane_id is None:
            continue
        group[lane_id] = None
        if starts_at is not None and (reservation_id is None or reservation_id != own_id):
            taken[instrument_id].append(_taken(row))
    return {
        instrument_id: LaneTime(
            window, {group_id: tuple(ids) for group_id, ids in groups.items()}, taken[instrument_id]
        )
        for instrument_id, groups in lanes.items()
    }


def lane_time(session: Session, instrument_id: int, window: Period, *, own_id: int = 0) -> LaneTime:
    """The lanes and claims of one instrument."""
    return lane_times(session, [instrument_id], window, own_id=own_id)[instrument_id]


def _taken(row: Any) -> Taken:
    """One claim from its row."""
    _, group_id, lane_id, start, end, reservation_id, block_id, kind, reason = row
    return Taken(group_id, lane_id, start, end, kind or RESERVATION, reason or "", reservation_id, block_id)
