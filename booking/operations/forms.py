"""What the pages of operations read."""

from typing import Annotated

from pydantic import Field

from booking.core.forms import Form, Moment, PageForm
from booking.core.pages import LARGEST_PAGE
from models.vocabulary.notifications import MailState

LARGEST_ID = 2**31 - 1


class MailboxPage(PageForm):
    """Which part of the mailbox: mails older than one."""

    before: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None


class EventList(Form):
    """Which part of the events that were set aside."""

    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


class MailList(EventList):
    """Which mails, and which part of them."""

    state: MailState | None = None


class RunDueForm(Form):
    """The moment that `jobs run-due` takes for now."""

    now: Moment
