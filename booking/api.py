"""The HTTP API: each feature's blueprint, and the document that describes them all."""

from flask import Flask

from booking.accounts import api as accounts
from booking.calendars import api as calendars
from booking.catalogue import api as catalogue
from booking.reservations import api as reservations
from booking.reservations import steward_api as stewards
from booking.search import api as search

BLUEPRINTS = (accounts.bp, search.bp, catalogue.bp, reservations.bp, stewards.bp, calendars.bp)


def init_api(app: Flask) -> None:
    """Register every API blueprint; a bearer token needs no CSRF token, a browser session does."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
