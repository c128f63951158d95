"""What the writing processes run: requests of their own, on nothing but the standard library."""

import http.client
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

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


def send(port: int, calls: Sequence[Call]) -> list[Reply]:
    """All calls of one process at once."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(lambda call: _patiently(port, call), calls))


def _patiently(port: int, call: Call) -> Reply:
    """The reply, or status 0 when the connection breaks."""
    try:
        return ask(port, call)
    except (OSError, http.client.HTTPException):
        return Reply(0, {})


def ask(port: int, call: Call) -> Reply:
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
