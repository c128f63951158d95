"""Enquiries in the world: a question and a wish at us, a question at the others; what is written is a marker."""

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from booking.attachments.preparing import Uploaded, prepare
from booking.enquiries.faq import add_faq
from booking.enquiries.forms import EnquiryForm, FaqForm, PeriodForm, WishAnswerForm
from booking.enquiries.queries import periods_of
from booking.enquiries.service import ask
from booking.enquiries.wishes import answer_wish
from models.attachments import Attachment
from models.catalogue import Instrument
from models.directory import Organisation
from models.enquiries import EnquiryMessage
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.catalogue import BookingMode
from models.vocabulary.enquiries import WishAnswer
from tests.factories.instruments import make_instrument
from tests.factories.pictures import photo
from tests.house.worlds_attachments import LIMITS

if TYPE_CHECKING:
    from tests.house.worlds import Builder


def add_enquiries(builder: "Builder", staff: frozenset[str], their_staff: frozenset[str]) -> None:
    """The holder asks with a photo and wishes for time; their holder asks at theirs; each side has a public answer."""
    session, names, asker = builder.session, builder.world.names, frozenset({"holder"})
    published = session.get_one(Instrument, names["published"])
    on_request = make_instrument(
        session,
        session.get_one(Organisation, published.organisation_id),
        unit_id=published.unit_id,
        name_zh="离子研磨仪",
        name_en="Ion mill",
        booking_mode=BookingMode.ON_REQUEST,
    )
    builder.keep("on_request", on_request)
    times = [PeriodForm(starts_at=p.start, ends_at=p.end) for p in (builder.at(5, 10), builder.at(6, 10))]
    _ask(builder, "question", "published", "holder", readers=staff | asker, times=[])
    _ask(builder, "wish", "on_request", "holder", readers=staff - {"steward"} | asker, times=times)
    _ask(builder, "offered", "on_request", "holder", readers=staff - {"steward"} | asker, times=times)
    _ask(builder, "their_question", "their_published", "their_holder", readers=their_staff | {"their_holder"}, times=[])
    later = builder.at(7, 10)
    offer = WishAnswerForm(answer=WishAnswer.OFFER, starts_at=later.start, ends_at=later.end)
    answer_wish(session, names["offered"], offer, actor=builder.actor("admin"), now=builder.now)
    builder.world.names["wished_period"] = periods_of(session, names["wish"])[0].id
    for side, key in (("", "steward"), ("their_", "their_steward")):
        form = FaqForm(question_zh="能做粉末吗？", answer_zh="能，须干燥。")
        made = add_faq(session, names[f"{side}published"], form, actor=builder.actor(key), now=builder.now)
        builder.keep(f"{side}faq", made)
    session.commit()


def _ask(
    builder: "Builder", name: str, record: str, key: str, *, readers: frozenset[str], times: list[PeriodForm]
) -> None:
    """One enquiry with a file, a day before; its words are markers."""
    word = builder.mark(f"asked_{name}", readers)
    form = EnquiryForm(text=word, sample=word, purpose=word, periods=times)
    files, before = prepare([Uploaded(f"{word}.jpg", photo())], LIMITS), builder.now - timedelta(minutes=5)
    who = builder.actor(key)
    instrument_id = builder.world.names[record]
    made = ask(builder.session, instrument_id, form, files, LIMITS, days=2, actor=who, now=before)
    builder.keep(name, made)
    builder.keep(f"{name}_file", _file_of(builder, made.id))
    first = select(EnquiryMessage).where(EnquiryMessage.enquiry_id == made.id).order_by(EnquiryMessage.id)
    builder.keep(f"{name}_message", builder.session.scalars(first.limit(1)).one())


def _file_of(builder: "Builder", enquiry_id: int) -> Attachment:
    """The one file of a thread."""
    owned = (Attachment.owner_kind == OwnerKind.ENQUIRY, Attachment.owner_id == enquiry_id)
    return builder.session.scalars(select(Attachment).where(*owned)).one()
