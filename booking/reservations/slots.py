"""Fixed slots instead of a grid: a wish is one of them, or several that adjoin; values only."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from booking.core.period import Period, merged


def is_run(slots: Iterable[Period], wanted: Period) -> bool:
    """Whether the wish is exactly one slot or several that adjoin."""
    slots = list(slots)
    ends = {slot.start for slot in slots}, {slot.end for slot in slots}
    if wanted.start not in ends[0] or wanted.end not in ends[1]:
        return False
    return merged(part for slot in slots if (part := slot.clipped(wanted))) == [wanted]


def runs(slots: Sequence[Period], shortest: timedelta, longest: timedelta) -> Iterator[Period]:
    """Every slot, and every row of slots that adjoin, of a length that is allowed; slots in order."""
    for number, first in enumerate(slots):
        end = first.start
        for slot in slots[number:]:
            if slot.start != end and slot is not first:
                break
            end = slot.end
            if end - first.start > longest:
                break
            if end - first.start >= shortest:
                yield Period(first.start, end)


def first_runs(found: Iterable[Period], room: Sequence[Period]) -> list[Period]:
    """The shortest of the runs from each start that lies in one of the free periods, in order."""
    shortest: dict[object, Period] = {}
    for run in found:
        if run.start not in shortest and any(period.contains(run) for period in room):
            shortest[run.start] = run
    return sorted(shortest.values())
