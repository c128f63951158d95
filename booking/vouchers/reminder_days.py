"""How many days before the last day of a voucher is told of it, from the settings of the running application."""

from flask import current_app

from booking.settings import Settings


def reminder_days() -> tuple[int, ...]:
    """So many days before each deadline, in no order."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.voucher_reminder_days
