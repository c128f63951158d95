"""Accepting several charges: each in a step of its own, so that one refusal undoes no other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from booking.charges.forms import SeenCharge
from booking.core.errors import Refused


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one of them: accepted, or why not."""

    charge_id: int
    refused: Refused | None


def each_by_itself(charges: Iterable[SeenCharge], accept: Callable[[SeenCharge], object]) -> list[Told]:
    """Accept each once, in order of id; those that are refused are told with the reason."""
    told = []
    for one in sorted({one.id: one for one in charges}.values(), key=lambda one: one.id):
        refused: Refused | None = None
        try:
            accept(one)
        except Refused as found:
            refused = found
        told.append(Told(one.id, refused))
    return told
