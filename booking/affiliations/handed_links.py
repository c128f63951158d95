"""Links and codes that an organisation hands to people who have no mail address, many at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.accounts.permissions import Permission, require
from booking.affiliations.forms import HandedLinksForm
from booking.affiliations.invitations import GOOD_FOR, write_code
from booking.affiliations.user_groups import lock_organisation
from booking.core.actors import Actor, Target
from booking.core.errors import Conflict
from booking.core.texts import N_
from booking.directory import queries as directory
from models.affiliations import Invitation
from models.vocabulary.affiliations import InvitationState

MOST_AT_ONCE = 1000


def make_links(
    session: Session, organisation_id: int, form: HandedLinksForm, *, actor: Actor, now: datetime
) -> list[tuple[Invitation, str]]:
    """A new code for everybody invited without an address, good for a month, and nowhere else; earlier ones are void.

    Only those who have none yet, unless `renews`. Raises NotFound, Forbidden, or Conflict when there is nobody.
    """
    directory.organisation(session, organisation_id)
    require(actor, Permission.MANAGE_AFFILIATIONS, Target(organisation_id=organisation_id))
    lock_organisation(session, organisation_id)
    found = waiting_for_links(session, organisation_id, now=now, with_links=form.renews)
    if not found:
        raise Conflict(N_("没有需要转交链接的邀请。"))
    made = []
    for invitation in found:
        invitation.expires_at = now + GOOD_FOR
        made.append((invitation, write_code(invitation)))
    session.flush()
    changes = [Changed(one.id, {}, {"organisation_id": organisation_id}) for one in found]
    audit.note_all(session, "affiliations.invitation_link_made", "invitation", changes, actor=actor, now=now)
    return made


def waiting_for_links(
    session: Session, organisation_id: int, *, now: datetime, with_links: bool = False
) -> Sequence[Invitation]:
    """The open invitations without an address, by staff number and name; without a link yet, or all."""
    statement = select(Invitation).where(
        Invitation.organisation_id == organisation_id,
        Invitation.state == InvitationState.OPEN,
        Invitation.expires_at > now,
        Invitation.email == "",
    )
    if not with_links:
        statement = statement.where(Invitation.secret_hash.is_(None))
    ordered = statement.order_by(Invitation.staff_number, Invitation.name, Invitation.id)
    return session.scalars(ordered.limit(MOST_AT_ONCE)).all()
