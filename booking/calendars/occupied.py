"""Time taken on an instrument that no entry of its own accounts for, such as that of others on a shared part."""

from collections.abc import Iterable, Mapping

from booking.core.period import Period, without
from booking.reservations.changes import asked_period, period_of
from booking.reservations.lanes import BusyTime, LaneTime, Taken
from models.reservations import Block, Reservation


def occupied(time: LaneTime, reservations: Iterable[Reservation], blocks: Iterable[Block]) -> list[BusyTime]:
    """Busy time outside of these reservations and blocks, in order; it tells the kind and never whose it is."""
    shown, blocked = {one.id: one for one in reservations}, {one.id: one for one in blocks}
    is_in_service = bool(time.lanes) and all(time.lanes.values())
    if is_in_service and all(_is_told(claim, shown, blocked) for claim in time.taken):
        return []
    told = [Period(block.starts_at, block.ends_at) for block in blocked.values()]
    told += [_told(claim, shown[claim.reservation_id]) for claim in time.taken if claim.reservation_id in shown]
    by_kind: dict[str, list[Period]] = {}
    for one in time.busy():
        by_kind.setdefault(one.kind, []).append(one.period)
    left = [BusyTime(part, kind) for kind, periods in by_kind.items() for part in without(periods, told)]
    return sorted(left, key=lambda one: one.period)


def _is_told(claim: Taken, shown: Mapping[int, Reservation], blocked: Mapping[int, Block]) -> bool:
    """Whether an entry accounts for the whole of the claim; where a move is asked for, none tells the new time."""
    if claim.reservation_id is None:
        return claim.block_id in blocked
    reservation = shown.get(claim.reservation_id)
    return reservation is not None and asked_period(reservation) is None


def _told(claim: Taken, reservation: Reservation) -> Period:
    """What a reservation's entry accounts for: its claim with set-up and clean-up, but for the time it asks for."""
    claimed, asked = Period(claim.start, claim.end), asked_period(reservation)
    return period_of(reservation) if asked and asked.overlaps(claimed) else claimed
