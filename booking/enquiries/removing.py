"""Staff take a file away that somebody sent with an enquiry; its place and the reason stay in the thread."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.attachments import service as attachments
from booking.attachments.queries import Owner, attachment_for
from booking.catalogue.keeping import staff_target
from booking.core.actors import Actor
from booking.enquiries.queries import ALL_FILES
from booking.enquiries.service import changed, lock, write
from models.enquiries import Enquiry
from models.vocabulary.attachments import OwnerKind


def remove_file(
    session: Session, enquiry_id: int, attachment_id: int, reason: str, *, actor: Actor, now: datetime
) -> Enquiry:
    """Delete a file of the thread, also a closed one, and say why; for the staff. Raises NotFound or Forbidden.

    The log keeps name and digest, the asker is told.
    """
    enquiry = lock(session, enquiry_id, actor=actor)
    require(actor, Permission.ANSWER_ENQUIRIES, staff_target(enquiry))
    found = attachment_for(session, OwnerKind.ENQUIRY, enquiry_id, attachment_id, ALL_FILES)
    name, owner = found.file_name, Owner(OwnerKind.ENQUIRY, enquiry_id, found.organisation_id)
    attachments.remove_attachment(session, owner, attachment_id, actor=actor, now=now)
    write(session, enquiry, reason, removed_file=name, actor=actor, now=now)
    changed(session, enquiry, "file_removed", actor=actor, now=now)
    return enquiry
