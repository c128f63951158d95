"""How long people have for uses and charges, as this service is set up."""

from flask import current_app

from booking.charges.windows import Windows
from booking.settings import Settings


def windows() -> Windows:
    """All windows from the settings."""
    settings: Settings = current_app.config["SETTINGS"]
    return Windows(settings.charge_accept_days, settings.use_confirm_days, settings.result_accept_days)
