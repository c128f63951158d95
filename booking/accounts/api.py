"""The accounts of the HTTP API."""

from typing import Any

from flask import Blueprint, jsonify, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.accounts import audit_log, queries, tokens
from booking.accounts.answers import (
    AuditEntriesAnswer,
    AuditEntryAnswer,
    MadeTokenAnswer,
    TokenAnswer,
    TokensAnswer,
)
from booking.accounts.forms import AuditQuery, TokenForm, TokensQuery
from booking.accounts.looking import note_entries
from booking.accounts.permissions import Permission, reach
from booking.accounts.tokens import NewToken
from booking.core.clock import utcnow
from booking.core.errors import Forbidden
from booking.core.texts import N_
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import read_json, read_query
from booking.web.repeats import create_once
from booking.web.signed_in import require_actor, uses_token
from models.vocabulary.accounts import TokenScope

bp = Blueprint("accounts_api", __name__, url_prefix="/api/v1")

TAG = "accounts"


@bp.get("/tokens")
@documented(tag=TAG, answers={200: TokensAnswer}, query=TokensQuery, refusals=(400, 401, 422))
def list_tokens() -> ResponseReturnValue:
    """The caller's personal access tokens, the newest first, without their secrets."""
    actor, wanted = require_actor(), read_query(TokensQuery)
    page = queries.tokens_of(reading(), actor.id, limit=wanted.limit, cursor=wanted.cursor)
    answer = TokensAnswer(items=[TokenAnswer.of(token) for token in page.items], next_cursor=page.next_cursor)
    return jsonify(answer.model_dump(mode="json"))


@bp.post("/tokens")
@documented(tag=TAG, answers={201: MadeTokenAnswer}, body=TokenForm, refusals=(400, 401, 403, 415, 422))
def make_token() -> ResponseReturnValue:
    """Make a personal access token; its secret is answered once. Not with a token: only with a session."""
    actor, now = require_actor(), utcnow()
    if uses_token():
        raise Forbidden(N_("访问令牌不能用来创建访问令牌，请登录网页后创建。"))
    form = read_json(TokenForm)

    def work(session: Session) -> dict[str, Any]:
        wanted = NewToken(form.name, TokenScope.WRITE in form.scopes, form.days)
        token, secret = tokens.make_token(session, wanted, actor=actor, now=now)
        return TokenAnswer.of(token).model_dump(mode="json") | {"secret": secret}

    made, _repeated = create_once(work, actor=actor, now=now)
    response = jsonify(made)
    response.status_code = 201
    response.headers["Location"] = url_for(".list_tokens")
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.delete("/tokens/<int:token_id>")
@documented(tag=TAG, answers={204: None}, refusals=(401, 403, 404))
def revoke_token(token_id: int) -> ResponseReturnValue:
    """End one of the caller's tokens at once."""
    transaction(tokens.revoke_token, token_id, actor=require_actor(), now=utcnow())
    return "", 204


@bp.get("/audit-entries")
@documented(tag=TAG, answers={200: AuditEntriesAnswer}, query=AuditQuery, refusals=(400, 401, 403, 422))
def list_audit_entries() -> ResponseReturnValue:
    """The audit log within the caller's reach, the newest first."""
    within = reach(require_actor(), Permission.SEE_AUDIT)
    if not within:
        raise Forbidden
    query = read_query(AuditQuery)
    page = audit_log.page(reading(), audit_log.wanted(query), within, limit=query.limit, cursor=query.cursor)
    transaction(note_entries, page.items, within, actor=require_actor(), now=utcnow())
    items = [AuditEntryAnswer.model_validate(entry, from_attributes=True) for entry in page.items]
    return jsonify(AuditEntriesAnswer(items=items, next_cursor=page.next_cursor).model_dump(mode="json"))
