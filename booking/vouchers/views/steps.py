"""The page on which a voucher is frozen, thawed, taken back or revoked, or its registration is taken back."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.accounts.views.again import again
from booking.core import forms
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, StaleVersion
from booking.vouchers import ending, labels, listing
from booking.vouchers.forms import VoucherReasonForm, VoucherStepPage
from booking.vouchers.rules import state_after
from booking.vouchers.views.showing import shown
from booking.web.extensions import reading, transaction
from booking.web.reading import posted
from booking.web.signed_in import require_actor, signed_in
from models.vocabulary.vouchers import VoucherStep


@signed_in
def take_step(voucher_id: int, step: str) -> ResponseReturnValue:
    """Ask why; then do it."""
    wanted, actor = VoucherStep(step), require_actor()
    found = listing.readable(reading(), voucher_id, actor, today=local_date(utcnow()))
    if wanted not in found.allowed:
        raise listing.OwnVoucher if found.is_own else Forbidden
    if request.method == "GET" and state_after(found.voucher.state, wanted) is None:
        raise ending.NotNow
    values = {
        **shown(found.voucher),
        "step": step,
        "title": _(labels.step_of(wanted, found.voucher.number_there)),
        "hint": _(labels.hint_of(wanted, found.voucher.number_there)),
        "labels": {name: _(label) for name, label in labels.FIELDS.items()},
        "is_danger": wanted in {VoucherStep.REVOKE, VoucherStep.RETURN},
    }
    if request.method == "GET":
        return render_template("vouchers/step.html", form={}, problems={}, **values)
    try:
        form = forms.read(VoucherStepPage, posted())
        reason = VoucherReasonForm(reason=form.reason)
        transaction(
            ending.take_step, voucher_id, wanted, reason, actor=actor, now=utcnow(), expected_version=form.version
        )
    except (InvalidInput, StaleVersion, ending.NotNow) as refused:
        return again("vouchers/step.html", refused, **values)
    flash(_("已保存。"), "right")
    return redirect(url_for("vouchers.show", voucher_id=voucher_id), 303)
