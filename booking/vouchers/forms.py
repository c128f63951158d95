"""What is read from outside about vouchers."""

from typing import Annotated

from pydantic import Field

from booking.core.forms import FilledLine, Form, PageForm


class ReasonForm(Form):
    """Why an authority does something with a voucher."""

    reason: Annotated[FilledLine, Field(max_length=300)]


class ReasonPage(ReasonForm, PageForm):
    """The same as a page sends it."""
