"""The pages for a forgotten password."""

from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts import credentials as service
from booking.accounts import limits, mailed, passwords
from booking.accounts.forms import EmailForm, ResetForm
from booking.accounts.views.again import again, origin
from booking.core import forms
from booking.core.clock import utcnow
from booking.core.errors import InvalidInput, Refused
from booking.web.extensions import reading, transaction
from booking.web.reading import posted, read_form
from models.vocabulary.accounts import TokenPurpose


def forgot() -> ResponseReturnValue:
    """Ask for a link to choose a new password: the answer is the same for every address."""
    if request.method == "GET":
        return render_template("accounts/forgot.html", form=request.args, problems={})
    try:
        form = read_form(EmailForm)
        transaction(limits.count_mail, form.email, origin=origin(), now=utcnow())
    except Refused as refused:
        return again("accounts/forgot.html", refused)
    transaction(service.ask_reset, form.email, now=utcnow())
    session["mailed_to"] = form.email
    return redirect(url_for(".reset_sent"), code=303)


def reset_sent() -> ResponseReturnValue:
    """Say that a mail is on its way, and where to."""
    return render_template("accounts/reset_sent.html", email=session.get("mailed_to", ""))


def reset(secret: str) -> ResponseReturnValue:
    """Choose a new password by a mailed link."""
    try:
        email = mailed.email_of_secret(reading(), secret, TokenPurpose.RESET_PASSWORD, now=utcnow())
        if request.method == "GET":
            return render_template("accounts/reset.html", secret=secret, email=email, problems={})
        form = forms.read(ResetForm, {**posted(), "email": email})
        new_hash = passwords.hashed(form.password)
        transaction(service.reset_password, secret, new_hash, origin=origin(), now=utcnow())
    except mailed.LinkSpent as spent:
        return make_response(render_template("accounts/link_spent.html", purpose="reset"), spent.status)
    except InvalidInput as invalid:
        return again("accounts/reset.html", invalid, secret=secret, email=email)
    flash(_("密码已修改，请用新密码登录。"), "right")
    return redirect(url_for(".sign_in"), code=303)
