"""Asking to join, deciding about it, inviting, and taking an invitation up."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.core.clock import utcnow
from booking.core.errors import Conflict, InvalidInput
from booking.teams import joining as service
from booking.teams.forms import DecisionPage, InviteForm, InvitePage, JoinPage, RefusalPage
from booking.teams.views.team import team_name, team_page
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_form
from booking.web.signed_in import require_actor, signed_in


@signed_in
def ask(team_id: int) -> ResponseReturnValue:
    """Ask to be let in."""
    try:
        message = read_form(JoinPage).message
        transaction(service.ask_to_join, team_id, message, actor=require_actor(), now=utcnow())
    except (InvalidInput, Conflict) as refused:
        return team_page(team_id, refused)
    flash(_("已提交申请，负责人批准后您会收到邮件。"), "right")
    return _back(team_id)


@signed_in
def approve(team_id: int, request_id: int) -> ResponseReturnValue:
    """Let somebody in from today on."""
    reason = read_form(DecisionPage).reason
    _decide(team_id, request_id, True, reason)
    flash(_("已批准，对方从今天起是成员。"), "right")
    return _back(team_id)


@signed_in
def refuse(team_id: int, request_id: int) -> ResponseReturnValue:
    """Say no, with the reason."""
    try:
        _decide(team_id, request_id, False, read_form(RefusalPage).reason)
    except InvalidInput as refused:
        return team_page(team_id, refused)
    flash(_("已拒绝，申请人会收到您写的原因。"), "right")
    return _back(team_id)


@signed_in
def withdraw(team_id: int, request_id: int) -> ResponseReturnValue:
    """Take one's own wish back."""
    transaction(service.withdraw_request, team_id, request_id, actor=require_actor(), now=utcnow())
    flash(_("已撤回申请。"), "right")
    return _back(team_id)


@signed_in
def invite(team_id: int) -> ResponseReturnValue:
    """Mail a link into the team to an address, or to whom a staff number belongs."""
    try:
        form = InviteForm(**read_form(InvitePage).model_dump())
        transaction(service.invite, team_id, form, actor=require_actor(), now=utcnow())
    except (InvalidInput, service.TooManyInvitations) as refused:
        return team_page(team_id, refused)
    flash(_("邀请邮件已寄往 %(email)s。", email=form.email or _("工号 %(number)s", number=form.staff_number)), "right")
    return _back(team_id)


@signed_in
def revoke_invitation(team_id: int, invitation_id: int) -> ResponseReturnValue:
    """Make an invitation useless."""
    transaction(service.revoke_invitation, team_id, invitation_id, actor=require_actor(), now=utcnow())
    flash(_("已撤回。"), "right")
    return _back(team_id)


@signed_in
def invitation(secret: str) -> ResponseReturnValue:
    """Show who invites, and join by a button: programs that look at links in mails press none."""
    actor, now = require_actor(), utcnow()
    try:
        if request.method == "POST":
            team_id = transaction(service.take_up, secret, actor=actor, now=now)
            flash(_("您已加入课题组。"), "right")
            return _back(team_id)
        team = service.invitation_for(reading(), secret, actor=actor, now=now).team
    except service.InvitationSpent as spent:
        return make_response(render_template("teams/link_spent.html"), spent.status)
    names = (team.organisation.name_zh, team.organisation.name_en)
    return render_template(
        "teams/invitation.html", secret=secret, team_name=team_name(team), organisation_name=in_language(*names)
    )


def _decide(team_id: int, request_id: int, approves: bool, reason: str) -> None:
    """Run the decision."""
    transaction(service.decide_request, team_id, request_id, approves, reason, actor=require_actor(), now=utcnow())


def _back(team_id: int) -> ResponseReturnValue:
    """To the team's page."""
    return redirect(url_for(".show", team_id=team_id), code=303)
