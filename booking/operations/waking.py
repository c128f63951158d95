"""What a serving process does in the background as soon as something was asked of it there."""

import threading
from collections.abc import Callable

import structlog
from flask import Flask

from booking.imports.jobs import work_due
from booking.imports.kicks import kicked as imports_kicked
from booking.notifications.kicks import kicked as mails_kicked
from booking.operations.posting import post_due
from booking.statements.jobs import work_due as issue_due
from booking.statements.kicks import kicked as runs_kicked
from booking.web.extensions import db

log = structlog.get_logger()

STOP_SECONDS = 20


class Woken(threading.Thread):
    """Works whenever its event is set; a failure is logged and left to the timetable."""

    def __init__(self, app: Flask, name: str, kicked: threading.Event, work: Callable[[], int]) -> None:
        super().__init__(name=name, daemon=True)
        self._app, self._kicked, self._work = app, kicked, work
        self._stopping = False

    def run(self) -> None:
        """Wait, work, wait again."""
        while True:
            self._kicked.wait()
            self._kicked.clear()
            if self._stopping:
                return
            with self._app.app_context():
                try:
                    self._work()
                except Exception:
                    log.exception("background work failed", worker=self.name)
                finally:
                    db.session.remove()

    def stop(self) -> None:
        """Let it finish what it is doing."""
        self._stopping = True
        self._kicked.set()
        self.join(STOP_SECONDS)


def poster(app: Flask) -> Woken:
    """Mails go out as soon as something was announced in this process."""
    return Woken(app, "poster", mails_kicked, post_due)


def importer(app: Flask) -> Woken:
    """Imports go on as soon as a step was asked for in this process."""
    return Woken(app, "importer", imports_kicked, work_due)


def issuer(app: Flask) -> Woken:
    """Statements are issued as soon as that was asked for in this process."""
    return Woken(app, "issuer", runs_kicked, issue_due)
