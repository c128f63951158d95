"""Waking whoever works on something as soon as a session that asked for it has committed."""

import threading

from sqlalchemy import event
from sqlalchemy.orm import Session


class Kick:
    """An event of this process that is set after the commit of each session that asked; a roll-back never kicks."""

    def __init__(self, asked: str) -> None:
        self.kicked = threading.Event()
        self._asked = asked
        event.listen(Session, "after_commit", self._kick)

    def after_commit(self, session: Session) -> None:
        """Remember that this session asked for work."""
        session.info[self._asked] = True

    def _kick(self, session: Session) -> None:
        """Wake the worker of this process; the timetable would notice too, some seconds later."""
        if session.info.get(self._asked):
            self.kicked.set()
