"""The reservations of the HTTP API."""

from flask import Blueprint

bp = Blueprint("reservations_api", __name__, url_prefix="/api/v1")
