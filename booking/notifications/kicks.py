"""Waking the one who posts as soon as an announcing transaction has committed."""

from booking.database.kicks import Kick

_KICK = Kick("announced")
kicked, kick_after_commit = _KICK.kicked, _KICK.after_commit
