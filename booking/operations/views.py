"""The pages of operations."""

from flask import Blueprint

bp = Blueprint("operations", __name__)
