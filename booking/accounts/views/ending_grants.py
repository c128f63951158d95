"""The pages on which a role ends, is kept, or passes to who stands in."""

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts import grant_queries, queries
from booking.accounts.delegating import delegate_grant
from booking.accounts.ending import end_grant, keep_grant
from booking.accounts.grant_forms import DelegatePage, EndPage
from booking.accounts.grants import may_give
from booking.accounts.labels import ROLES, SCOPE_KINDS
from booking.accounts.looking import note_roles
from booking.accounts.permissions import Permission, may
from booking.accounts.succession import Lack, SuccessorNeeded
from booking.accounts.views.again import again
from booking.accounts.views.grants import list_url, scope_name
from booking.core.actors import Target
from booking.core.clock import local_date, utcnow
from booking.core.errors import Conflict, Forbidden, InvalidInput, Problem, Refused
from booking.web.extensions import reading, transaction
from booking.web.languages import in_language
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.accounts import ScopeKind


@signed_in
def end(grant_id: int) -> ResponseReturnValue:
    """Ask for the last day and, where nobody would be left, for a successor; then end the role."""
    if request.method == "GET":
        return _end_page(grant_id)
    try:
        form = read_form(EndPage)
        actor, now = require_actor(), utcnow()
        transaction(
            end_grant,
            grant_id,
            last_day=form.last_day,
            successor=form.successor,
            reason=form.reason,
            actor=actor,
            now=now,
        )
    except SuccessorNeeded as needed:
        return _end_page(grant_id, needed, lacks=needed.lacks)
    except InvalidInput as invalid:
        return _end_page(grant_id, _at_field(invalid, grant_id))
    flash(_("已结束这个角色。"), "right")
    return redirect(url_for(".show", _anchor="grants"), code=303)


@signed_in
def keep(grant_id: int) -> ResponseReturnValue:
    """Let a role that waited for a successor hold for good."""
    try:
        transaction(keep_grant, grant_id, actor=require_actor(), now=utcnow())
    except Conflict as refused:
        return _end_page(grant_id, refused)
    flash(_("这个角色将保留，不再等待接任者。"), "right")
    return redirect(url_for(".end_grant", grant_id=grant_id), code=303)


@signed_in
def delegate(grant_id: int) -> ResponseReturnValue:
    """Ask who stands in and for how long; then hand the role on."""
    if request.method == "GET":
        return _delegate_page(grant_id)
    actor, now = require_actor(), utcnow()
    try:
        form = read_form(DelegatePage)

        def work(session: Session) -> dict[str, Any]:
            made = delegate_grant(session, grant_id, form.email, form.starts_on, form.ends_on, actor=actor, now=now)
            return {"id": made.id}

        create_once(work, actor=actor, now=now)
    except InvalidInput as invalid:
        return _delegate_page(grant_id, invalid)
    flash(_("已委托，到期自动结束。"), "right")
    return redirect(url_for(".show", _anchor="grants"), code=303)


def lacks_shown(lacks: list[Lack]) -> list[dict[str, Any]]:
    """Roles that need a successor, in the reader's words."""
    return [
        {
            "grant_id": lack.grant_id,
            "role": _(ROLES[lack.role]),
            "scope": in_language(lack.scope_name_zh, lack.scope_name_en) or _(SCOPE_KINDS[lack.scope_kind]),
        }
        for lack in lacks
    ]


def _end_page(grant_id: int, refused: Refused | None = None, lacks: list[Lack] | None = None) -> ResponseReturnValue:
    """The form for ending one role."""
    actor, today = require_actor(), local_date(utcnow())
    shown = grant_queries.grant_seen(reading(), grant_id, actor)
    grant = shown.grant
    target = queries.target_of(reading(), grant.scope_kind, grant.scope_id)
    source = grant_queries.source_of(reading(), grant)
    if not may_give(actor, grant.role, target) and actor.id not in {grant.user_id, source}:
        raise Forbidden
    values = {
        "one": shown,
        "is_own": grant.user_id == actor.id,
        "runs_out": grant_queries.runs_out(reading(), grant_id, today=today),
        "may_keep": may_give(actor, grant.role, target),
        "lacks": lacks_shown(lacks or []),
        "today": today,
        "yesterday": today - timedelta(days=1),
        "role_name": _(ROLES[grant.role]),
        "scope_name": scope_name(grant.scope_kind, shown.scope_name_zh, shown.scope_name_en),
        "back": _back(grant.scope_kind, grant.scope_id, target),
    }
    if refused is not None:
        return again("accounts/end_grant.html", refused, **values)
    rendered = render_template("accounts/end_grant.html", form={}, problems={}, **values)
    if target is not None and may(actor, Permission.SEE_GRANTS, target):
        transaction(note_roles, target, [grant.user_id], actor=actor, now=utcnow())
    return rendered


def _delegate_page(grant_id: int, refused: Refused | None = None) -> ResponseReturnValue:
    """The form for standing in for a role of one's own."""
    actor, today = require_actor(), local_date(utcnow())
    shown = grant_queries.own_grant(reading(), grant_id, actor, today=today)
    values = {
        "one": shown,
        "today": today,
        "role_name": _(ROLES[shown.grant.role]),
        "scope_name": scope_name(shown.grant.scope_kind, shown.scope_name_zh, shown.scope_name_en),
        "key": new_key(),
    }
    if refused is not None:
        return again("accounts/delegate.html", refused, **values)
    return render_template("accounts/delegate.html", form={}, problems={}, **values)


def _at_field(invalid: InvalidInput, grant_id: int) -> InvalidInput:
    """The successor's problem at the page's one field for it."""
    return InvalidInput(
        [
            Problem("successor" if one.field == f"successor_{grant_id}" else one.field, one.message, one.values)
            for one in invalid.problems
        ]
    )


def _back(kind: ScopeKind, scope_id: int | None, target: Target | None) -> str:
    """Where ending was asked for: the list of the scope for who sees it, else one's account."""
    if target is not None and may(require_actor(), Permission.SEE_GRANTS, target):
        return list_url(kind, scope_id)
    return url_for("accounts.show", _anchor="grants")
