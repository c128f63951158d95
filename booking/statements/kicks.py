"""Waking whoever issues statements as soon as a run was asked for."""

from booking.database.kicks import Kick

_KICK = Kick("statements asked")
kicked, kick_after_commit = _KICK.kicked, _KICK.after_commit
