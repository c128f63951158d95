"""Reading who may not book, where and until when, from outside; pages and the API share it."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from booking.accounts.forms import KnownEmail
from booking.core.actors import Target
from booking.core.clock import at_local
from booking.core.forms import Blank, Form, Line, Moment, NearDay, PageForm
from booking.reservations.forms import Id, Why


class SuspensionForm(Form):
    """Who may not book an instrument, or anything of an organisation, until when, and why."""

    email: KnownEmail
    instrument_id: Id | None = None
    organisation_id: Id | None = None
    until: Moment
    reason: Why

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.instrument_id is None) == (self.organisation_id is None):
            raise PydanticCustomError("suspension_scope", "suspension scope")
        return self

    @property
    def where(self) -> Target:
        """What is named, as a value."""
        return Target(self.organisation_id, instrument_id=self.instrument_id)


class SuspensionPage(PageForm):
    """The same as the page sends it: `place` names what, `last_day` is local and inclusive."""

    email: KnownEmail
    place: Annotated[Line, StringConstraints(pattern=r"^(instrument|organisation):[0-9]{1,9}$")]
    last_day: NearDay
    reason: Why

    @property
    def where(self) -> Target:
        """What is named, as a value."""
        kind, _, number = self.place.partition(":")
        return Target(**{f"{kind}_id": int(number)})

    @property
    def until(self) -> datetime:
        """The midnight after the last day."""
        return at_local(self.last_day, 1440)


class SuspensionsAsked(PageForm):
    """For which instrument, or after which reservation, the page of suspensions is opened."""

    instrument: Annotated[Id | None, Blank] = None
    reservation: Annotated[Id | None, Blank] = None


class SuspensionsQuery(Form):
    """`GET /suspensions`: those one looks after, or with `mine=1` those of oneself."""

    mine: bool = False
