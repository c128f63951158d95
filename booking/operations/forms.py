"""What the pages of operations read."""

from typing import Annotated

from pydantic import Field

from booking.core.forms import Form, Moment, PageForm

LARGEST_ID = 2**31 - 1


class MailboxPage(PageForm):
    """Which part of the mailbox: mails older than one."""

    before: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None


class RunDueForm(Form):
    """The moment that `jobs run-due` takes for now."""

    now: Moment
