"""What is sent about one's own data: agreeing to a text, and erasing an account."""

from datetime import date
from typing import Annotated

from pydantic import Field

from booking.accounts.forms import KnownPassword
from booking.core.forms import FilledLine, Form


class ConsentForm(Form):
    """Which version of the text somebody agrees to."""

    version: date


class EraseMeForm(Form):
    """The password once more."""

    current_password: KnownPassword


class EraseForm(Form):
    """Why somebody else's account is erased, as they asked."""

    reason: Annotated[FilledLine, Field(max_length=300)]
