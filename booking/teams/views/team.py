"""The page of one team, and what the people who run it do there."""

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.views.again import again
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, NotFound, Refused, StaleVersion
from booking.teams import queries, service
from booking.teams.forms import DeputyPage, LastDayPage, LeadAnswerPage, MemberPage, TeamPage
from booking.teams.looking import note_team
from booking.teams.queries import Found
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_form
from booking.web.repeats import new_key
from booking.web.signed_in import require_actor, signed_in
from models.teams import Team, TeamMember


@signed_in
def show(team_id: int) -> ResponseReturnValue:
    """Show a team: to members who belongs to it, to those who run it what waits, to others how to join."""
    return team_page(team_id)


@signed_in
def edit(team_id: int) -> ResponseReturnValue:
    """Ask what the team is to be called; then store it."""
    found = _run(team_id)
    if request.method == "GET":
        return _edit_page(found.team)
    try:
        form = read_form(TeamPage)
        transaction(
            service.rename_team,
            team_id,
            form.name_zh,
            form.name_en,
            version=form.version,
            actor=require_actor(),
            now=utcnow(),
        )
    except (InvalidInput, StaleVersion) as refused:
        return _edit_page(_run(team_id).team, refused)
    flash(_("已保存。"), "right")
    return _back(team_id)


@signed_in
def end_membership(team_id: int, member_id: int) -> ResponseReturnValue:
    """Ask for the last day; then end the membership."""
    if request.method == "GET":
        return _end_page(team_id, member_id)
    actor, now = require_actor(), utcnow()
    _ending(team_id, member_id)
    try:
        form = read_form(LastDayPage)
        transaction(service.end_membership, team_id, member_id, form.last_day, form.reason, actor=actor, now=now)
    except (InvalidInput, service.LeadStays) as refused:
        return _end_page(team_id, member_id, refused)
    flash(_("已按最后一天结束成员身份。"), "right")
    return _back(team_id)


@signed_in
def set_deputy(team_id: int, member_id: int) -> ResponseReturnValue:
    """Make a member a deputy, or a member like others again."""
    form = read_form(DeputyPage)
    transaction(service.set_deputy, team_id, member_id, form.is_deputy, actor=require_actor(), now=utcnow())
    flash(_("已保存。"), "right")
    return _back(team_id)


@signed_in
def ask_successor(team_id: int) -> ResponseReturnValue:
    """Ask a member to take the lead over."""
    try:
        form = read_form(MemberPage)
        transaction(service.ask_successor, team_id, form.member, actor=require_actor(), now=utcnow())
    except InvalidInput as invalid:
        return team_page(team_id, invalid)
    flash(_("已请对方接任，对方接受后生效。"), "right")
    return _back(team_id)


@signed_in
def answer_lead(team_id: int) -> ResponseReturnValue:
    """Take the lead over, or decline."""
    accepts = read_form(LeadAnswerPage).accepts
    transaction(service.answer_lead, team_id, accepts, actor=require_actor(), now=utcnow())
    flash(_("您现在是负责人。") if accepts else _("已谢绝，负责人不变。"), "right")
    return _back(team_id)


@signed_in
def withdraw_successor(team_id: int) -> ResponseReturnValue:
    """No longer ask anybody to take the lead over."""
    transaction(service.withdraw_successor, team_id, actor=require_actor(), now=utcnow())
    flash(_("已撤回。"), "right")
    return _back(team_id)


def team_page(team_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """Everything that the person asking may see of a team, with what was typed and why it was refused."""
    actor, now, session = require_actor(), utcnow(), reading()
    today = local_date(now)
    found = queries.found_team(session, team_id, actor, today=today)
    team, sight = found.team, found.sight
    values: dict[str, Any] = {
        "team": team,
        "team_name": team_name(team),
        "organisation_name": in_language(team.organisation.name_zh, team.organisation.name_en),
        "sight": sight,
        "actor_id": actor.id,
        "members": queries.members_of(session, team_id, today=today) if sight.sees_people else (),
        "waiting": queries.waiting_at(session, team_id) if sight.runs else (),
        "invitations": queries.open_invitations(session, team_id, now=now) if sight.runs else (),
        "own_request": queries.own_request(session, team_id, actor.id),
        "shows_addresses": refused is None or not sight.looks_in,
        "is_asked": team.successor_id == actor.id and sight.is_member,
        "key": new_key(),
        "today": today,
        "step": request.endpoint,
    }
    if refused is not None:
        return again("teams/show.html", refused, **values)
    shown = render_template("teams/show.html", form={}, problems={}, **values)
    if sight.looks_in:
        transaction(note_team, team_id, actor=actor, now=now)
    return shown


def team_name(team: Team) -> str:
    """The team's name in the reader's language."""
    return in_language(team.name_zh, team.name_en)


def _run(team_id: int) -> Found:
    """The team, for who runs it."""
    found = queries.found_team(reading(), team_id, require_actor(), today=local_date(utcnow()))
    if not found.sight.runs:
        raise Forbidden
    return found


def _edit_page(team: Team, refused: Refused | None = None) -> ResponseReturnValue:
    """The form for a team's names."""
    values = {"team": team, "team_name": team_name(team)}
    if refused is not None:
        return again("teams/edit.html", refused, **values)
    form = {"name_zh": team.name_zh, "name_en": team.name_en}
    return render_template("teams/edit.html", form=form, problems={}, **values)


def _ending(team_id: int, member_id: int) -> tuple[Found, TeamMember]:
    """A membership that the person asking may end; raises NotFound or Forbidden."""
    actor, today = require_actor(), local_date(utcnow())
    found = queries.found_team(reading(), team_id, actor, today=today)
    members = queries.members_of(reading(), team_id, today=today) if found.sight.sees_people else ()
    member = next((one for one in members if one.id == member_id), None)
    if member is None:
        raise NotFound
    if not (found.sight.runs or member.user_id == actor.id):
        raise Forbidden
    return found, member


def _end_page(team_id: int, member_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The form for ending one membership."""
    found, member = _ending(team_id, member_id)
    today = local_date(utcnow())
    values = {
        "team": found.team,
        "team_name": team_name(found.team),
        "member": member,
        "is_own": member.user_id == require_actor().id,
        "today": today,
        "yesterday": today - timedelta(days=1),
    }
    if refused is not None:
        return again("teams/end_membership.html", refused, **values)
    return render_template("teams/end_membership.html", form={}, problems={}, **values)


def _back(team_id: int) -> ResponseReturnValue:
    """To the team's page."""
    return redirect(url_for(".show", team_id=team_id), code=303)
