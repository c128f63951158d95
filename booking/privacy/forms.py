"""What is sent about one's own data: agreeing to a text, and erasing an account."""

from datetime import date
from typing import Annotated

from pydantic import Field

from booking.accounts.forms import KnownPassword
from booking.accounts.grant_forms import Successors
from booking.core.forms import FilledLine, Form, Line
from booking.core.pages import LARGEST_PAGE


class ConsentForm(Form):
    """Which version of the text somebody agrees to."""

    version: date


class SightingsQuery(Form):
    """Which looks at one's own data."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=200)] = ""


class EraseMeForm(Form):
    """The password once more."""

    current_password: KnownPassword


class EraseForm(Form):
    """Why somebody else's account is erased, as they asked, and by grant the address of who takes it over."""

    reason: Annotated[FilledLine, Field(max_length=300)]
    successors: Successors = Field(default_factory=dict)


class ErasePage(EraseForm):
    """The same with the person's address typed once more."""

    confirmation: Annotated[Line, Field(max_length=254)] = ""
