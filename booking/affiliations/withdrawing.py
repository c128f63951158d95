"""Invitations that become void: those chosen, and those of somebody whose affiliation ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.core.actors import Actor
from models.accounts import User
from models.affiliations import Affiliation, Invitation
from models.vocabulary.affiliations import InvitationState

GOOD_FOR = timedelta(days=30)
KEPT = timedelta(days=180)
"""How long it is kept who did not take an invitation up."""


def withdraw_all(session: Session, ids: Sequence[int], *, actor: Actor | None, now: datetime, reason: str) -> int:
    """Make these invitations void as far as they still stand open; how many. The caller holds the lock."""
    standing = update(Invitation).where(Invitation.id.in_(ids), Invitation.state == InvitationState.OPEN)
    values = {"state": InvitationState.WITHDRAWN, "closed_at": now, "secret_hash": None}
    withdrawn = session.scalars(standing.values(values).returning(Invitation.id)).all()
    changes = [Changed(found, {}, {}) for found in sorted(withdrawn)]
    audit.note_all(
        session, "affiliations.invitation_withdrawn", "invitation", changes, actor=actor, now=now, reason=reason
    )
    return len(changes)


def withdraw_for(
    session: Session, affiliations: Sequence[Affiliation], *, actor: Actor | None, now: datetime, reason: str = ""
) -> int:
    """Make void what still invites the people of these affiliations to their one organisation; how many.

    An invitation is somebody's by their address or, without one, by their staff number. The caller holds the lock.
    """
    if not affiliations:
        return 0
    people = [one.user_id for one in affiliations]
    numbers = {one.staff_number for one in affiliations} - {""}
    addresses = select(User.email).where(User.id.in_(people))
    numbered = and_(Invitation.email == "", Invitation.staff_number.in_(numbers))
    theirs = or_(Invitation.email.in_(addresses), numbered)
    standing = and_(
        Invitation.organisation_id == affiliations[0].organisation_id, Invitation.state == InvitationState.OPEN
    )
    ids = session.scalars(select(Invitation.id).where(standing, theirs).order_by(Invitation.id)).all()
    return withdraw_all(session, ids, actor=actor, now=now, reason=reason) if ids else 0


def is_overruled(session: Session, invitation: Invitation, user_id: int) -> bool:
    """Whether somebody ended the person's affiliation there after the invitation was last sent."""
    ended = select(Affiliation.id).where(
        Affiliation.user_id == user_id,
        Affiliation.organisation_id == invitation.organisation_id,
        Affiliation.ended_by_id.is_not(None),
        Affiliation.leaving_told_at >= invitation.expires_at - GOOD_FOR,
    )
    return session.scalar(ended.limit(1)) is not None
