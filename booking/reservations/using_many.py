"""Confirming several uses as booked: each in a transaction of its own, so that one refusal undoes no other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.core.errors import Refused
from booking.reservations.forms import UseForm
from booking.reservations.using import confirm_use
from booking.web.extensions import transaction


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one of them: confirmed, or why not."""

    reservation_id: int
    refused: Refused | None


def confirm_as_booked(reservation_ids: Sequence[int], *, windows: Windows, actor: Actor, now: datetime) -> list[Told]:
    """Say of each that it was used as booked, in order of id."""
    told = []
    for reservation_id in sorted(set(reservation_ids)):
        refused: Refused | None = None
        try:
            transaction(confirm_use, reservation_id, UseForm(), windows=windows, actor=actor, now=now)
        except Refused as found:
            refused = found
        told.append(Told(reservation_id, refused))
    return told
