"""Which text on people's data is in force here: the operator's own, or the shipped one."""

from datetime import date

from flask import current_app

from booking.accounts.consents import VERSION
from booking.core.operator_text import OperatorText


def own_text() -> OperatorText | None:
    """The operator's own text, read at start; None where the shipped one is in force."""
    found: OperatorText | None = current_app.config["PRIVACY_TEXT"]
    return found


def version_in_force() -> date:
    """The version people are asked to agree to."""
    text = own_text()
    return text.version if text else VERSION
