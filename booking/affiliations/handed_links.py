"""Links and codes that an organisation hands to people who have no mail address, many at once."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.accounts.permissions import Permission, require
from booking.affiliations.forms import HandedLinksForm
from booking.affiliations.invitations import write_code
from booking.affiliations.user_groups import lock_organisation
from booking.affiliations.withdrawing import GOOD_FOR
from booking.core.actors import Actor, Target
from booking.core.clock import local_date
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

    Only those who have none yet, unless `renews`; MOST_AT_ONCE at a time. Raises NotFound, Forbidden, or Conflict when
    there is nobody.
    """
    directory.organisation(session, organisation_id)
    require(actor, Permission.MANAGE_AFFILIATIONS, Target(organisation_id=organisation_id))
    lock_organisation(session, organisation_id)
    found = waiting_for_links(session, organisation_id, now=now, with_links=form.renews)
    if not found and not form.renews and count_waiting(session, organisation_id, now=now, with_links=True):
        raise Conflict(
            N_("邀请码都已生成，只显示那一次。没有看到或没有保存的，请选择为已有链接的人重新生成，以前的随即失效。")
        )
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
    """The invitations without an address that can be accepted, one batch; without a link yet, or all.

    Who has no link comes first, then whose link is the oldest, by staff number and name.
    """
    statement = (
        select(Invitation)
        .where(*_waiting(organisation_id, now, with_links=with_links))
        .order_by(
            Invitation.secret_hash.is_not(None),
            Invitation.expires_at,
            Invitation.staff_number,
            Invitation.name,
            Invitation.id,
        )
    )
    return session.scalars(statement.limit(MOST_AT_ONCE)).all()


def count_waiting(session: Session, organisation_id: int, *, now: datetime, with_links: bool = False) -> int:
    """How many wait in all, also beyond one batch."""
    waiting = _waiting(organisation_id, now, with_links=with_links)
    return session.scalar(select(func.count(Invitation.id)).where(*waiting)) or 0


def holds_until(invitation: Invitation) -> date:
    """The last day of the code, or of the term that it promises if that is over earlier."""
    last = local_date(invitation.expires_at)
    return min(last, invitation.ends_on) if invitation.ends_on else last


def _waiting(organisation_id: int, now: datetime, *, with_links: bool) -> list[ColumnElement[bool]]:
    """What makes an invitation one to hand over."""
    found = [
        Invitation.organisation_id == organisation_id,
        Invitation.state == InvitationState.OPEN,
        Invitation.expires_at > now,
        or_(Invitation.ends_on.is_(None), Invitation.ends_on >= local_date(now)),
        Invitation.email == "",
    ]
    return found if with_links else [*found, Invitation.secret_hash.is_(None)]
