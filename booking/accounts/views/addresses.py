"""The pages for another e-mail address."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts import addresses, limits, mailed
from booking.accounts.forms import NewAddressForm
from booking.accounts.views.again import again, origin
from booking.accounts.views.sign_in import prove
from booking.core.clock import utcnow
from booking.core.errors import Refused
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.signed_in import require_actor, signed_in

TEMPLATE = "accounts/address.html"


@signed_in
def ask() -> ResponseReturnValue:
    """Ask for the link to another address: the answer is the same whether or not it has an account."""
    actor, now = require_actor(), utcnow()
    if request.method == "GET":
        return render_template(TEMPLATE, form={}, problems={}, actor=actor)
    try:
        form = read_form(NewAddressForm)
        prove(actor, form.current_password, now=now)
        transaction(limits.count_mail, form.new_email, origin=origin(), now=now)
        transaction(addresses.ask_new_address, form.new_email, actor=actor, now=now)
    except Refused as refused:
        return again(TEMPLATE, refused, actor=actor)
    flash(_("确认邮件已发往 %(email)s。打开其中的链接之前，邮箱不变。", email=form.new_email))
    return redirect(url_for(".show"), code=303)


def change(secret: str) -> ResponseReturnValue:
    """Move to the new address by a button: programs that look at links in mails press none."""
    try:
        if request.method == "POST":
            transaction(addresses.change_address, secret, origin=origin(), now=utcnow())
            flash(_("邮箱已修改，今后用新邮箱登录。"), "right")
            return redirect(url_for(".show"), code=303)
        old, new = addresses.asked_address(reading(), secret, now=utcnow())
    except mailed.LinkSpent as spent:
        return make_response(render_template("accounts/link_spent.html", purpose="address"), spent.status)
    return render_template("accounts/address_confirm.html", secret=secret, old=old, new=new)
