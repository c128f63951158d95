"""Words of the timetable."""

from enum import StrEnum


class RunOutcome(StrEnum):
    """How one run of a job ended."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
