"""Staff take a file away that somebody sent with a sample order; its place and the reason stay among the messages."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.attachments import service as attachments
from booking.attachments.queries import Owner, attachment_for
from booking.catalogue.keeping import staff_target
from booking.core.actors import Actor
from booking.core.errors import Conflict, Forbidden
from booking.core.texts import N_
from booking.notifications.service import announce
from booking.samples.queries import ALL_FILES
from booking.samples.rules import Side
from booking.samples.service import write
from booking.samples.stepping import lock
from models.samples import SampleOrder, SampleResult
from models.vocabulary.attachments import OwnerKind


class IsResult(Conflict):
    """Results are kept with their digest."""

    code = "is_result"
    sentence = N_("已交付的结果不能删除。")


def remove_file(
    session: Session, order_id: int, attachment_id: int, reason: str, *, actor: Actor, now: datetime
) -> SampleOrder:
    """Delete a file of an order that is no result, also after its end, and say why; for the staff.

    Raises NotFound, Forbidden or IsResult. The log keeps name and digest, the requester is told.
    """
    order, side = lock(session, order_id, actor=actor)
    if side != Side.STAFF:
        raise Forbidden
    require(actor, Permission.HANDLE_SAMPLES, staff_target(order))
    found = attachment_for(session, OwnerKind.SAMPLE_ORDER, order_id, attachment_id, ALL_FILES)
    if session.scalar(select(SampleResult.id).where(SampleResult.attachment_id == attachment_id)) is not None:
        raise IsResult
    name, owner = found.file_name, Owner(OwnerKind.SAMPLE_ORDER, order_id, found.organisation_id)
    attachments.remove_attachment(session, owner, attachment_id, actor=actor, now=now)
    message = write(session, order, reason, is_staff=True, removed_file=name, actor=actor, now=now)
    order.version += 1
    order.changed_at = now
    session.flush()
    audit.note(session, "samples.file_removed", ("sample_order", order_id), actor=actor, now=now)
    told = {"order_id": order_id, "step": "write", "is_staff": True, "message_id": message.id}
    announce(session, "samples.changed", told, now=now)
    return order
