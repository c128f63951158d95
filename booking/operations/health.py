"""Answers for whoever watches the service."""

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from booking.operations.starting import is_at_head
from booking.web.extensions import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """The process answers; asks nothing of the database."""
    return jsonify(status="ok")


@bp.get("/readyz")
def readyz() -> Response:
    """200 when the database answers and every migration has run, else 503."""
    try:
        database, migrations = "ok", "ok" if is_at_head(db.engine) else "pending"
    except SQLAlchemyError:
        database, migrations = "unreachable", "unknown"
    is_ready = (database, migrations) == ("ok", "ok")
    response = jsonify(status="ok" if is_ready else "unavailable", database=database, migrations=migrations)
    response.status_code = 200 if is_ready else 503
    return response
