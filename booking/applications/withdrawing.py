"""Taking back that a paper was verified: by the authority that verified it, for a reason, by a row of its own."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.affiliations.queries import is_of
from booking.applications import register
from booking.applications.forms import WithdrawVerificationForm
from booking.applications.service import lock_firm
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden
from booking.core.texts import N_
from booking.notifications.service import announce
from models.applications import VerifiedDocument, VerifiedDocumentWithdrawal


class AlreadyWithdrawn(Conflict):
    """Somebody took it back before."""

    code = "verification_withdrawn"
    sentence = N_("这份材料的核验已经撤销。")


class OwnFirm(Forbidden):
    """The officer belongs to the firm whose paper it is."""

    code = "own_firm"
    sentence = N_("您是这家企业的人，不能撤销它的材料核验。")


def withdraw_verification(
    session: Session, document_id: int, form: WithdrawVerificationForm, *, actor: Actor, now: datetime
) -> VerifiedDocument:
    """A paper counts as verified no more, from now on; what was decided on it before stands.

    Raises NotFound, Forbidden, OwnFirm and AlreadyWithdrawn.
    """
    found = register.document_for(session, document_id, actor)
    require(actor, Permission.REVIEW_APPLICATIONS, Target(found.authority_id))
    if is_of(session, actor, found.organisation_id, local_date(now)):
        raise OwnFirm
    lock_firm(session, found.organisation_id)
    before = select(VerifiedDocumentWithdrawal.id).where(VerifiedDocumentWithdrawal.document_id == found.id)
    if session.scalar(before) is not None:
        raise AlreadyWithdrawn
    made = VerifiedDocumentWithdrawal(
        document_id=found.id, withdrawn_by_id=actor.id, reason=form.reason, created_at=now
    )
    session.add(made)
    session.flush()
    subject = ("voucher_application", found.application_id)
    after = {"document": found.document.value, "verified_document_id": found.id}
    audit.note(
        session, "applications.verification_withdrawn", subject, actor=actor, now=now, after=after, reason=form.reason
    )
    announce(session, "applications.verification_withdrawn", {"document_id": found.id}, now=now)
    return found
