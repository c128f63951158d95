"""Many writers at once, in processes of their own, against the real server in processes of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from booking.settings import ROOT
from tests.databases import KEY
from tests.storms.sending import PATIENCE, Call, Reply, ask, send

PROCESSES, SERVERS, THREADS = 5, 2, 4


class Storm:
    """Processes that send calls, each in a thread of its own."""

    def __init__(self, port: int, pool: ProcessPoolExecutor) -> None:
        self.port = port
        self._pool = pool

    def volley(self, calls: Sequence[Call]) -> list[Reply]:
        """Send all of them at once; the replies in the same order."""
        return in_order(self.send(calls))

    def send(self, calls: Sequence[Call]) -> list["Future[list[Reply]]"]:
        """Send all of them at once without waiting; process n has every fifth call from n on."""
        shares = [list(calls[first::PROCESSES]) for first in range(PROCESSES)]
        return [self._pool.submit(send, self.port, share) for share in shares if share]


def in_order(sent: Sequence["Future[list[Reply]]"]) -> list[Reply]:
    """The replies to calls that were sent, in the order of the calls."""
    shares = [share.result(PATIENCE) for share in sent]
    replies: list[Reply | None] = [None] * sum(map(len, shares))
    for first, share in enumerate(shares):
        replies[first::PROCESSES] = share
    return [reply for reply in replies if reply is not None]


@contextmanager
def writers(port: int) -> Iterator[Storm]:
    """Fresh processes, started and warm, so that nothing of the test's own state is shared."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        storm = Storm(port, pool)
        storm.volley([Call("", "GET", "/healthz")] * PROCESSES)
        yield storm


@dataclass
class Server:
    """The running service."""

    port: int
    process: "subprocess.Popen[bytes]"

    def workers(self) -> list[int]:
        """The ids of the serving processes."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children]

    def kill_a_worker(self, which: int) -> None:
        """End one without warning; the server starts another."""
        while not (workers := self.workers()):
            time.sleep(0.01)
        os.kill(workers[which % len(workers)], signal.SIGKILL)


@contextmanager
def serving(url: str, folder: Path) -> Iterator[Server]:
    """The application on a migrated database under gunicorn until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        "BOOKING_DATABASE_URL": url,
        "BOOKING_DATA_DIR": str(folder),
        "BOOKING_SECRET_KEY": KEY,
        "BOOKING_LOG_LEVEL": "ERROR",
        "BOOKING_RUNS_JOBS": "false",
    }
    command = [
        *(sys.executable, "-m", "gunicorn", "tests.storms.service:app", "--bind", f"127.0.0.1:{port}", "--preload"),
        *("--workers", str(SERVERS), "--threads", str(THREADS), "--worker-class", "gthread"),
        *("--log-level", "critical", "--keep-alive", "30", "--backlog", "1024"),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment})
    try:
        _wait_for(port)
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(port: int) -> None:
    """Until it answers."""
    for _ in range(300):
        try:
            if ask(port, Call("", "GET", "/healthz")).status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")
