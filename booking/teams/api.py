"""Teams in the HTTP API."""

from typing import Any

from flask import Blueprint, Response, jsonify, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from booking.core.clock import local_date, utcnow
from booking.teams import answers, joining, queries, service
from booking.teams.answers import TeamAnswer, TeamInvitationAnswer, TeamRequestAnswer, TeamsAnswer
from booking.teams.forms import (
    DecisionForm,
    DeputyForm,
    InviteForm,
    JoinForm,
    LastDayForm,
    LeadAnswerForm,
    MemberForm,
    NewTeamForm,
    RefusalForm,
    TeamForm,
    TeamsQuery,
)
from booking.teams.looking import note_team
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.teams import TeamRequest

bp = Blueprint("teams_api", __name__, url_prefix="/api/v1/teams")

TAG = "teams"
STEP = (400, 401, 403, 404, 409, 415, 422)


@bp.get("")
@documented(tag=TAG, answers={200: TeamsAnswer}, query=TeamsQuery, refusals=(400, 401, 422))
def list_teams() -> ResponseReturnValue:
    """The teams of an organisation, or one's own; the newest first."""
    actor, form = require_actor(), read_query(TeamsQuery)
    if form.organisation is not None:
        page = queries.teams_at(reading(), form.organisation, limit=form.limit, cursor=form.cursor)
    else:
        today = local_date(utcnow())
        page = queries.teams_of(reading(), actor.id, today=today, limit=form.limit, cursor=form.cursor)
    return jsonify(items=[answers.row(team) for team in page.items], next_cursor=page.next_cursor)


@bp.post("")
@documented(tag=TAG, answers={201: TeamAnswer}, body=NewTeamForm, refusals=(400, 401, 403, 404, 415, 422))
def create() -> ResponseReturnValue:
    """Make a team at an organisation, led by oneself or, by its administrators, by somebody else."""
    actor, now, form = require_actor(), utcnow(), read_json(NewTeamForm)

    def work(session: Session) -> dict[str, Any]:
        made = service.create_team(
            session, form.organisation_id, form.name_zh, form.name_en, form.lead, actor=actor, now=now
        )
        return {"id": made.id}

    team_id = create_once(work, actor=actor, now=now)[0]["id"]
    response = _team(team_id)
    response.status_code = 201
    response.headers["Location"] = url_for(".show", team_id=team_id)
    return response


@bp.get("/<int:team_id>")
@documented(tag=TAG, answers={200: TeamAnswer}, refusals=(401, 404))
def show(team_id: int) -> ResponseReturnValue:
    """A team; who belongs to it only for members, those who run it, and auditors."""
    return _team(team_id)


@bp.put("/<int:team_id>")
@documented(tag=TAG, answers={200: TeamAnswer}, body=TeamForm, refusals=(*STEP, 412))
def rename(team_id: int) -> ResponseReturnValue:
    """Call a team something else."""
    form, actor, version = read_json(TeamForm), require_actor(), if_match()
    transaction(service.rename_team, team_id, form.name_zh, form.name_en, version=version, actor=actor, now=utcnow())
    return _team(team_id)


@bp.post("/<int:team_id>/requests")
@documented(tag=TAG, answers={201: TeamRequestAnswer}, body=JoinForm, refusals=STEP)
def ask(team_id: int) -> ResponseReturnValue:
    """Ask to join."""
    actor, now, form = require_actor(), utcnow(), read_json(JoinForm)

    def work(session: Session) -> dict[str, Any]:
        made = joining.ask_to_join(session, team_id, form.message, actor=actor, now=now)
        return answers.request(_read_request(session, made.id))

    return _json(create_once(work, actor=actor, now=now)[0], 201)


@bp.post("/<int:team_id>/requests/<int:request_id>/approve")
@documented(tag=TAG, answers={200: TeamRequestAnswer}, body=DecisionForm, refusals=STEP)
def approve(team_id: int, request_id: int) -> ResponseReturnValue:
    """Let somebody in from today on."""
    return _decide(team_id, request_id, True, read_json(DecisionForm).reason)


@bp.post("/<int:team_id>/requests/<int:request_id>/refuse")
@documented(tag=TAG, answers={200: TeamRequestAnswer}, body=RefusalForm, refusals=STEP)
def refuse(team_id: int, request_id: int) -> ResponseReturnValue:
    """Say no, with a reason."""
    return _decide(team_id, request_id, False, read_json(RefusalForm).reason)


@bp.post("/<int:team_id>/requests/<int:request_id>/withdraw")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404, 409))
def withdraw(team_id: int, request_id: int) -> ResponseReturnValue:
    """Take one's own wish to join back."""
    transaction(joining.withdraw_request, team_id, request_id, actor=require_actor(), now=utcnow())
    return "", 204


@bp.post("/<int:team_id>/members/<int:member_id>/end")
@documented(tag=TAG, answers={200: TeamAnswer}, body=LastDayForm, refusals=STEP)
def end_membership(team_id: int, member_id: int) -> ResponseReturnValue:
    """Let a membership hold until a last day; one's own, or by who runs the team."""
    form, actor, now = read_json(LastDayForm), require_actor(), utcnow()
    transaction(service.end_membership, team_id, member_id, form.last_day, form.reason, actor=actor, now=now)
    return _team(team_id)


@bp.put("/<int:team_id>/members/<int:member_id>/deputy")
@documented(tag=TAG, answers={200: TeamAnswer}, body=DeputyForm, refusals=STEP)
def set_deputy(team_id: int, member_id: int) -> ResponseReturnValue:
    """Make a member a deputy, or a member like others again."""
    form, actor = read_json(DeputyForm), require_actor()
    transaction(service.set_deputy, team_id, member_id, form.is_deputy, actor=actor, now=utcnow())
    return _team(team_id)


@bp.post("/<int:team_id>/lead/ask")
@documented(tag=TAG, answers={200: TeamAnswer}, body=MemberForm, refusals=STEP)
def ask_successor(team_id: int) -> ResponseReturnValue:
    """Ask a member to take the lead over."""
    form = read_json(MemberForm)
    transaction(service.ask_successor, team_id, form.member, actor=require_actor(), now=utcnow())
    return _team(team_id)


@bp.post("/<int:team_id>/lead/answer")
@documented(tag=TAG, answers={200: TeamAnswer}, body=LeadAnswerForm, refusals=STEP)
def answer_lead(team_id: int) -> ResponseReturnValue:
    """Take the lead over, as one was asked to, or decline."""
    form = read_json(LeadAnswerForm)
    transaction(service.answer_lead, team_id, form.accepts, actor=require_actor(), now=utcnow())
    return _team(team_id)


@bp.post("/<int:team_id>/lead/withdraw")
@documented(tag=TAG, answers={200: TeamAnswer}, refusals=(401, 403, 404, 409))
def withdraw_successor(team_id: int) -> ResponseReturnValue:
    """No longer ask anybody to take the lead over."""
    transaction(service.withdraw_successor, team_id, actor=require_actor(), now=utcnow())
    return _team(team_id)


@bp.post("/<int:team_id>/invitations")
@documented(tag=TAG, answers={201: TeamInvitationAnswer}, body=InviteForm, refusals=STEP)
def invite(team_id: int) -> ResponseReturnValue:
    """Mail a link into the team to an address, or to whom a staff number of the institution belongs."""
    actor, now, form = require_actor(), utcnow(), read_json(InviteForm)

    def work(session: Session) -> dict[str, Any]:
        return answers.invitation(joining.invite(session, team_id, form, actor=actor, now=now))

    return _json(create_once(work, actor=actor, now=now)[0], 201)


@bp.delete("/<int:team_id>/invitations/<int:invitation_id>")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404))
def revoke_invitation(team_id: int, invitation_id: int) -> ResponseReturnValue:
    """Make an invitation useless."""
    transaction(joining.revoke_invitation, team_id, invitation_id, actor=require_actor(), now=utcnow())
    return "", 204


@bp.post("/invitations/<secret>/accept")
@documented(tag=TAG, answers={200: TeamAnswer}, refusals=(401, 403, 410))
def take_up(secret: str) -> ResponseReturnValue:
    """Join by the secret of a mailed link, with the address it was mailed to."""
    return _team(transaction(joining.take_up, secret, actor=require_actor(), now=utcnow()))


def _decide(team_id: int, request_id: int, approves: bool, reason: str) -> Response:
    """Decide, and answer with the request as it is now."""
    actor, now = require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        joining.decide_request(session, team_id, request_id, approves, reason, actor=actor, now=now)
        return answers.request(_read_request(session, request_id))

    return _json(transaction(work))


def _read_request(session: Session, request_id: int) -> TeamRequest:
    """A wish to join with its person."""
    session.flush()
    wanted = select(TeamRequest).where(TeamRequest.id == request_id).options(joinedload(TeamRequest.user))
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def _team(team_id: int) -> Response:
    """The team as it is now, with its version as ETag."""
    actor, now = require_actor(), utcnow()
    found = queries.found_team(reading(), team_id, actor, today=local_date(now))
    if found.sight.looks_in:
        transaction(note_team, team_id, actor=actor, now=now)
    response = _json(answers.team(reading(), found, viewer=actor, now=now))
    response.set_etag(str(found.team.version))
    return response


def _json(answer: dict[str, Any], status: int = 200) -> Response:
    """The answer as JSON, kept by nobody."""
    response = jsonify(answer)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
