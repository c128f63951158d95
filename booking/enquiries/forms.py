"""What people write: questions, wishes, messages, answers and public entries."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from booking.core.forms import Blank, Form, Line, Moment, PageForm, Text
from booking.core.pages import LARGEST_PAGE
from booking.core.period import Period
from models.vocabulary.enquiries import EnquiryState, WishAnswer
from models.vocabulary.reservations import ReservationMode

MOST_PERIODS = 5
LARGEST_ID = 2**31 - 1

Written = Annotated[Text, Field(min_length=1, max_length=4000)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class PeriodForm(Form):
    """A time that somebody could take."""

    starts_at: Moment
    ends_at: Moment

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise PydanticCustomError("period_order", "period order")
        return self

    @property
    def period(self) -> Period:
        """The time itself."""
        return Period(self.starts_at, self.ends_at)


class EnquiryForm(Form):
    """A question; with `periods` it is a wish for one of these times."""

    text: Written
    sample: Annotated[Line, Field(max_length=300)] = ""
    purpose: Annotated[Line, Field(max_length=600)] = ""
    mode: Annotated[ReservationMode | None, Blank] = None
    periods: Annotated[list[PeriodForm], Field(default_factory=list, max_length=MOST_PERIODS)]


class MessageForm(Form):
    """What one side writes."""

    text: Written


class WishAnswerForm(Form):
    """The owner's answer: `period_id` of what is accepted, or the time that is offered; a `message` with a no.

    `override_reason` sets rules of the instrument aside for the time that is accepted or offered.
    """

    answer: WishAnswer
    period_id: Annotated[Id | None, Blank] = None
    starts_at: Annotated[Moment | None, Blank] = None
    ends_at: Annotated[Moment | None, Blank] = None
    message: Annotated[Text, Field(max_length=4000)] = ""
    override_reason: Annotated[Line, Field(max_length=600)] = ""


class OfferForm(Form):
    """Whether the asker takes the time that the owner offers."""

    accepts: bool
    message: Annotated[Text, Field(max_length=4000)] = ""


class FaqForm(Form):
    """A question and its answer, in one language at least."""

    question_zh: Annotated[Line, Field(max_length=300)] = ""
    question_en: Annotated[Line, Field(max_length=600)] = ""
    answer_zh: Annotated[Text, Field(max_length=2000)] = ""
    answer_en: Annotated[Text, Field(max_length=4000)] = ""


class NewFaq(FaqForm):
    """A public entry, and from which enquiry it was made, if it was.

    `enquiry_version` is the version of the enquiry that was read; it is needed once words of it were withdrawn.
    """

    enquiry_id: Annotated[Id | None, Blank] = None
    enquiry_version: Annotated[Id | None, Blank] = None


class FaqChanges(FaqForm):
    """What may change of an entry; `position` counts from 1."""

    position: Annotated[int, Field(ge=1, le=1000)] = 1


class EnquiryPage(EnquiryForm, PageForm):
    """The form of a question or wish."""


class MessagePage(MessageForm, PageForm):
    """The form of a message."""


class WishAnswerPage(WishAnswerForm, PageForm):
    """The form of an answer to a wish."""


class OfferPage(OfferForm, PageForm):
    """The form that takes or declines an offered time."""


class NewFaqPage(NewFaq, PageForm):
    """The form of a new public entry."""


class FaqPage(FaqForm, PageForm):
    """The form of a public entry."""

    version: Annotated[int | None, Blank] = None


class FaqMove(PageForm):
    """How far an entry moves; −1 is one up."""

    places: Annotated[int, Field(ge=-200, le=200)]


class EnquiriesQuery(Form):
    """Which enquiries: one's own, or with `staffed` those of the instruments one works for."""

    staffed: bool = False
    state: EnquiryState | None = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = 50
    cursor: Annotated[str, Field(max_length=200)] = ""


class EnquiriesPage(PageForm):
    """Which part of a list of enquiries a page shows."""

    state: Annotated[EnquiryState | None, Blank] = None
    cursor: Annotated[str, Field(max_length=200)] = ""
