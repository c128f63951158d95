"""Nodes of the service as processes of their own, to be stopped and killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from booking.settings import ROOT
from tests.databases import KEY
from tests.notifications.post_office import free_port

PATIENCE = 180


@dataclass
class Node:
    """One running `app.py` with everything it says in one file."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def said(self) -> str:
        """Everything it has said so far."""
        return self.log.read_text(encoding="utf-8")

    def workers(self) -> list[int]:
        """The process ids of its serving processes."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        return [int(pid) for pid in listed.split()]

    def kill(self) -> None:
        """As a power cut would: no process of it has time for anything."""
        for pid in (self.process.pid, *self.workers()):
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)


@contextmanager
def node(folder: Path, **settings: str) -> Iterator[Node]:
    """A node that serves, until the block ends."""
    with nodes(1, folder, **settings) as [one]:
        yield one


@contextmanager
def nodes(count: int, folder: Path, **settings: str) -> Iterator[list[Node]]:
    """Nodes that began to start at the same moment and all serve, until the block ends."""
    started = [start(folder, **settings) for _ in range(count)]
    try:
        for one in started:
            wait_until(lambda one=one: "Ready:" in one.said or one.process.poll() is not None)  # type: ignore[misc]
            assert "Ready:" in one.said, one.said
        yield started
    finally:
        for one in started:
            if one.process.poll() is None:
                one.stop()


def start(folder: Path, **settings: str) -> Node:
    """A node that begins to start, with its log in the folder."""
    port = free_port()
    log = folder / f"node-{port}.log"
    values = {
        "BOOKING_DATA_DIR": str(folder),
        "BOOKING_SECRET_KEY": KEY,
        "BOOKING_PORT": str(port),
        "BOOKING_WORKERS": "1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--empty"],
            cwd=ROOT,
            env={**os.environ, **values, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Node(process, port, log)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    limit = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < limit, "waited in vain"
        time.sleep(0.1)
