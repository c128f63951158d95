"""Invitations: sent to who is on a roster without an account, accepted by the link or by confirming the address."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.audit import Changed
from booking.accounts.mailed import LinkSpent
from booking.accounts.permissions import Permission, may
from booking.affiliations import house_queries, queries
from booking.affiliations.rules import INVITATIONS_PER_DAY, OWNS_INSTRUMENTS
from booking.affiliations.service import announce_about
from booking.affiliations.user_groups import lock_organisation
from booking.affiliations.withdrawing import GOOD_FOR, KEPT, is_overruled, withdraw_all
from booking.core.actors import Actor, Target
from booking.core.clock import at_local, local_date
from booking.core.errors import Conflict, NotFound
from booking.core.secret import new_code, new_secret, normal_code, secret_hash
from booking.core.texts import N_
from booking.notifications.service import announce, announce_all
from models.accounts import User
from models.affiliations import Affiliation, Invitation
from models.directory import Organisation
from models.vocabulary.affiliations import AffiliationState, ConfirmedBy, InvitationState


class TooManyInvitations(Conflict):
    """More mails to people without an account than an organisation may send in a day."""

    code = "too_many_invitations"
    sentence = N_(
        "今天还可以发出 %(left)s 封邀请，这次需要 %(wanted)s 封。请分成几份逐日导入，或请平台管理员提高上限。"
        "完整的名册不能分开：每一份都会结束其他各份上的人。"
    )


COLUMNS = ("name", "email", "phone", "staff_number", "unit_id", "user_group_id", "ends_on")


def invite_all(
    session: Session,
    organisation_id: int,
    people: Sequence[Mapping[str, Any]],
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> list[int]:
    """Invite people, each named by what is known of them; a mail follows where there is an address. The ids.

    The caller holds the organisation's lock. Raises TooManyInvitations beyond what may be mailed in a day.
    """
    if not people:
        return []
    _require_room(session, organisation_id, sum(bool(person.get("email")) for person in people), now=now)
    empty: dict[str, Any] = {"name": "", "email": "", "phone": "", "staff_number": ""}
    made = {"organisation_id": organisation_id, "created_by_id": actor.id, "created_at": now}
    rows = [{**dict.fromkeys(COLUMNS), **empty, **person, **made, "expires_at": now + GOOD_FOR} for person in people]
    before = session.scalar(select(func.max(Invitation.id))) or 0
    session.execute(insert(Invitation), rows)
    fresh = select(Invitation.id, Invitation.email).where(
        Invitation.id > before, Invitation.organisation_id == organisation_id
    )
    found_rows = session.execute(fresh.order_by(Invitation.id)).all()
    ids = [found.id for found in found_rows]
    changes = [Changed(found, {}, {"organisation_id": organisation_id}) for found in ids]
    audit.note_all(session, "affiliations.invited", "invitation", changes, actor=actor, now=now, reason=reason)
    told = [{"invitation_id": found.id} for found in found_rows if found.email]
    announce_all(session, "affiliations.invited", told, now=now)
    return ids


def _require_room(session: Session, organisation_id: int, wanted: int, *, now: datetime) -> None:
    """Refuse what would mail more people today than the organisation may."""
    most = house_queries.settings_of(session, organisation_id).invitations_per_day or INVITATIONS_PER_DAY
    today = (Invitation.organisation_id == organisation_id, Invitation.created_at >= at_local(local_date(now)))
    sent = session.scalar(select(func.count()).select_from(Invitation).where(*today, Invitation.email != "")) or 0
    if sent + wanted > most:
        raise TooManyInvitations(left=max(0, most - sent), wanted=wanted)


def resend_invitation(session: Session, invitation_id: int, *, actor: Actor, now: datetime) -> Invitation:
    """Send the mail again with a new link, once a day, good for another month; raises NotFound or Conflict."""
    invitation = _locked(session, invitation_id, actor)
    if not invitation.email:
        raise Conflict(N_("没有邮箱，请生成链接后转交本人。"))
    if invitation.sent_at is not None and local_date(invitation.sent_at) == local_date(now):
        raise Conflict(N_("今天已经寄过这个邀请，明天可以再寄。"))
    _reopen(invitation, now=now)
    _note(session, "resent", invitation, actor=actor, now=now)
    announce(session, "affiliations.invited", {"invitation_id": invitation.id}, now=now)
    return invitation


def make_link(session: Session, invitation_id: int, *, actor: Actor, now: datetime) -> tuple[Invitation, str]:
    """A new link to hand over by other means, and its secret, which is nowhere else; earlier ones are void."""
    invitation = _locked(session, invitation_id, actor)
    _reopen(invitation, now=now)
    secret = write_code(invitation)
    _note(session, "link_made", invitation, actor=actor, now=now)
    return invitation, secret


def withdraw_invitation(session: Session, invitation_id: int, *, actor: Actor, now: datetime) -> Invitation:
    """Make an invitation void; raises NotFound or Conflict."""
    invitation = _locked(session, invitation_id, actor)
    if invitation.state != InvitationState.OPEN:
        raise Conflict(N_("这个邀请已经失效或被接受。"))
    invitation.state, invitation.closed_at, invitation.secret_hash = InvitationState.WITHDRAWN, now, None
    _note(session, "withdrawn", invitation, actor=actor, now=now)
    return invitation


def write_secret(invitation: Invitation) -> str:
    """A new secret for the link; only its hash is stored."""
    secret = new_secret()
    invitation.secret_hash = secret_hash(secret)
    return secret


def write_code(invitation: Invitation) -> str:
    """A new code for the link, which can also be typed; only its hash is stored."""
    code = new_code()
    invitation.secret_hash = secret_hash(code)
    return code


def invitation_by_secret(session: Session, secret: str, *, now: datetime) -> Invitation:
    """The open invitation of a link or a typed code; raises LinkSpent. Looking does not use it up."""
    found = session.scalar(select(Invitation).where(Invitation.secret_hash == secret_hash(normal_code(secret))))
    if found is None or not _is_open(found, now=now):
        raise LinkSpent
    return found


def accept_invitation(session: Session, secret: str, *, actor: Actor, now: datetime) -> Affiliation:
    """Become a member by the link, with the account that is signed in; raises LinkSpent.

    A link that is older than the end of the person's affiliation there opens nothing.
    """
    invitation = invitation_by_secret(session, secret, now=now)
    lock_organisation(session, invitation.organisation_id)
    session.refresh(invitation, with_for_update=True)
    if invitation.state != InvitationState.OPEN or is_overruled(session, invitation, actor.id):
        raise LinkSpent
    return _accept(session, invitation, actor.id, actor=actor, now=now)


def accept_by_address(session: Session, user_id: int, *, now: datetime) -> int:
    """Whoever confirmed an invited address is a member of every institution it was invited to; how many.

    A firm's invitation is accepted by its link alone: an address that somebody confirms for themselves says nothing.
    What is older than the end of the person's affiliation there is void instead.
    """
    user = session.scalar(select(User).where(User.id == user_id, User.confirmed_at.is_not(None)))
    if user is None:
        return 0
    found = session.scalars(
        select(Invitation)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .where(Invitation.email == user.email, Invitation.state == InvitationState.OPEN, Invitation.expires_at > now)
        .where(Organisation.kind.in_(OWNS_INSTRUMENTS))
        .order_by(Invitation.id)
        .with_for_update(of=Invitation)
    ).all()
    over = [invitation.id for invitation in found if is_overruled(session, invitation, user_id)]
    standing = [one for one in found if one.id not in over and _is_open(one, now=now)]
    withdraw_all(session, over, actor=None, now=now, reason="")
    for invitation in standing:
        _accept(session, invitation, user_id, actor=None, now=now)
    return len(standing)


def expire_over(session: Session, now: datetime, *, organisation_id: int | None = None) -> int:
    """Make invitations void that nobody accepted within a month; how many."""
    over = update(Invitation).where(Invitation.state == InvitationState.OPEN, Invitation.expires_at <= now)
    if organisation_id is not None:
        over = over.where(Invitation.organisation_id == organisation_id)
    values = {"state": InvitationState.EXPIRED, "closed_at": now, "secret_hash": None}
    return len(session.scalars(over.values(values).returning(Invitation.id)).all())


def forget_untaken(session: Session, now: datetime) -> int:
    """Half a year after an invitation expired or was withdrawn, take away who was invited; how many."""
    void = Invitation.state.in_((InvitationState.EXPIRED, InvitationState.WITHDRAWN))
    old = update(Invitation).where(void, Invitation.closed_at < now - KEPT, Invitation.erased_at.is_(None))
    nobody = {"name": "", "email": "", "phone": "", "staff_number": "", "erased_at": now}
    return len(session.scalars(old.values(nobody).returning(Invitation.id)).all())


def _accept(
    session: Session, invitation: Invitation, user_id: int, *, actor: Actor | None, now: datetime
) -> Affiliation:
    """The affiliation that the invitation promises; what stands already is brought up to date.

    Who opened the link has agreed to it; an address that is confirmed for whatever reason has not.
    """
    today = local_date(now)
    session.execute(select(User.id).where(User.id == user_id).with_for_update())
    affiliation = queries.open_affiliation(session, user_id, invitation.organisation_id) or Affiliation(
        user_id=user_id, organisation_id=invitation.organisation_id, asked_at=now, starts_on=today, version=0
    )
    if affiliation.state != AffiliationState.CONFIRMED:
        affiliation.state, affiliation.confirmed_by = AffiliationState.CONFIRMED, ConfirmedBy.ROSTER
        affiliation.starts_on, affiliation.decided_at = today, now
        affiliation.decided_by_id = invitation.created_by_id
    for name in ("staff_number", "unit_id", "user_group_id", "ends_on"):
        if value := getattr(invitation, name):
            setattr(affiliation, name, value)
    affiliation.agreed_at = affiliation.agreed_at or (now if actor else None)
    affiliation.version += 1
    session.add(affiliation)
    invitation.state, invitation.closed_at = InvitationState.ACCEPTED, now
    invitation.accepted_by_id, invitation.secret_hash = user_id, None
    session.flush()
    after = {"user_id": user_id, "affiliation_id": affiliation.id}
    _note(session, "accepted", invitation, actor=actor, now=now, after=after)
    announce_about(session, "affiliations.confirmed", affiliation, now=now)
    return affiliation


def _is_open(invitation: Invitation, *, now: datetime) -> bool:
    """Whether it can be accepted: not settled, not too old, and not for a term that is over."""
    is_over = invitation.ends_on is not None and invitation.ends_on < local_date(now)
    return invitation.state == InvitationState.OPEN and invitation.expires_at > now and not is_over


def _reopen(invitation: Invitation, *, now: datetime) -> None:
    """Let an open or expired invitation hold for another month; raises Conflict for one that is settled."""
    if invitation.state not in {InvitationState.OPEN, InvitationState.EXPIRED} or invitation.erased_at is not None:
        raise Conflict(N_("这个邀请已经失效或被接受。"))
    invitation.state, invitation.expires_at, invitation.closed_at = InvitationState.OPEN, now + GOOD_FOR, None


def _locked(session: Session, invitation_id: int, actor: Actor) -> Invitation:
    """The invitation under its organisation's lock; raises NotFound for whoever does not manage it."""
    organisation_id = session.scalar(select(Invitation.organisation_id).where(Invitation.id == invitation_id))
    if organisation_id is None or not may(actor, Permission.MANAGE_AFFILIATIONS, Target(organisation_id)):
        raise NotFound
    lock_organisation(session, organisation_id)
    invitation = session.scalars(select(Invitation).where(Invitation.id == invitation_id).with_for_update()).one()
    other = select(Invitation.id).where(
        Invitation.organisation_id == organisation_id,
        Invitation.email == invitation.email,
        Invitation.email != "",
        Invitation.state == InvitationState.OPEN,
        Invitation.id != invitation_id,
    )
    if session.scalar(other) is not None:
        raise Conflict(N_("这个邮箱已有另一个有效的邀请。"))
    return invitation


def _note(session: Session, fact: str, invitation: Invitation, **more: Any) -> None:
    """One row of the log about an invitation."""
    audit.note(session, f"affiliations.invitation_{fact}", ("invitation", invitation.id), **more)
