"""The terms of the report date as this service is set up."""

from flask import current_app

from booking.catalogue.report_queries import Terms
from booking.settings import Settings


def report_terms() -> Terms:
    """Working days to report in, and to remind before, from the settings."""
    settings: Settings = current_app.config["SETTINGS"]
    return Terms(settings.report_working_days, settings.report_reminder_days)
