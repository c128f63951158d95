"""Answers for whoever watches the service."""

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from booking.core.clock import utcnow
from booking.operations.backup_age import backup_age
from booking.operations.starting import is_at_head
from booking.settings import Settings
from booking.web.extensions import db, reading

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers; asks nothing of the database."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> Response:
    """200 when the database answers and every migration has run, else 503; also whether the last backup is old."""
    backup = "unknown"
    try:
        database, migrations = "ok", "ok" if is_at_head(db.engine) else "pending"
        if migrations == "ok":
            backup = _backup()
    except SQLAlchemyError:
        database, migrations = "unreachable", "unknown"
    is_ready = (database, migrations) == ("ok", "ok")
    status = "ok" if is_ready else "unavailable"
    response = jsonify(status=status, database=database, migrations=migrations, backup=backup)
    response.status_code = 200 if is_ready else 503
    return response


def _backup() -> str:
    """How the last backup stands; it never makes the service unready."""
    settings: Settings = current_app.config["SETTINGS"]
    found = backup_age(reading(), settings.backup_warn_hours, now=utcnow())
    db.session.remove()
    return found.freshness.value
