"""Grants in the HTTP API: who has which role where; giving, ending, standing in; what somebody may do, and why."""

from typing import Any, cast

from flask import Blueprint, Flask, Response, jsonify
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from sqlalchemy.orm import Session

from booking.accounts import grant_queries, queries
from booking.accounts.answers import ScopeAnswer
from booking.accounts.deactivation import deactivate_account, reactivate_account
from booking.accounts.delegating import delegate_grant
from booking.accounts.ending import end_grant, keep_grant
from booking.accounts.grant_answers import (
    AccountAnswer,
    GrantHistoryAnswer,
    GrantsAnswer,
    HeldGrantAnswer,
    LackAnswer,
    LoggedGrantAnswer,
    PermissionsAnswer,
    person_answer,
    reason_answer,
)
from booking.accounts.grant_forms import (
    ClosingReasonForm,
    DeactivationForm,
    DelegateForm,
    EndForm,
    GrantsQuery,
    NewGrantForm,
    ScopeQuery,
)
from booking.accounts.grants import give_by_address
from booking.accounts.looking import note_roles
from booking.accounts.succession import SuccessorNeeded
from booking.core.clock import local_date, utcnow
from booking.core.errors import Refused
from booking.web.errors import add_to_problem
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor
from models.accounts import Grant, User

bp = Blueprint("grant_api", __name__, url_prefix="/api/v1")

TAG = "grants"
STEP = (400, 401, 403, 404, 409, 415, 422)


def members_of(refused: Refused) -> dict[str, Any]:
    """What lacks a successor, beside the problem that says so."""
    if not isinstance(refused, SuccessorNeeded):
        return {}
    return {"lacking": [LackAnswer.of(lack).model_dump(mode="json") for lack in refused.lacks]}


bp.record_once(lambda state: add_to_problem(cast("Flask", state.app), members_of))


@bp.get("/grants")
@documented(tag=TAG, answers={200: GrantsAnswer}, query=GrantsQuery, refusals=(400, 401, 404, 422))
def list_grants() -> ResponseReturnValue:
    """Who has which role at a scope, below it, and from above it; for administrators and auditors."""
    actor, form = require_actor(), read_query(GrantsQuery)
    target = grant_queries.scope_seen(reading(), form.scope_kind, form.scope_id, actor)
    wanted = grant_queries.Wanted(form.role, form.person, form.with_ended)
    page = grant_queries.grants_at(
        reading(),
        form.scope_kind,
        target,
        wanted,
        today=local_date(utcnow()),
        limit=form.limit,
        cursor=form.cursor,
    )
    transaction(note_roles, target, [one.grant.user_id for one in page.items], actor=actor, now=utcnow())
    answer = GrantsAnswer(items=[HeldGrantAnswer.of(one) for one in page.items], next_cursor=page.next_cursor)
    return _json(answer)


@bp.post("/grants")
@documented(tag=TAG, answers={201: HeldGrantAnswer}, body=NewGrantForm, refusals=(400, 401, 403, 415, 422))
def give() -> ResponseReturnValue:
    """Give a role to the account with an address, where one may."""
    actor, now, form = require_actor(), utcnow(), read_json(NewGrantForm)

    def work(session: Session) -> dict[str, Any]:
        made = give_by_address(
            session,
            form.email,
            form.role,
            (form.scope_kind, form.scope_id),
            days=(form.starts_on or local_date(now), form.ends_on),
            reason=form.change_reason,
            actor=actor,
            now=now,
        )
        return _shown(session, made)

    return _json(create_once(work, actor=actor, now=now)[0], 201)


@bp.post("/grants/<int:grant_id>/end")
@documented(tag=TAG, answers={200: HeldGrantAnswer, 204: None}, body=EndForm, refusals=STEP)
def end(grant_id: int) -> ResponseReturnValue:
    """Let a grant hold until a last day; 204 when it never begins. `lacking` names what needs a successor."""
    actor, now, form = require_actor(), utcnow(), read_json(EndForm)

    def work(session: Session) -> dict[str, Any] | None:
        ended = end_grant(
            session,
            grant_id,
            last_day=form.last_day or local_date(now),
            successor=form.successor,
            reason=form.reason,
            actor=actor,
            now=now,
        )
        return _shown(session, ended) if ended in session else None

    answer = transaction(work)
    return _json(answer) if answer else ("", 204)


@bp.post("/grants/<int:grant_id>/keep")
@documented(tag=TAG, answers={200: HeldGrantAnswer}, refusals=(401, 403, 404, 409))
def keep(grant_id: int) -> ResponseReturnValue:
    """Let a grant that waited for a successor hold for good: its holder stays after all."""
    actor, now = require_actor(), utcnow()

    def work(session: Session) -> dict[str, Any]:
        return _shown(session, keep_grant(session, grant_id, actor=actor, now=now))

    return _json(transaction(work))


@bp.post("/grants/<int:grant_id>/delegate")
@documented(tag=TAG, answers={201: HeldGrantAnswer}, body=DelegateForm, refusals=(400, 401, 403, 404, 415, 422))
def delegate(grant_id: int) -> ResponseReturnValue:
    """Let somebody stand in for a role of one's own, for a while; it ends by itself."""
    actor, now, form = require_actor(), utcnow(), read_json(DelegateForm)

    def work(session: Session) -> dict[str, Any]:
        made = delegate_grant(session, grant_id, form.email, form.starts_on, form.ends_on, actor=actor, now=now)
        return _shown(session, made)

    return _json(create_once(work, actor=actor, now=now)[0], 201)


@bp.get("/grants/history")
@documented(tag=TAG, answers={200: GrantHistoryAnswer}, query=ScopeQuery, refusals=(400, 401, 404, 422))
def history() -> ResponseReturnValue:
    """What was logged of grants at a scope and within it, the latest first."""
    form = read_query(ScopeQuery)
    target = grant_queries.scope_seen(reading(), form.scope_kind, form.scope_id, require_actor())
    told = grant_queries.history_at(reading(), form.scope_kind, target)
    return _json(GrantHistoryAnswer(items=[LoggedGrantAnswer.of(row) for row in told], next_cursor=None))


@bp.get("/people/<int:user_id>/permissions")
@documented(tag=TAG, answers={200: PermissionsAnswer}, query=ScopeQuery, refusals=(400, 401, 404, 422))
def permissions(user_id: int) -> ResponseReturnValue:
    """What somebody may do at a scope, each with the grants that give it; one's own, or within one's reach."""
    actor, form, session = require_actor(), read_query(ScopeQuery), reading()
    person = grant_queries.person_seen(session, user_id, actor)
    target = grant_queries.scope_asked(session, form.scope_kind, form.scope_id, person.id, actor)
    transaction(note_roles, target, [person.id], actor=actor, now=utcnow())
    session = reading()
    zh, en = queries.scope_names(session, form.scope_kind, form.scope_id)
    found = grant_queries.reasons(session, person.id, target, today=local_date(utcnow()))
    answer = PermissionsAnswer(
        person=person_answer(person),
        scope=ScopeAnswer(kind=form.scope_kind, id=form.scope_id, name=zh, name_en=en),
        permissions=[reason_answer(reason) for reason in found],
    )
    return _json(answer)


@bp.post("/people/<int:user_id>/deactivate")
@documented(tag=TAG, answers={200: AccountAnswer}, body=DeactivationForm, refusals=STEP)
def deactivate(user_id: int) -> ResponseReturnValue:
    """Close an account at once, naming in the same step who takes over; for the platform's administrators."""
    actor, now, form = require_actor(), utcnow(), read_json(DeactivationForm)
    user = transaction(
        deactivate_account, user_id, reason=form.reason, successors=form.successors, actor=actor, now=now
    )
    return _json(_account(user))


@bp.post("/people/<int:user_id>/reactivate")
@documented(tag=TAG, answers={200: AccountAnswer}, body=ClosingReasonForm, refusals=STEP)
def reactivate(user_id: int) -> ResponseReturnValue:
    """Open a closed account again, without the roles it had."""
    form = read_json(ClosingReasonForm)
    user = transaction(reactivate_account, user_id, reason=form.reason, actor=require_actor(), now=utcnow())
    return _json(_account(user))


def _shown(session: Session, grant: Grant) -> dict[str, Any]:
    """A grant as it is now, with its names."""
    session.flush()
    return HeldGrantAnswer.of(grant_queries.grant_in_full(session, grant.id)).model_dump(mode="json")


def _account(user: User) -> AccountAnswer:
    """An account as its answer."""
    return AccountAnswer(id=user.id, name=user.name, email=user.email, deactivated_at=user.deactivated_at)


def _json(answer: BaseModel | dict[str, Any], status: int = 200) -> Response:
    """The answer as JSON, kept by nobody."""
    response = jsonify(answer.model_dump(mode="json") if isinstance(answer, BaseModel) else answer)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
