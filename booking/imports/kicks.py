"""Waking whoever works on imports as soon as something was asked."""

import threading

from sqlalchemy import event
from sqlalchemy.orm import Session

kicked = threading.Event()

_ASKED = "import asked"


def kick_after_commit(session: Session) -> None:
    """Remember that this session asked for work; a roll-back never kicks."""
    session.info[_ASKED] = True


@event.listens_for(Session, "after_commit")
def _kick(session: Session) -> None:
    """Wake the worker of this process; the timetable would notice too, some seconds later."""
    if session.info.get(_ASKED):
        kicked.set()
