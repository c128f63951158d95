"""The caller's own account in the HTTP API."""

from dataclasses import replace

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from booking.accounts import credentials, passwords, profiles, queries
from booking.accounts.answers import GrantAnswer, MeAnswer, scopes_of
from booking.accounts.forms import PasswordChange, PasswordForm, ProfileChange
from booking.accounts.views.sign_in import open_session, prove
from booking.core import forms
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.web.extensions import reading, transaction
from booking.web.openapi import documented
from booking.web.reading import if_match, read_json
from booking.web.signed_in import require_actor, uses_token

bp = Blueprint("me_api", __name__, url_prefix="/api/v1/me")

TAG = "accounts"
WRITING = (400, 401, 403, 415, 422)


@bp.get("")
@documented(tag=TAG, answers={200: MeAnswer}, refusals=(401,))
def me() -> ResponseReturnValue:
    """The caller, with the grants that hold today or later."""
    return _answer(require_actor())


@bp.patch("")
@documented(tag=TAG, answers={200: MeAnswer}, body=ProfileChange, refusals=(*WRITING, 412))
def change_me() -> ResponseReturnValue:
    """Change the caller's name or language."""
    actor, form, version, now = require_actor(), read_json(ProfileChange), if_match(), utcnow()
    name, language = transaction(
        profiles.change_profile, form.name, form.language, actor=actor, now=now, expected_version=version
    )
    return _answer(replace(actor, name=name, language=language))


@bp.post("/change-password")
@documented(tag=TAG, answers={204: None}, body=PasswordChange, refusals=(*WRITING, 409, 429))
def change_password() -> ResponseReturnValue:
    """Change the caller's password; every other session ends, tokens stay. A wrong current one counts as a failure."""
    actor, now, typed = require_actor(), utcnow(), read_json(PasswordChange)
    form = forms.read(PasswordForm, {**typed.model_dump(), "email": actor.email})
    found = prove(actor, form.current_password, now=now)
    new_hash = passwords.hashed(form.password)
    version = transaction(credentials.change_password, found.password_hash or "", new_hash, actor=actor, now=now)
    if not uses_token():
        open_session(actor.id, version)
    return "", 204


def _answer(actor: Actor) -> Response:
    """The caller as the API shows them."""
    grants = queries.grants_of(reading(), actor.id, local_date(utcnow()))
    answer = MeAnswer(
        id=actor.id,
        email=actor.email,
        name=actor.name,
        language=actor.language,
        scopes=scopes_of(actor.may_write),
        grants=[GrantAnswer.of(grant) for grant in grants],
    )
    response = jsonify(answer.model_dump(mode="json"))
    response.set_etag(str(profiles.version_of(actor.name, actor.language)))
    return response
