"""The calendars of the HTTP API."""

from flask import Blueprint

bp = Blueprint("calendars_api", __name__, url_prefix="/api/v1")
