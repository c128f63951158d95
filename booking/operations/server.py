"""The web server: gunicorn with threads, told what it needs instead of reading a configuration."""

import gc
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from flask import Flask
from gunicorn import glogging
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from prometheus_client import multiprocess, values

from booking.settings import Settings
from booking.web.extensions import db

BACKLOG = 2048
GRACEFUL_SECONDS = 20


class CannotListen(Exception):  # noqa: N818 - a fact
    """The address cannot be listened on; the sentence says why and what to do."""


def bound_socket(settings: Settings) -> socket.socket:
    """The socket, bound but not listening yet; raises CannotListen."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.host, settings.port))
    except OSError as failed:
        bound.close()
        raise CannotListen(_advice(settings, failed)) from failed
    return bound


def _advice(settings: Settings, failed: OSError) -> str:
    """What to do when the port is taken or the address is not ours."""
    place = f"{settings.host}:{settings.port}"
    return f"cannot listen on {place} ({failed.strerror}); set BOOKING_PORT or BOOKING_HOST to another one"


class Companion(Protocol):
    """A thread beside the requests in every serving process, started after the fork."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """Finish what is being done, then end."""


def serve(
    app: Flask,
    settings: Settings,
    bound: socket.socket,
    *,
    companions: Sequence[Companion],
    ready: Callable[[], None],
) -> None:
    """Listen and serve until a signal stops it; requests in flight are finished."""
    try:
        bound.listen(BACKLOG)
    except OSError as failed:
        raise CannotListen(_advice(settings, failed)) from failed
    with app.app_context():
        db.engine.dispose()
    settle()
    _Server(app, settings, bound.detach(), companions, ready).run()


def settle() -> None:
    """Exempt what was loaded from garbage collection: it stays anyway, and walking it takes a third of a second."""
    gc.freeze()


class _Server(BaseApplication):  # type: ignore[misc]
    """Our application and settings, in gunicorn's terms."""

    def __init__(
        self,
        app: Flask,
        settings: Settings,
        handle: int,
        companions: Sequence[Companion],
        ready: Callable[[], None],
    ) -> None:
        self._app, self._settings, self._handle = app, settings, handle
        self._companions, self._ready = companions, ready
        super().__init__()

    def load_config(self) -> None:
        """The options that differ from gunicorn's own."""
        options: dict[str, Any] = {
            "bind": f"fd://{self._handle}",
            "worker_class": "gthread",
            "workers": self._settings.workers,
            "threads": self._settings.threads,
            "preload_app": True,
            "graceful_timeout": GRACEFUL_SECONDS,
            "keepalive": 15,
            "control_socket_disable": True,
            "logger_class": _Logger,
            "loglevel": "warning",
            "proc_name": "chuanyu",
            "when_ready": self._when_ready,
            "post_fork": self._post_fork,
            "post_worker_init": self._post_worker_init,
            "worker_exit": self._worker_exit,
            "child_exit": _forget_worker,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application, made before forking."""
        return self._app

    def run(self) -> None:
        """Serve until stopped."""
        _GracefulArbiter(self).run()

    def _when_ready(self, _server: object) -> None:
        self._ready()

    def _post_fork(self, _server: object, _worker: object) -> None:
        """No connection crosses the fork."""
        with self._app.app_context():
            db.engine.dispose(close=False)

    def _post_worker_init(self, _worker: object) -> None:
        """Ctrl-C reaches every process of the terminal, but only the first one decides; threads start here."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for companion in self._companions:
            companion.start()

    def _worker_exit(self, _server: object, _worker: object) -> None:
        """Let the companions finish what they are doing."""
        for companion in self._companions:
            companion.stop()


class _GracefulArbiter(Arbiter):  # type: ignore[misc]
    """Stops on Ctrl-C as gracefully as on SIGTERM."""

    def handle_int(self) -> None:
        """SIGINT is SIGTERM."""
        self.handle_term()


class _Logger(glogging.Logger):  # type: ignore[misc]
    """Gunicorn's own messages go where ours go."""

    def setup(self, cfg: Any) -> None:
        """No handlers of its own."""
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        self.error_log.setLevel(cfg.loglevel.upper())


def _forget_worker(_server: object, worker: Any) -> None:
    """Drop the gauges of a worker that ended."""
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Let every worker's counts add up, in a folder of this start; around the making of the application."""
    owner = os.getpid()
    folder = tempfile.mkdtemp(prefix="chuanyu-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        # A worker that ends passes here too, because it was forked inside.
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)
