"""Joining a team: asking and being let in, or being invited by mail."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.affiliations.queries import address_by_number
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden, InvalidInput, NotFound, Problem, Refused
from booking.core.texts import N_
from booking.notifications.service import announce
from booking.teams import queries
from booking.teams.forms import InviteForm
from booking.teams.rules import INVITED_FOR, KEPT
from booking.teams.service import add_member, hold, locked, refuse_to_oneself
from models.teams import Team, TeamInvitation, TeamRequest
from models.vocabulary.teams import JoinState

MOST_INVITATIONS = 100


class AlreadyMember(Conflict):
    """The person belongs to the team already."""

    code = "already_member"
    sentence = N_("已经是这个课题组的成员。")


class NothingWaits(Conflict):
    """The wish to join was decided or withdrawn meanwhile."""

    code = "nothing_waits"
    sentence = N_("这个申请已经处理，可能已由他人处理。")


class NotHere(Conflict):
    """Whoever would join has left the team's institution."""

    code = "left_the_institution"
    sentence = N_("已经离开课题组所在单位的人，重新隶属后才能加入。")


class InvitationSpent(Refused):
    """The link was used, withdrawn, is too old, is somebody else's, or never existed; nobody learns which."""

    status = 410
    code = "link_spent"
    sentence = N_("这个链接已使用过或已过期。")


class TooManyInvitations(Refused):
    """A team keeps at most a hundred invitations open."""

    code = "too_many_invitations"
    sentence = N_("最多可同时保留 %(most)s 个邀请，请先撤销不用的。")


def ask_to_join(session: Session, team_id: int, message: str, *, actor: Actor, now: datetime) -> TeamRequest:
    """Ask to be let in; who runs the team is told. Asking again while one waits gives the same request."""
    team = locked(session, team_id)
    if queries.membership(session, team_id, actor.id, today=local_date(now)):
        raise AlreadyMember
    if waiting := queries.own_request(session, team_id, actor.id):
        return waiting
    request = TeamRequest(team_id=team.id, user_id=actor.id, state=JoinState.WAITING, message=message, created_at=now)
    session.add(request)
    session.flush()
    audit.note(session, "teams.asked", ("team", team_id), actor=actor, now=now, after={"user_id": actor.id})
    announce(session, "teams.asked", {"request_id": request.id}, now=now)
    return request


def decide_request(
    session: Session, team_id: int, request_id: int, approves: bool, reason: str, *, actor: Actor, now: datetime
) -> TeamRequest:
    """Let somebody in from today on, or say no with a reason; by the lead, a deputy or the institution's admins."""
    found = hold(session, team_id, actor=actor, now=now)
    request = _request(session, team_id, request_id)
    if request.state != JoinState.WAITING:
        raise NothingWaits
    if not approves and not reason:
        raise Refused(N_("请写明原因，申请人会收到通知。"))
    if approves:
        refuse_to_oneself(found.team, request.user_id, actor)
    request.state = JoinState.APPROVED if approves else JoinState.REFUSED
    request.reason, request.decided_at, request.decided_by_id = reason, now, actor.id
    if approves and queries.is_gone(session, found.team, request.user_id, today=local_date(now)):
        raise NotHere
    if approves:
        add_member(session, found.team, request.user_id, approved_by_id=actor.id, now=now)
    what = "teams.approved" if approves else "teams.refused"
    after = {"user_id": request.user_id}
    audit.note(session, what, ("team", team_id), actor=actor, now=now, after=after, reason=reason)
    announce(session, "teams.decided", {"request_id": request.id, "actor_id": actor.id}, now=now)
    return request


def withdraw_request(session: Session, team_id: int, request_id: int, *, actor: Actor, now: datetime) -> TeamRequest:
    """Take one's own wish back; raises NotFound for anybody else's."""
    locked(session, team_id)
    request = _request(session, team_id, request_id)
    if request.user_id != actor.id:
        raise NotFound
    if request.state != JoinState.WAITING:
        raise NothingWaits
    request.state, request.decided_at = JoinState.WITHDRAWN, now
    audit.note(session, "teams.withdrawn", ("team", team_id), actor=actor, now=now, after={"user_id": actor.id})
    return request


def invite(session: Session, team_id: int, form: InviteForm, *, actor: Actor, now: datetime) -> TeamInvitation:
    """Mail a link to an address, or to whom a staff number of the institution belongs.

    Whoever signs in with that address and takes it up is a member, because the lead asked them. Raises InvalidInput.
    """
    team = hold(session, team_id, actor=actor, now=now).team
    email = _invited(session, team, form, now=now)
    if email == actor.email:
        refuse_to_oneself(team, actor.id, actor)
    opened = queries.open_invitations(session, team_id, now=now)
    if same := next((one for one in opened if one.email == email), None):
        return same
    if len(opened) >= MOST_INVITATIONS:
        raise TooManyInvitations(most=MOST_INVITATIONS)
    invitation = TeamInvitation(
        team_id=team_id,
        email=email,
        staff_number=form.staff_number,
        created_by_id=actor.id,
        created_at=now,
        expires_at=now + INVITED_FOR,
    )
    session.add(invitation)
    session.flush()
    after = named(invitation)
    audit.note(session, "teams.invited", ("team", team_id), actor=actor, now=now, after=after)
    announce(session, "teams.invited", {"invitation_id": invitation.id}, now=now)
    return invitation


def forget_untaken(session: Session, now: datetime) -> int:
    """Delete invitations that nobody took up half a year after they ended; how many."""
    over = TeamInvitation.expires_at < now - KEPT, TeamInvitation.used_at.is_(None)
    return len(session.scalars(delete(TeamInvitation).where(*over).returning(TeamInvitation.id)).all())


def named(invitation: TeamInvitation) -> dict[str, str]:
    """As who invited named the person, which is all they learn of them."""
    if invitation.staff_number:
        return {"email": "", "staff_number": invitation.staff_number}
    return {"email": invitation.email, "staff_number": ""}


def _invited(session: Session, team: Team, form: InviteForm, *, now: datetime) -> str:
    """The address that is meant; raises InvalidInput."""
    if bool(form.email) == bool(form.staff_number):
        raise InvalidInput([Problem("email", N_("请填写邮箱或工号，只填一项。"))])
    if form.email:
        return form.email
    found = address_by_number(session, team.organisation_id, form.staff_number, local_date(now))
    if found is None:
        raise InvalidInput([Problem("staff_number", N_("本单位没有这个工号的已确认人员。"))])
    return found


def revoke_invitation(session: Session, team_id: int, invitation_id: int, *, actor: Actor, now: datetime) -> None:
    """Make an invitation useless; raises NotFound when it was used or withdrawn."""
    hold(session, team_id, actor=actor, now=now)
    opened = queries.open_invitations(session, team_id, now=now)
    invitation = next((one for one in opened if one.id == invitation_id), None)
    if invitation is None:
        raise NotFound
    invitation.revoked_at = now
    after = named(invitation)
    audit.note(session, "teams.invitation_revoked", ("team", team_id), actor=actor, now=now, after=after)


def take_up(session: Session, secret: str, *, actor: Actor, now: datetime) -> int:
    """Join by a mailed link, signed in with the address it was mailed to; the team's id. Raises InvitationSpent."""
    invitation = invitation_for(session, secret, actor=actor, now=now)
    team = locked(session, invitation.team_id)
    rows = select(TeamInvitation).where(TeamInvitation.id == invitation.id).with_for_update()
    invitation = session.scalars(rows.execution_options(populate_existing=True)).one()
    if invitation.used_at is not None or invitation.revoked_at is not None:
        raise InvitationSpent
    if queries.is_gone(session, team, actor.id, today=local_date(now)):
        raise NotHere
    invitation.used_at = now
    add_member(session, team, actor.id, approved_by_id=invitation.created_by_id, now=now)
    if waiting := queries.own_request(session, team.id, actor.id):
        waiting.state, waiting.decided_at = JoinState.APPROVED, now
        waiting.decided_by_id = invitation.created_by_id
    audit.note(session, "teams.joined", ("team", team.id), actor=actor, now=now, after={"user_id": actor.id})
    announce(session, "teams.joined", {"team_id": team.id, "user_id": actor.id}, now=now)
    return team.id


def invitation_for(session: Session, secret: str, *, actor: Actor, now: datetime) -> TeamInvitation:
    """The invitation that the actor may take up; Forbidden with another address, InvitationSpent when it is spent."""
    invitation = queries.invitation_by(session, secret, now=now)
    if invitation is None:
        raise InvitationSpent
    if invitation.email != actor.email:
        raise Forbidden(N_("这个邀请寄给了另一个邮箱，请用收到邀请的邮箱登录。"))
    return invitation


def _request(session: Session, team_id: int, request_id: int) -> TeamRequest:
    """A wish to join this team; raises NotFound."""
    found = session.scalar(select(TeamRequest).where(TeamRequest.id == request_id, TeamRequest.team_id == team_id))
    if found is None:
        raise NotFound
    return found
