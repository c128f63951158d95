"""The accounts of the HTTP API."""

from flask import Blueprint

bp = Blueprint("accounts_api", __name__, url_prefix="/api/v1")
