"""Working on runs that issue statements, from what is due in the tables: a killed process loses nothing."""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError

from booking.core.clock import utcnow
from booking.statements import runs
from booking.web.extensions import transaction

log = structlog.get_logger()

Clock = Callable[[], datetime]


def work_due(clock: Clock = utcnow) -> int:
    """Go on with every run that nobody works on; how many were worked on."""
    done = 0
    for run_id in transaction(runs.due, now=clock()):
        until = transaction(runs.lease, run_id, now=clock())
        if until is not None:
            _issue_all(run_id, until, clock)
            done += 1
    return done


def _issue_all(run_id: int, until: datetime | None, clock: Clock) -> None:
    """Issue everything of one run; where that breaks, the run says so and holds up no other."""
    while until is not None:
        ours = until
        try:
            until = transaction(runs.issue_some, run_id, ours, now=clock())
        except DBAPIError:
            log.exception("issuing statements failed, it will be tried again", run_id=run_id)
            return
        except Exception:
            log.exception("issuing statements failed", run_id=run_id)
            transaction(runs.fail, run_id, ours, now=clock())
            return
