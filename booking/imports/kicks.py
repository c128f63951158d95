"""Waking whoever works on imports as soon as something was asked."""

from booking.database.kicks import Kick

_KICK = Kick("import asked")
kicked, kick_after_commit = _KICK.kicked, _KICK.after_commit
