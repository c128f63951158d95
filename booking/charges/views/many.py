"""Several charges: accepting those that were chosen, and taking a list away."""

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from booking.accounts.permissions import Permission, reach
from booking.charges.accepting import Told, each_by_itself
from booking.charges.forms import ChargesPage, ChargesToAccept
from booking.charges.queries import Show, Wanted
from booking.charges.service import accept_charge
from booking.charges.tables import charges_file
from booking.charges.views.lists import shown
from booking.core import forms
from booking.core.clock import utcnow
from booking.core.errors import Forbidden, InvalidInput
from booking.web.errors import sentence_of
from booking.web.extensions import reading, transaction
from booking.web.reading import read_query
from booking.web.signed_in import require_actor, signed_in


@signed_in
def accept_several() -> ResponseReturnValue:
    """Agree to the chosen ones, each as it was shown; those that cannot be accepted are told with the reason."""
    who, now = require_actor(), utcnow()
    back = redirect(url_for(".mine", show=Show.OPEN.value), code=303)
    try:
        form = forms.read(ChargesToAccept, {"charges": [_seen(one) for one in request.form.getlist("charges")]})
    except InvalidInput as invalid:
        flash(_("请至少选择一项。") if not request.form.getlist("charges") else sentence_of(invalid), "attention")
        return back
    told = each_by_itself(
        form.charges,
        lambda one: transaction(accept_charge, one.id, version=one.version, actor=who, now=now),
    )
    _say(told)
    return back


@signed_in
def mine_table(suffix: str) -> Response:
    """What one booked, what one's firms ordered and what one answers for, as a file for a spreadsheet."""
    return _table(is_mine=True, otherwise=Show.ALL, suffix=suffix)


@signed_in
def staffed_table(suffix: str) -> Response:
    """The charges of the instruments whose money one looks after, as a file for a spreadsheet."""
    if not reach(require_actor(), Permission.SEE_CHARGES):
        raise Forbidden
    return _table(is_mine=False, otherwise=Show.OPEN, suffix=suffix)


def _table(*, is_mine: bool, otherwise: Show, suffix: str) -> Response:
    """The list that is shown, as a file."""
    asked = read_query(ChargesPage)
    wanted = Wanted(shown(asked.show, otherwise), payer_id=asked.payer, user_id=asked.user)
    return charges_file(reading(), require_actor(), wanted, is_mine=is_mine, suffix=suffix)


def _seen(text: str) -> dict[str, str]:
    """A charge with its version, as a box of the list names both; without a version it is nothing that was shown."""
    charge_id, _dash, version = text.partition("-")
    return {"id": charge_id, "version": version or "?"}


def _say(told: list[Told]) -> None:
    """How many were accepted, and why not the others."""
    refused = [(one.charge_id, one.refused) for one in told if one.refused is not None]
    if count := len(told) - len(refused):
        flash(ngettext("已接受 %(count)s 笔费用。", "已接受 %(count)s 笔费用。", count, count=count), "right")
    for number, why in refused:
        flash(_("费用 %(number)s：%(reason)s", number=number, reason=sentence_of(why)), "attention")
