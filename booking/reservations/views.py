"""The pages of reservations."""

from flask import Blueprint

bp = Blueprint("reservations", __name__)
