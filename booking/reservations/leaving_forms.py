"""What is read from outside when somebody leaves: whose it is, which bookings, to whom, and why."""

from typing import Annotated

from pydantic import Field

from booking.accounts.forms import KnownEmail
from booking.accounts.grant_forms import DepartureForm, Successors
from booking.core.forms import Form, PageForm, Text
from booking.core.pages import LARGEST_PAGE

Ids = Annotated[list[Annotated[int, Field(ge=1, lt=2**31)]], Field(min_length=1, max_length=200)]
Reason = Annotated[Text, Field(min_length=1, max_length=600)]


class HandOverForm(Form):
    """Bookings that somebody else takes over, by address."""

    reservation_ids: Ids
    email: KnownEmail = Field(min_length=1)
    reason: Reason


class CancelBookingsForm(Form):
    """Bookings to cancel."""

    reservation_ids: Ids
    reason: Reason


class LeavingForm(DepartureForm):
    """Somebody leaves; by team, also the address of who leads it from now on."""

    leads: Successors = Field(default_factory=dict)


class ComingQuery(Form):
    """Which part of the bookings still to come."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = LARGEST_PAGE
    cursor: Annotated[str, Field(max_length=200)] = ""


class ComingPage(PageForm):
    """Which part of the bookings a page shows."""

    cursor: Annotated[str, Field(max_length=200)] = ""


class WhoForm(PageForm):
    """Whose leaving is looked at."""

    email: KnownEmail = Field(min_length=1)
