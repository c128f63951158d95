"""The pages of one's own teams, of an organisation's teams, and for making one."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may, require
from booking.accounts.views.again import again
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, Refused
from booking.directory.queries import organisation
from booking.teams import queries, service
from booking.teams.forms import ListPage, NewTeamPage
from booking.web.extensions import reading
from booking.web.languages import in_language
from booking.web.reading import read_form, read_query
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.accounts import ScopeKind
from models.vocabulary.teams import JoinState

PER_PAGE = 50


@signed_in
def mine() -> ResponseReturnValue:
    """Show one's own teams, what one asked for, and which leads one has been asked to take over."""
    actor, today, session = require_actor(), local_date(utcnow()), reading()
    cursor = read_query(ListPage).cursor
    page = queries.teams_of(session, actor.id, today=today, limit=PER_PAGE, cursor=cursor)
    creates = {
        grant.scope_id
        for grant in actor.grants
        if grant.scope_kind == ScopeKind.ORGANISATION and may(actor, Permission.CREATE_TEAM, Target(grant.scope_id))
    }
    return render_template(
        "teams/mine.html",
        teams=page.items,
        actor_id=actor.id,
        next_url=url_for(".mine", cursor=page.next_cursor) if page.next_cursor else None,
        requests=[one for one in queries.requests_of(session, actor.id) if one.state != JoinState.APPROVED],
        asked=queries.asked_to_lead(session, actor.id, today=today),
        places=[organisation(session, one) for one in sorted(filter(None, creates))],
    )


@signed_in
def index(organisation_id: int) -> ResponseReturnValue:
    """Show the teams of an organisation by name, to ask one to let oneself in."""
    place = organisation(reading(), organisation_id)
    page = queries.teams_at(reading(), organisation_id, limit=PER_PAGE, cursor=read_query(ListPage).cursor)
    return render_template(
        "teams/index.html",
        organisation=place,
        organisation_name=in_language(place.name_zh, place.name_en),
        teams=page.items,
        next_url=url_for(".index", organisation_id=organisation_id, cursor=page.next_cursor)
        if page.next_cursor
        else None,
        may_create=may(require_actor(), Permission.CREATE_TEAM, Target(organisation_id)),
    )


@signed_in
def new(organisation_id: int) -> ResponseReturnValue:
    """Ask for a team's name and lead; then make it."""
    if request.method == "GET":
        return _new_page(organisation_id)
    actor, now = require_actor(), utcnow()
    _require_creating(organisation_id)
    try:
        form = read_form(NewTeamPage)

        def work(session: Session) -> dict[str, Any]:
            made = service.create_team(
                session, organisation_id, form.name_zh, form.name_en, form.lead, actor=actor, now=now
            )
            return {"id": made.id}

        team_id = create_once(work, actor=actor, now=now)[0]["id"]
    except InvalidInput as invalid:
        return _new_page(organisation_id, invalid)
    flash(_("课题组已创建。"), "right")
    return redirect(url_for(".show", team_id=team_id), code=303)


def _require_creating(organisation_id: int) -> None:
    """Refuse who may not make teams here, after NotFound for what does not exist."""
    organisation(reading(), organisation_id)
    require(require_actor(), Permission.CREATE_TEAM, Target(organisation_id))


def _new_page(organisation_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The form for a new team."""
    _require_creating(organisation_id)
    place = organisation(reading(), organisation_id)
    actor = require_actor()
    values = {
        "organisation": place,
        "organisation_name": in_language(place.name_zh, place.name_en),
        "may_choose_lead": may(actor, Permission.MANAGE_TEAMS, Target(organisation_id)),
        "own_email": actor.email,
        "key": new_key(),
    }
    if refused is not None:
        return again("teams/new.html", refused, **values)
    return render_template("teams/new.html", form={}, problems={}, **values)
