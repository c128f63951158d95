"""Two real servers and the same clients for both; figures are ratios within one run.

Servers are gunicorn gthread, 2 processes × 4 threads, on loopback. Clients are processes that send
prepared HTTP/1.1 requests over kept-alive sockets and read whole answers, so that they cost little. A process takes
no more connections than its share and one: else the first to accept keeps nearly all of them, and the other idles.
"""

import os
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKERS, THREADS, CLIENTS = 2, 4, 16


@dataclass
class Result:
    """What one load gave: answers per second, milliseconds per answer, and statuses."""

    rate: float
    p50: float
    p99: float
    statuses: Counter[int] = field(default_factory=Counter)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(application: str, **environment: str) -> Iterator[int]:
    """Serve `module:factory()` until the block ends; the port."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}"),
        *("--workers", str(WORKERS), "--threads", str(THREADS), "--worker-class", "gthread"),
        *("--log-level", "error", "--keep-alive", "30", "--backlog", "1024"),
        *("--worker-connections", str(CLIENTS // WORKERS + 1)),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment})
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def request_bytes(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """One HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def load(port: int, requests_of: Callable[[int], list[bytes]], *, clients: int = CLIENTS) -> Result:
    """Send each client's requests one after the other, all clients at once."""
    with ProcessPoolExecutor(clients) as pool:
        started = time.time() + 1.0
        outcomes = list(pool.map(_client, [port] * clients, map(requests_of, range(clients)), [started] * clients))
    times = [duration for outcome in outcomes for duration in outcome[0]]
    seconds = max(outcome[2] for outcome in outcomes) - started
    statuses: Counter[int] = Counter()
    for outcome in outcomes:
        statuses.update(outcome[1])
    cuts = statistics.quantiles(times, n=100)
    return Result(len(times) / seconds, cuts[49] * 1000, cuts[98] * 1000, statuses)


def hello_rate(requests: int = 1000) -> Result:
    """The yardstick in the same run."""
    with served("benchmarks.hello:create_app()") as port:
        load(port, lambda _client: [request_bytes("GET", "/")] * 100)
        return load(port, lambda _client: [request_bytes("GET", "/")] * requests)


def report(name: str, result: Result, yardstick: Result, target: float | None = None) -> None:
    """One line: rate, ratio to the yardstick, times, and the target if there is one."""
    ratio = result.rate / yardstick.rate
    wanted = f" (target {target:g}: {'met' if ratio >= target else 'MISSED'})" if target else ""
    print(
        f"{name:<46} {result.rate:8.0f} req/s   {ratio:6.3f} of hello{wanted}   "
        f"p50 {result.p50:.1f} ms  p99 {result.p99:.1f} ms  {dict(result.statuses)}",
        flush=True,
    )


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Until the port answers; raises RuntimeError when the server ends instead."""
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not answer")


def _client(port: int, requests: list[bytes], starts: float) -> tuple[list[float], Counter[int], float]:
    """Durations in seconds, statuses, and when the last answer came."""
    durations: list[float] = []
    statuses: Counter[int] = Counter()
    connection = _Connection(port)
    time.sleep(max(0.0, starts - time.time()))
    for request in requests:
        began = time.perf_counter()
        statuses[connection.ask(request)] += 1
        durations.append(time.perf_counter() - began)
    return durations, statuses, time.time()


class _Connection:
    """A kept-alive socket that is opened again when the server closes it."""

    def __init__(self, port: int) -> None:
        """Remember where to."""
        self.port = port
        self.socket: socket.socket | None = None

    def ask(self, request: bytes) -> int:
        """Send and read one whole answer; its status."""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        head, rest = self._head()
        status = int(head[9:12])
        self._read_rest(head, rest, status)
        return status

    def _head(self) -> tuple[bytes, bytes]:
        """Everything up to the blank line, and what came behind it."""
        assert self.socket
        data = b""
        while b"\r\n\r\n" not in data:
            part = self.socket.recv(65536)
            if not part:
                raise RuntimeError("the server closed the connection")
            data += part
        head, _, rest = data.partition(b"\r\n\r\n")
        return head, rest

    def _read_rest(self, head: bytes, rest: bytes, status: int) -> None:
        """The body by its length; close when the server says so."""
        assert self.socket
        lowered = head.lower()
        length = 0
        if status not in {204, 304} and b"content-length:" in lowered:
            length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0])
        missing = length - len(rest)
        while missing > 0:
            missing -= len(self.socket.recv(min(missing, 1 << 20)))
        if b"connection: close" in lowered:
            self.socket.close()
            self.socket = None


def new_key() -> str:
    """A fresh random word."""
    return secrets.token_urlsafe(12)
