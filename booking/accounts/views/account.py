"""The page of one's own account."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts import credentials, grant_queries, passwords, profiles
from booking.accounts.forms import PasswordForm, ProfileForm
from booking.accounts.labels import LANGUAGES, ROLES, SCOPE_KINDS
from booking.accounts.views.again import again
from booking.accounts.views.sign_in import open_session, prove
from booking.core import forms
from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, Refused
from booking.web.extensions import reading, transaction
from booking.web.reading import posted, read_form
from booking.web.signed_in import require_actor, signed_in


@signed_in
def show() -> ResponseReturnValue:
    """Show the account: name, language, address, password, grants."""
    actor = require_actor()
    form = {"name": actor.name, "language": actor.language}
    return render_template("accounts/show.html", form=form, problems={}, **_shown())


@signed_in
def change_profile() -> ResponseReturnValue:
    """Change name and language; the page goes on in the language chosen."""
    try:
        form = read_form(ProfileForm)
    except InvalidInput as invalid:
        return again("accounts/show.html", invalid, **_shown())
    transaction(profiles.change_profile, form.name, form.language, actor=require_actor(), now=utcnow())
    flash(_("已保存。"), "right")
    return redirect(url_for(".show", lang=form.language.value), code=303)


@signed_in
def change_password() -> ResponseReturnValue:
    """Change the password; every other session ends."""
    actor = require_actor()
    try:
        version = _change_password()
    except Refused as refused:
        form = {"name": actor.name, "language": actor.language}
        return again("accounts/show.html", refused, typed=form, **_shown())
    open_session(actor.id, version)
    flash(_("密码已修改，其他设备上的登录都已退出。"), "right")
    return redirect(url_for(".show"), code=303)


def _change_password() -> int:
    """Check the old password, which counts like a sign-in, and set the new one; the new credential version."""
    actor, now = require_actor(), utcnow()
    form = forms.read(PasswordForm, {**posted(), "email": actor.email})
    found = prove(actor, form.current_password, now=now)
    new_hash = passwords.hashed(form.password)
    return transaction(credentials.change_password, found.password_hash or "", new_hash, actor=actor, now=now)


def _shown() -> dict[str, Any]:
    """What the page shows beside its forms."""
    actor = require_actor()
    return {
        "actor": actor,
        "grants": grant_queries.grants_concerning(reading(), actor.id, today=local_date(utcnow())),
        "role_names": ROLES,
        "scope_kinds": SCOPE_KINDS,
        "languages": [(language.value, label) for language, label in LANGUAGES.items()],
        "is_password": request.endpoint == "accounts.change_password",
    }
