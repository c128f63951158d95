"""Words of the teams: where a request to join stands."""

from enum import StrEnum


class JoinState(StrEnum):
    """Where a person's wish to join a team stands; only the first waits."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
