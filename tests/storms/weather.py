"""Many writers at once, in processes of their own, against the real server in processes of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from booking.settings import ROOT
from tests.databases import KEY

PROCESSES, SERVERS, THREADS = 5, 2, 4
PATIENCE = 60


@dataclass(frozen=True)
class Call:
    """One request to the API."""

    token: str
    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True)
class Reply:
    """What came back; status 0 means that the connection broke."""

    status: int
    body: Mapping[str, Any]


class Storm:
    """Processes that send calls, each in a thread of its own."""

    def __init__(self, port: int, pool: ProcessPoolExecutor) -> None:
        self.port = port
        self._pool = pool

    def volley(self, calls: Sequence[Call]) -> list[Reply]:
        """Send all of them at once; the replies in the same order."""
        replies: list[Reply | None] = [None] * len(calls)
        for first, sent in enumerate(self.send(calls)):
            replies[first::PROCESSES] = sent.result(PATIENCE)
        return [reply for reply in replies if reply is not None]

    def send(self, calls: Sequence[Call]) -> list["Future[list[Reply]]"]:
        """Send all of them at once without waiting; process n has every fifth call from n on."""
        shares = [list(calls[first::PROCESSES]) for first in range(PROCESSES)]
        return [self._pool.submit(_send, self.port, share) for share in shares if share]


@contextmanager
def writers(port: int) -> Iterator[Storm]:
    """Fresh processes, so that nothing of the test's own state is shared."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        yield Storm(port, pool)


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
        workers = self.workers()
        if workers:
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
        *(sys.executable, "-m", "gunicorn", "app:create_app()", "--bind", f"127.0.0.1:{port}"),
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
            if _ask(port, Call("", "GET", "/healthz")).status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def _send(port: int, calls: Sequence[Call]) -> list[Reply]:
    """All calls of one process at once."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(lambda call: _patiently(port, call), calls))


def _patiently(port: int, call: Call) -> Reply:
    """The reply, or status 0 when the connection breaks."""
    try:
        return _ask(port, call)
    except (OSError, http.client.HTTPException):
        return Reply(0, {})


def _ask(port: int, call: Call) -> Reply:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    headers = {"Content-Type": "application/json"}
    if call.token:
        headers["Authorization"] = f"Bearer {call.token}"
    if call.key:
        headers["Idempotency-Key"] = call.key
    try:
        body = json.dumps(call.body) if call.method != "GET" else None
        connection.request(call.method, call.path, body, headers)
        response = connection.getresponse()
        text = response.read()
        is_json = "json" in (response.headers.get("Content-Type") or "")
        return Reply(response.status, json.loads(text) if text and is_json else {})
    finally:
        connection.close()
