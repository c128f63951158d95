"""Waking the one who posts as soon as an announcing transaction has committed."""

import threading

from sqlalchemy import event
from sqlalchemy.orm import Session

kicked = threading.Event()

_ANNOUNCED = "announced"


def kick_after_commit(session: Session) -> None:
    """Remember that this session announced something; a roll-back simply never kicks."""
    session.info[_ANNOUNCED] = True


@event.listens_for(Session, "after_commit")
def _kick(session: Session) -> None:
    """Wake the poster of this process; the timetable would notice too, some seconds later."""
    if session.info.get(_ANNOUNCED):
        kicked.set()
