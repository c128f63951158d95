"""What is read when somebody makes a feed."""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from booking.core.forms import Blank, Form, Line
from models.vocabulary.calendars import FeedScope


class FeedForm(Form):
    """A wish for a feed: `id` names the instrument when the scope is one."""

    scope: FeedScope = FeedScope.MINE
    id: Annotated[Annotated[int, Field(ge=1, le=2**31 - 1)] | None, Blank] = None
    name: Annotated[Line, Field(max_length=80)] = ""

    @model_validator(mode="after")
    def _names_its_scope(self) -> "FeedForm":
        """An instrument's feed names the instrument; one's own bookings name none."""
        if (self.scope == FeedScope.INSTRUMENT) != (self.id is not None):
            raise PydanticCustomError("feed_scope", "feed scope")
        return self
