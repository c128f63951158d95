"""What is sent about one's own data."""

from datetime import date

from booking.core.forms import Form


class ConsentForm(Form):
    """Which version of the text somebody agrees to."""

    version: date
