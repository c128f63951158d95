"""Confirming several uses: each in a step of its own, so that one refusal undoes no other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from booking.core.errors import Refused


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one of them: confirmed, or why not."""

    reservation_id: int
    refused: Refused | None


def each_by_itself(reservation_ids: Iterable[int], confirm: Callable[[int], object]) -> list[Told]:
    """Confirm each, in order of id; those that are refused are told with the reason."""
    told = []
    for reservation_id in sorted(set(reservation_ids)):
        refused: Refused | None = None
        try:
            confirm(reservation_id)
        except Refused as found:
            refused = found
        told.append(Told(reservation_id, refused))
    return told
