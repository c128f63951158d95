"""Numbers for Prometheus, added up over all serving processes of this node."""

import hmac
import os
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from booking.core.clock import utcnow
from booking.core.errors import Forbidden, Refused
from booking.core.texts import N_
from booking.notifications import queries
from booking.operations.backup_age import Freshness, backup_age
from booking.operations.loopback import comes_from_here
from booking.settings import Settings
from booking.web.extensions import db, reading

bp = Blueprint("metrics", __name__)

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class TokenNeeded(Refused):
    """The numbers are for whoever has the token; nobody is sent to sign in for them."""

    status = 401
    code = "token_needed"
    sentence = N_("访问令牌无效、已过期或已撤销。")


@dataclass(frozen=True, slots=True)
class Metrics:
    """What is counted in this process."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram
    job_runs: Counter


def init_metrics(app: Flask) -> None:
    """Make the counters of this application and serve them."""
    registry = CollectorRegistry()
    app.extensions["metrics"] = Metrics(
        registry,
        Counter("chuanyu_requests", "Requests answered", ("endpoint", "method", "status"), registry=registry),
        Histogram("chuanyu_request_seconds", "Time to answer", ("endpoint",), buckets=BUCKETS, registry=registry),
        Counter("chuanyu_job_runs", "Runs of the timetable", ("job", "outcome"), registry=registry),
    )
    app.register_blueprint(bp)


def count_request(endpoint: str, method: str, status: int, seconds: float) -> None:
    """One more request."""
    metrics = _metrics()
    metrics.requests.labels(endpoint, method, str(status)).inc()
    metrics.seconds.labels(endpoint).observe(seconds)


def count_run(job: str, outcome: str) -> None:
    """One more run of a job."""
    _metrics().job_runs.labels(job, outcome).inc()


@bp.get("/metrics")
def show() -> Response:
    """All numbers, for this machine or whoever has the token."""
    _require_access(current_app.config["SETTINGS"])
    shared = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    else:
        shared = _metrics().registry
    return Response(generate_latest(shared) + generate_latest(_present_state()), content_type=CONTENT_TYPE_LATEST)


def _require_access(settings: Settings) -> None:
    """The token when there is one, else this machine; raises TokenNeeded or Forbidden."""
    if settings.metrics_token:
        given = request.authorization.token if request.authorization else None
        if not hmac.compare_digest((given or "").encode(), settings.metrics_token.encode()):
            raise TokenNeeded
    elif not comes_from_here():
        raise Forbidden


def _present_state() -> CollectorRegistry:
    """What the database says now: how much waits to be posted, and of when the last backup is."""
    registry = CollectorRegistry()
    settings: Settings = current_app.config["SETTINGS"]
    depth = queries.depth(reading(), now=utcnow())
    backup = backup_age(reading(), settings.backup_warn_hours, now=utcnow())
    made_at = backup.last.made_at.timestamp() if backup.last else 0
    db.session.remove()
    last = Gauge("chuanyu_last_backup_timestamp_seconds", "Moment of the last backup, 0 for none", registry=registry)
    last.set(made_at)
    is_old = Gauge("chuanyu_backup_is_old", "1 when there is no backup or it is old", registry=registry)
    is_old.set(backup.freshness != Freshness.OK)
    waiting = Gauge("chuanyu_outbox", "Events and mails not finished", ("kind", "state"), registry=registry)
    waiting.labels("event", "waiting").set(depth.waiting_events)
    waiting.labels("event", "set_aside").set(depth.set_aside_events)
    waiting.labels("mail", "queued").set(depth.queued_mails)
    waiting.labels("mail", "set_aside").set(depth.set_aside_mails)
    return registry


def _metrics() -> Metrics:
    """The counters of this application."""
    metrics: Metrics = current_app.extensions["metrics"]
    return metrics
