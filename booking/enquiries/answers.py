"""Enquiries and public answers as the API says them."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from pydantic import BaseModel

from booking.attachments.answers import AttachmentAnswer, attachment_answer
from booking.enquiries.queries import Thread
from models.attachments import Attachment
from models.enquiries import Enquiry, EnquiryMessage, FaqEntry
from models.vocabulary.enquiries import EnquiryState, WishState
from models.vocabulary.reservations import ReservationMode


class EnquirySummary(BaseModel):
    """An enquiry in a list; `due_at` stands while the staff must answer, an agreed time became `reservation_id`."""

    id: int
    version: int
    instrument_id: int
    instrument: str
    instrument_en: str
    asked_by: str
    sample: str
    purpose: str
    mode: ReservationMode | None
    state: EnquiryState
    wish_state: WishState | None
    agreed_starts_at: datetime | None
    agreed_ends_at: datetime | None
    reservation_id: int | None
    asked_at: datetime
    changed_at: datetime
    due_at: datetime | None


class EnquiryList(BaseModel):
    """A page of enquiries."""

    items: list[EnquirySummary]
    next_cursor: str | None


class MessageAnswer(BaseModel):
    """What one side wrote; the text is empty once it is `withdrawn_at`.

    With `removed_file`, why the staff took that file away.
    """

    id: int
    author: str
    is_staff: bool
    text: str
    removed_file: str
    written_at: datetime
    withdrawn_at: datetime | None


class WishedPeriodAnswer(BaseModel):
    """A time that was wished for, or offered by the owner."""

    id: int
    starts_at: datetime
    ends_at: datetime
    is_offer: bool


class EnquiryAnswer(EnquirySummary):
    """The whole thread."""

    messages: list[MessageAnswer]
    periods: list[WishedPeriodAnswer]
    attachments: list[AttachmentAnswer]


class FaqAnswer(BaseModel):
    """A question and answer; `taken_back_at` is when the asker took the question back, and it went off the page."""

    id: int
    version: int
    position: int
    question_zh: str
    question_en: str
    answer_zh: str
    answer_en: str
    taken_back_at: datetime | None


class FaqList(BaseModel):
    """The public questions and answers of an instrument in order."""

    items: list[FaqAnswer]
    next_cursor: None = None


def enquiry_summary(enquiry: Enquiry) -> EnquirySummary:
    """An enquiry in a list."""
    return EnquirySummary(**_plain(enquiry))


def enquiry_answer(thread: Thread, address: Callable[[Attachment, int], str]) -> EnquiryAnswer:
    """The whole thread; `address` says where a file is."""
    return EnquiryAnswer(
        **_plain(thread.enquiry),
        messages=[_message(one) for one in thread.messages],
        periods=[
            WishedPeriodAnswer(id=p.id, starts_at=p.starts_at, ends_at=p.ends_at, is_offer=p.is_offer)
            for p in thread.periods
        ],
        attachments=[attachment_answer(one, partial(address, one)) for one in thread.files],
    )


def _message(message: EnquiryMessage) -> MessageAnswer:
    """What one side wrote."""
    same = {name: getattr(message, name) for name in MessageAnswer.model_fields if name != "author"}
    return MessageAnswer(author=message.author.name, **same)


def faq_answer(entry: FaqEntry) -> FaqAnswer:
    """A public entry."""
    return FaqAnswer(**{name: getattr(entry, name) for name in FaqAnswer.model_fields})


def _plain(enquiry: Enquiry) -> dict[str, object]:
    """What a list says of an enquiry."""
    named = {"instrument", "instrument_en", "asked_by"}
    found = {name: getattr(enquiry, name) for name in EnquirySummary.model_fields if name not in named}
    instrument = enquiry.instrument
    return found | {
        "instrument": instrument.name_zh or instrument.name_en,
        "instrument_en": instrument.name_en,
        "asked_by": enquiry.asked_by.name,
    }
