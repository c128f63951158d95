"""The pages for signing in and out."""

from datetime import datetime

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_user, logout_user

from booking.accounts import limits, passwords, queries
from booking.accounts import sign_ins as service
from booking.accounts.forms import SignInForm
from booking.accounts.identity import session_key
from booking.accounts.queries import Credentials
from booking.accounts.views.again import again, origin
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, Problem, Refused
from booking.core.texts import N_
from booking.web import signed_in
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form

TEMPLATE = "accounts/sign_in.html"


def sign_in() -> ResponseReturnValue:
    """Sign in with address and password, and go on to where one wanted to."""
    target = own_path(request.values.get("next", ""))
    if request.method == "GET":
        if signed_in.actor() is not None:
            return redirect(target, code=303)
        return render_template(TEMPLATE, form={}, problems={}, target=target)
    try:
        _enter(read_form(SignInForm))
    except Refused as refused:
        return again(TEMPLATE, refused, target=target, unconfirmed=isinstance(refused, service.Unconfirmed))
    return redirect(target, code=303)


def _enter(form: SignInForm) -> None:
    """Check the password and open a session; raises TooMany, WrongCredentials or Unconfirmed."""
    now = utcnow()
    found = verified(form.email, form.password, now=now)
    if not found.is_confirmed:
        transaction(limits.forget_failures, found.email)
        raise service.Unconfirmed
    transaction(service.note_success, found.user_id, found.email, origin=origin(), now=now)
    if found.password_hash and passwords.is_outdated(found.password_hash):
        transaction(service.refresh_hash, found.user_id, found.password_hash, passwords.hashed(form.password))
    open_session(found.user_id, found.credential_version)


def verified(email: str, password: str, *, now: datetime) -> Credentials:
    """The credentials of `email` when the password is theirs; counted as a failure until it is known.

    Raises TooMany or WrongCredentials, and takes as long when there is no such account.
    """
    transaction(limits.count_sign_in, email, origin=origin(), now=now)
    found = queries.credentials_of(reading(), email)
    if not passwords.matches(found.password_hash if found else None, password) or found is None:
        transaction(service.note_failure, found.user_id if found else None, origin=origin(), now=now)
        raise service.WrongCredentials
    return found


def prove(actor: Actor, password: str, *, now: datetime) -> Credentials:
    """The credentials of somebody signed in whose `current_password` is right; counts like a sign-in.

    Raises TooMany or InvalidInput.
    """
    try:
        return verified(actor.email, password, now=now)
    except service.WrongCredentials as wrong:
        raise InvalidInput([Problem("current_password", N_("当前密码不正确。"))]) from wrong


def open_session(user_id: int, credential_version: int) -> None:
    """Start a new cookie session for fourteen days; nothing of the one before stays in it."""
    session.clear()
    session.permanent = True
    user = signed_in.load_user(session_key(user_id, credential_version))
    login_user(user)


def sign_out() -> ResponseReturnValue:
    """End the session of this browser."""
    logout_user()
    session.clear()
    flash(_("您已退出登录。"))
    return redirect(url_for("search.index"), code=303)


def own_path(wanted: str) -> str:
    """The path when it lies within this site, else what waits for the person; never another host or scheme."""
    front = url_for("home.index")
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted or not wanted.isprintable():
        return front
    return front if wanted.startswith("/sign-") else wanted
