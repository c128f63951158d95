"""One line and one count per request, after it was answered."""

import time

import structlog
from flask import Flask, Response, g, request

from booking.operations.metrics import count_request

log = structlog.get_logger()

WATCHERS = frozenset({"health.healthz", "health.readyz", "metrics.show"})
UNKNOWN = "unknown"


def init_noting(app: Flask) -> None:
    """Start the clock first and stop it last."""
    app.before_request(_start)
    app.after_request(_note)


def _start() -> None:
    """The moment it began."""
    g.began = time.perf_counter()


def _note(response: Response) -> Response:
    """Method, route, status, time and who; never the address itself, which may hold a secret."""
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    endpoint = request.endpoint or UNKNOWN
    response.headers["X-Request-ID"] = g.get("request_id", "")
    count_request(endpoint, request.method, response.status_code, seconds)
    actor = g.get("actor")
    write = log.debug if endpoint in WATCHERS or endpoint.startswith("static_files.") else log.info
    write(
        "request",
        method=request.method,
        route=str(request.url_rule or UNKNOWN),
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        user=actor.id if actor else None,
        request_id=g.get("request_id", ""),
    )
    return response
