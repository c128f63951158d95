"""The page of one's personal access tokens."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from booking.accounts import queries
from booking.accounts import tokens as service
from booking.accounts.forms import TokenForm
from booking.accounts.tokens import NewToken
from booking.accounts.views.again import again
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import Refused
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.accounts import TokenScope

TEMPLATE = "accounts/tokens.html"
LIFETIMES = (30, 90, 180, 365)


@signed_in
def tokens() -> ResponseReturnValue:
    """List the tokens, and offer to make one."""
    return render_template(TEMPLATE, form={}, problems={}, made=None, **_shown())


@signed_in
def make_token() -> ResponseReturnValue:
    """Make a token and show its secret this one time."""
    actor, now = require_actor(), utcnow()
    try:
        form = read_form(TokenForm)

        def work(session: Session) -> dict[str, Any]:
            token, secret = service.make_token(session, wanted(form), actor=actor, now=now)
            return {"name": token.name, "secret": secret}

        made, _repeated = create_once(work, actor=actor, now=now)
    except Refused as refused:
        return again(TEMPLATE, refused, made=None, **_shown())
    return render_template(TEMPLATE, form={}, problems={}, made=made, **_shown())


@signed_in
def revoke_token(token_id: int) -> ResponseReturnValue:
    """End a token at once."""
    transaction(service.revoke_token, token_id, actor=require_actor(), now=utcnow())
    flash(_("访问令牌已撤销，使用它的程序不能再访问。"), "right")
    return redirect(url_for(".tokens"), code=303)


def wanted(form: TokenForm) -> NewToken:
    """The form as the service takes it; writing includes reading."""
    return NewToken(form.name, TokenScope.WRITE in form.scopes, form.days)


def _shown() -> dict[str, Any]:
    """What the page shows beside its form."""
    actor: Actor = require_actor()
    found = queries.tokens_of(reading(), actor.id, limit=service.MOST_TOKENS)
    return {"tokens": found.items, "now": utcnow(), "key": new_key(), "lifetimes": LIFETIMES}
