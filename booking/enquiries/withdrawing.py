"""Whoever asked takes their words and files back: a message keeps its place, what was made public of it goes."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.attachments import service as attachments
from booking.attachments.queries import Owner, attachment_for
from booking.core.actors import Actor
from booking.core.errors import Forbidden, NotFound
from booking.enquiries.faq import take_back
from booking.enquiries.queries import ALL_FILES
from booking.enquiries.rules import OWED_AN_ANSWER
from booking.enquiries.service import is_asker, lock
from booking.notifications.service import announce
from models.attachments import Attachment
from models.enquiries import Enquiry, EnquiryMessage
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.enquiries import EnquiryState


def withdraw_message(
    session: Session, enquiry_id: int, message_id: int, *, actor: Actor, now: datetime
) -> EnquiryMessage:
    """Delete what one wrote oneself as the asker; asking again changes nothing.

    Sample and purpose go with the first message. Public answers made from the thread are taken off, and a thread in
    which nothing is asked any more is closed. Raises NotFound, or Forbidden for what somebody else wrote.
    """
    enquiry = _own(session, enquiry_id, actor)
    message = session.get(EnquiryMessage, message_id)
    if message is None or message.enquiry_id != enquiry_id:
        raise NotFound
    if message.author_id != actor.id or message.is_staff:
        raise Forbidden
    if message.withdrawn_at is not None:
        return message
    message.text, message.withdrawn_at = "", now
    asked = _asked(session, enquiry_id)
    if message.id == asked[0].id:
        enquiry.sample = enquiry.purpose = ""
    _close_when_empty(enquiry, asked)
    taken_back = take_back(session, [enquiry_id], actor=actor, now=now)
    enquiry.version += 1
    session.flush()
    after = {"message_id": message_id, "faq_removed": taken_back}
    audit.note(session, "enquiries.withdrawn", ("enquiry", enquiry_id), actor=actor, now=now, after=after)
    payload = {"enquiry_id": enquiry_id, "actor_id": actor.id, "faq_removed": taken_back}
    announce(session, "enquiries.withdrawn", payload, now=now)
    return message


def withdraw_file(session: Session, enquiry_id: int, attachment_id: int, *, actor: Actor, now: datetime) -> Enquiry:
    """Delete a file that one sent oneself as the asker; raises NotFound, or Forbidden for another's."""
    enquiry = _own(session, enquiry_id, actor)
    found = attachment_for(session, OwnerKind.ENQUIRY, enquiry_id, attachment_id, ALL_FILES)
    if found.uploaded_by_id != actor.id:
        raise Forbidden
    owner = Owner(OwnerKind.ENQUIRY, enquiry_id, found.organisation_id)
    attachments.remove_attachment(session, owner, attachment_id, actor=actor, now=now)
    enquiry.version += 1
    return enquiry


def withdraw_everything(session: Session, user_id: int, *, actor: Actor, now: datetime) -> None:
    """Delete all that somebody asked, with their files and what was made public of it; open threads are closed."""
    enquiries = session.scalars(select(Enquiry).where(Enquiry.asked_by_id == user_id).with_for_update()).all()
    ids = [enquiry.id for enquiry in enquiries]
    for enquiry in enquiries:
        enquiry.sample = enquiry.purpose = ""
        enquiry.state, enquiry.due_at = EnquiryState.CLOSED, None
        enquiry.version += 1
    own = EnquiryMessage.enquiry_id.in_(ids), EnquiryMessage.author_id == user_id
    for message in session.scalars(select(EnquiryMessage).where(*own, EnquiryMessage.withdrawn_at.is_(None))).all():
        message.text, message.withdrawn_at = "", now
    take_back(session, ids, actor=actor, now=now)
    sent = Attachment.owner_kind == OwnerKind.ENQUIRY, Attachment.uploaded_by_id == user_id
    for file in session.scalars(select(Attachment).where(*sent, Attachment.owner_id.in_(ids))).all():
        owner = Owner(OwnerKind.ENQUIRY, file.owner_id, file.organisation_id)
        attachments.remove_attachment(session, owner, file.id, actor=actor, now=now)
    session.flush()


def _own(session: Session, enquiry_id: int, actor: Actor) -> Enquiry:
    """The enquiry, locked, for who asked; raises NotFound, or Forbidden for the staff."""
    enquiry = lock(session, enquiry_id, actor=actor)
    if not is_asker(enquiry, actor):
        raise Forbidden
    return enquiry


def _asked(session: Session, enquiry_id: int) -> list[EnquiryMessage]:
    """The asker's messages, the first first."""
    asked = EnquiryMessage.enquiry_id == enquiry_id, EnquiryMessage.is_staff.is_(False)
    return list(session.scalars(select(EnquiryMessage).where(*asked).order_by(EnquiryMessage.id)))


def _close_when_empty(enquiry: Enquiry, asked: list[EnquiryMessage]) -> None:
    """Nobody owes an answer where nothing is asked any more; a wish for time still waits for one."""
    is_empty = all(message.withdrawn_at is not None for message in asked)
    if is_empty and enquiry.state == EnquiryState.WAITING and enquiry.wish_state not in OWED_AN_ANSWER:
        enquiry.state, enquiry.due_at = EnquiryState.CLOSED, None
