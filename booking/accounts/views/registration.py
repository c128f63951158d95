"""The pages for registering and for confirming an address."""

from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from booking.accounts import limits, mailed, passwords
from booking.accounts import registration as service
from booking.accounts.forms import EmailForm, RegisterForm
from booking.accounts.views.again import again, origin
from booking.accounts.views.consenting import version_in_force
from booking.core.clock import utcnow
from booking.core.errors import Refused
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from models.vocabulary.accounts import Language, TokenPurpose


def register() -> ResponseReturnValue:
    """Register: the answer is the same whether or not the address has an account."""
    if request.method == "GET":
        return render_template("accounts/register.html", form={}, problems={})
    try:
        _register(read_form(RegisterForm))
    except Refused as refused:
        return again("accounts/register.html", refused)
    return redirect(url_for(".registration_sent"), code=303)


def _register(form: RegisterForm) -> None:
    """Count the mail, hash the password, then make the account: the same steps for every address."""
    now = utcnow()
    transaction(limits.count_mail, form.email, origin=origin(), now=now)
    password_hash = passwords.hashed(form.password)
    language = Language.ENGLISH if str(get_locale()) == "en" else Language.CHINESE
    transaction(
        service.register,
        form.email,
        form.name,
        password_hash,
        language=language,
        consent_version=version_in_force(),
        origin=origin(),
        now=now,
    )
    session["mailed_to"] = form.email


def registration_sent() -> ResponseReturnValue:
    """Say that a mail is on its way, and where to."""
    return render_template("accounts/registration_sent.html", email=session.get("mailed_to", ""))


def resend() -> ResponseReturnValue:
    """Ask for the confirming mail once more."""
    if request.method == "GET":
        return render_template("accounts/resend.html", form=request.args, problems={})
    try:
        form = read_form(EmailForm)
        transaction(limits.count_mail, form.email, origin=origin(), now=utcnow())
    except Refused as refused:
        return again("accounts/resend.html", refused)
    transaction(service.ask_confirmation, form.email, now=utcnow())
    session["mailed_to"] = form.email
    return redirect(url_for(".registration_sent"), code=303)


def confirm(secret: str) -> ResponseReturnValue:
    """Confirm the address by a button: programs that look at links in mails press none."""
    try:
        if request.method == "POST":
            transaction(service.confirm_address, secret, origin=origin(), now=utcnow())
            flash(_("邮箱已确认，现在可以登录。"), "right")
            return redirect(url_for(".sign_in"), code=303)
        email = mailed.email_of_secret(reading(), secret, TokenPurpose.CONFIRM_ADDRESS, now=utcnow())
    except mailed.LinkSpent as spent:
        return make_response(render_template("accounts/link_spent.html", purpose="confirm"), spent.status)
    return render_template("accounts/confirm.html", secret=secret, email=email)
