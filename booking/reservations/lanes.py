"""Free and busy time from what is taken on the lanes of an instrument; values only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.core.period import Period, without

RESERVATION = "reservation"


@dataclass(frozen=True, slots=True)
class Taken:
    """A claim as seen from a lane: its kind is `reservation` or the kind of the block, which also has a reason."""

    lane_group_id: int
    lane_id: int
    start: datetime
    end: datetime
    kind: str = RESERVATION
    reason: str = ""
    reservation_id: int | None = None
    block_id: int | None = None


@dataclass(frozen=True, slots=True)
class BusyTime:
    """Time in which some group has no free lane, and why."""

    period: Period
    kind: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LaneTime:
    """The lanes of each group that an instrument needs, and what is taken on them within a window."""

    window: Period
    lanes: Mapping[int, tuple[int, ...]]
    taken: Sequence[Taken]

    def free(self) -> list[Period]:
        """The maximal periods in which one lane of each group is free throughout; they may overlap."""
        if not self.lanes:
            return []
        groups = [self._free_of(lane_ids) for lane_ids in self.lanes.values()]
        found = groups[0]
        for more in groups[1:]:
            found = maximal(both for first in found for second in more if (both := first.clipped(second)))
        return found

    def _free_of(self, lane_ids: Iterable[int]) -> list[Period]:
        """The maximal periods in which one lane of a group is free throughout."""
        by_lane: dict[int, list[Period]] = {lane_id: [] for lane_id in lane_ids}
        for claim in self.taken:
            if claim.lane_id in by_lane:
                by_lane[claim.lane_id].append(Period(claim.start, claim.end))
        return maximal(gap for taken in by_lane.values() for gap in without([self.window], taken))

    def fits(self, period: Period) -> bool:
        """Whether one lane of each group is free throughout; never beyond the window."""
        if not self.lanes or not self.window.contains(period):
            return False
        taken = {claim.lane_id for claim in self.taken if claim.start < period.end and period.start < claim.end}
        return all(any(lane_id not in taken for lane_id in lane_ids) for lane_ids in self.lanes.values())

    def busy(self) -> list[BusyTime]:
        """The time in which some group has no free lane, in order and without overlap."""
        if any(not lane_ids for lane_ids in self.lanes.values()) or not self.lanes:
            return [BusyTime(self.window, "outage")]
        if len(self.lanes) == 1 and all(len(lane_ids) == 1 for lane_ids in self.lanes.values()):
            return joined(self._clipped(claim) for claim in sorted(self.taken, key=lambda claim: claim.start))
        return joined(self._swept())

    def _clipped(self, claim: Taken) -> BusyTime:
        """The part of a claim inside the window."""
        start, end = max(claim.start, self.window.start), min(claim.end, self.window.end)
        return BusyTime(Period(start, end), claim.kind, claim.reason)

    def _swept(self) -> Iterable[BusyTime]:
        """Every stretch between two changes in which some group is full."""
        changes: list[tuple[datetime, int, Taken]] = []
        for claim in self.taken:
            changes.append((max(claim.start, self.window.start), 1, claim))
            changes.append((min(claim.end, self.window.end), -1, claim))
        changes.sort(key=lambda change: change[0])
        present: dict[int, dict[int, Taken]] = {group_id: {} for group_id in self.lanes}
        since = self.window.start
        for moment, step, claim in changes:
            if moment > since and (reason := self._full(present)):
                yield BusyTime(Period(since, moment), *reason)
            since = moment
            held = present[claim.lane_group_id]
            if step > 0:
                held[claim.lane_id] = claim
            elif held.get(claim.lane_id) is claim:
                del held[claim.lane_id]

    def _full(self, present: Mapping[int, Mapping[int, Taken]]) -> tuple[str, str] | None:
        """Kind and reason when some group has no free lane: a block's when blocks alone fill it."""
        found: tuple[str, str] | None = None
        for group_id, lane_ids in self.lanes.items():
            held = present[group_id]
            if len(held) < len(lane_ids):
                continue
            kinds = {(claim.kind, claim.reason) for claim in held.values()}
            by_block = next((kind for kind in sorted(kinds) if kind[0] != RESERVATION), None)
            if by_block and all(kind[0] != RESERVATION for kind in kinds):
                return by_block
            found = (RESERVATION, "")
        return found


def maximal(periods: Iterable[Period]) -> list[Period]:
    """Those that lie in no other one, in order of start and end."""
    found: list[Period] = []
    for period in sorted(periods, key=lambda p: (p.start, -p.end.timestamp())):
        if not found or period.end > found[-1].end:
            found.append(period)
    return found


def joined(busy: Iterable[BusyTime]) -> list[BusyTime]:
    """Stretches of one kind and reason that touch become one."""
    found: list[BusyTime] = []
    for time in busy:
        last = found[-1] if found else None
        if last and last.period.end == time.period.start and (last.kind, last.reason) == (time.kind, time.reason):
            found[-1] = BusyTime(Period(last.period.start, time.period.end), time.kind, time.reason)
        else:
            found.append(time)
    return found
