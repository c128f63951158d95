"""Answers about an instrument's time, kept as bytes while nothing that they were made of has changed."""

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.period import Period
from booking.reservations import answers, neighbours
from booking.reservations.availability import time_of
from booking.reservations.situations import find_place_over, sees_free_time
from booking.reservations.terms import Place

MOST_KEPT = 200

_instrument: BindParameter[int] = bindparam("instrument_id")
_STATE = select(func.coalesce(neighbours.revisions(_instrument), 0), neighbours.lanes(_instrument))


@dataclass(frozen=True, slots=True)
class _MadeOf:
    """Everything that an answer depends on besides its window."""

    place: Place
    shown: bool
    state: tuple[Any, ...]


class _Bodies:
    """The answers used last, for all threads of the process."""

    def __init__(self) -> None:
        """Nothing kept yet."""
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, Period, bool], tuple[_MadeOf, bytes]] = OrderedDict()

    def get(self, window: Period, made_of: _MadeOf) -> bytes | None:
        """The answer, when it is made of the same."""
        key = (made_of.place.instrument_id, window, made_of.shown)
        with self._lock:
            found = self._kept.get(key)
            if found is None or found[0] != made_of:
                return None
            self._kept.move_to_end(key)
            return found[1]

    def put(self, window: Period, made_of: _MadeOf, made: bytes) -> None:
        """Keep an answer, and let the one used longest ago go."""
        with self._lock:
            self._kept[made_of.place.instrument_id, window, made_of.shown] = (made_of, made)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


_bodies = _Bodies()


def body(session: Session, instrument_id: int, window: Period, *, viewer: Actor | None, now: datetime) -> bytes:
    """What the viewer may know of an instrument's time, as JSON; the state is read before what it stands for."""
    place = find_place_over(session, instrument_id, window, actor=viewer, now=now)
    row = session.connection().execute(_STATE, {"instrument_id": instrument_id}).one()
    made_of = _MadeOf(place, sees_free_time(place, viewer), tuple(row))
    if kept := _bodies.get(window, made_of):
        return kept
    time = time_of(session, place, window, viewer=viewer, now=now)
    made = json.dumps(answers.availability(time), ensure_ascii=False, separators=(",", ":")).encode()
    _bodies.put(window, made_of, made)
    return made
