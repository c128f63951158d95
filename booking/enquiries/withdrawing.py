"""Whoever asked takes their words and files back: a message keeps its place, what was made public of it goes."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.attachments import service as attachments
from booking.attachments.queries import Owner, attachment_for
from booking.core.actors import Actor
from booking.core.errors import Forbidden, NotFound
from booking.enquiries.faq import take_back
from booking.enquiries.queries import ALL_FILES
from booking.enquiries.rules import OWED_AN_ANSWER
from booking.enquiries.service import is_asker, lock
from booking.notifications.service import announce, announce_all
from models.enquiries import Enquiry, EnquiryMessage, FaqEntry
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.enquiries import OPEN_WISHES, EnquiryState, WishState


def withdraw_message(
    session: Session, enquiry_id: int, message_id: int, *, actor: Actor, now: datetime
) -> EnquiryMessage:
    """Delete what one wrote oneself as the asker; asking again only takes off what was made public meanwhile.

    Sample and purpose go with the first message. Public answers that were made from the thread, or edited, after the
    message was written are taken off, and a thread in which nothing is asked any more is closed. Raises NotFound, or
    Forbidden for what somebody else wrote.
    """
    enquiry = _own(session, enquiry_id, actor)
    message = session.get(EnquiryMessage, message_id)
    if message is None or message.enquiry_id != enquiry_id:
        raise NotFound
    if message.author_id != actor.id or message.is_staff:
        raise Forbidden
    taken_back = len(take_back(session, *_made_from(message), actor=actor, now=now))
    if message.withdrawn_at is not None and not taken_back:
        return message
    message.text, message.withdrawn_at = "", message.withdrawn_at or now
    asked = _asked(session, enquiry_id)
    if message.id == asked[0].id:
        enquiry.sample = enquiry.purpose = ""
    _close_when_empty(enquiry, asked)
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
    """Delete all that somebody asked, with their files and what was made public of it, and tell the staff.

    Open threads are closed and open wishes declined.
    """
    enquiries = session.scalars(select(Enquiry).where(Enquiry.asked_by_id == user_id).with_for_update()).all()
    ids = [enquiry.id for enquiry in enquiries]
    own = EnquiryMessage.enquiry_id.in_(ids), EnquiryMessage.author_id == user_id
    messages = session.scalars(select(EnquiryMessage).where(*own, EnquiryMessage.withdrawn_at.is_(None))).all()
    for message in messages:
        message.text, message.withdrawn_at = "", now
    taken_back = take_back(session, FaqEntry.from_enquiry_id.in_(ids), actor=actor, now=now)
    entries = Counter(entry.from_enquiry_id for entry in taken_back)
    files = Counter(attachments.remove_sent(session, OwnerKind.ENQUIRY, ids, user_id, actor=actor, now=now))
    told, news = [], []
    for enquiry in enquiries:
        said = sorted(message.id for message in messages if message.enquiry_id == enquiry.id)
        counts = {"faq_removed": entries[enquiry.id], "files_removed": files[enquiry.id]}
        is_open = enquiry.state != EnquiryState.CLOSED
        if is_open or said or any(counts.values()):
            before, after = _end(enquiry)
            told.append(Changed(enquiry.id, before, {**after, "message_ids": said, **counts}))
            news.append({"enquiry_id": enquiry.id, "actor_id": actor.id, "has_ended": is_open, **counts})
    session.flush()
    audit.note_all(session, "enquiries.withdrawn", "enquiry", told, actor=actor, now=now)
    announce_all(session, "enquiries.withdrawn", news, now=now)


def _end(enquiry: Enquiry) -> tuple[dict[str, Any], dict[str, Any]]:
    """Nothing is asked any more, and no time wished for; what it was and what it is for the log."""
    before = _standing(enquiry)
    enquiry.sample = enquiry.purpose = ""
    enquiry.state, enquiry.due_at = EnquiryState.CLOSED, None
    if enquiry.wish_state in OPEN_WISHES:
        enquiry.wish_state = WishState.DECLINED
    enquiry.version += 1
    return before, _standing(enquiry)


def _standing(enquiry: Enquiry) -> dict[str, Any]:
    """Whose turn it is, and how far a wish has come."""
    return {"state": enquiry.state.value, "wish": enquiry.wish_state and enquiry.wish_state.value}


def _made_from(message: EnquiryMessage) -> tuple[ColumnElement[bool], ...]:
    """Entries that may hold words of the message: those whose words were last set before it was written cannot."""
    said_at = func.coalesce(FaqEntry.edited_at, FaqEntry.created_at)
    return FaqEntry.from_enquiry_id == message.enquiry_id, said_at >= message.written_at


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
