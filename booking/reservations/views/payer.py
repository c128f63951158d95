"""The page on which somebody chooses what pays for their reservation: an account, vouchers, or later."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from booking.core.clock import local_date, utcnow
from booking.core.errors import InvalidInput, Problem
from booking.core.forms import SENTENCES
from booking.reservations.changes import period_of
from booking.reservations.choosing_payer import PayerAsked, ask_payer, choose_payer
from booking.reservations.covered import kept_wish
from booking.reservations.firms import offered_to
from booking.reservations.forms import ChangeForm
from booking.reservations.panel import FIELDS
from booking.reservations.payer_field import FIELD, field_of
from booking.reservations.queries import sight_of
from booking.reservations.reasons import ABOUT_VOUCHERS, Code
from booking.reservations.refusals import ReservationRefused
from booking.reservations.spoken import sentence_of as said
from booking.reservations.views.reservation import changeable, named
from booking.reservations.views.typed import VOUCHERS, read_typed, typed_texts, version_typed
from booking.reservations.voucher_field import VOUCHER, VoucherField, field_for
from booking.reservations.voucher_words import spoken_vouchers
from booking.web.errors import problems_of
from booking.web.extensions import reading, transaction
from booking.web.signed_in import require_actor, signed_in


@signed_in
def payer(reservation_id: int) -> ResponseReturnValue:
    """Choose which payer account and which vouchers pay for a reservation, or that it is settled later."""
    actor, now = require_actor(), utcnow()
    typed, problems, status = {}, {}, 200
    if request.method == "POST":
        typed = typed_texts(FIELD, *VOUCHERS)
        try:
            return _choose_payer(reservation_id)
        except InvalidInput as invalid:
            problems, status = problems_of(invalid), invalid.status
        except ReservationRefused as refused:
            problems, status = _at_their_fields(refused), refused.status
    asked = ask_payer(reading(), reservation_id, actor=actor, now=now)
    changeable(reservation_id)
    covering = asked.payment.covering if asked.payment else None
    return render_template(
        "reservations/payer.html",
        **named(asked.reservation, sight_of(asked.reservation, actor)),
        payer=field_of(asked.payment, typed.get(FIELD, "")),
        vouchers=_voucher_field(asked, typed),
        covered=spoken_vouchers(asked.payment, period_of(asked.reservation)) if covering and covering.wish else None,
        needed_fen=asked.payment.needed(period_of(asked.reservation)) if asked.payment else 0,
        problems=problems,
        labels={name: _(FIELDS[name]) for name in (FIELD, VOUCHER)},
    ), status


def _voucher_field(asked: PayerAsked, typed: Mapping[str, str]) -> VoucherField | None:
    """The choice of vouchers, where something is to be paid and they have any."""
    offered = offered_to(reading(), require_actor().id, local_date(utcnow()))
    kept = kept_wish(reading(), asked.reservation)
    if asked.payment is None or not (offered or (kept and kept.is_used)):
        return None
    return field_for(offered, kept, typed, is_new=False)


def _at_their_fields(refused: ReservationRefused) -> dict[str, list[str]]:
    """Each reason at the field that it is about."""
    problems: dict[str, list[str]] = {}
    for one in refused.refusals:
        name = VOUCHER if one.code in ABOUT_VOUCHERS or one.code == Code.VOUCHER_HAS_BEGUN else FIELD
        problems.setdefault(name, []).append(said(one))
    return problems


def _choose_payer(reservation_id: int) -> ResponseReturnValue:
    """Read the choice and keep it."""
    form = read_typed(ChangeForm, FIELD, *VOUCHERS)
    if form.paying.says_nothing:
        raise InvalidInput([Problem(FIELD, SENTENCES["missing"])])
    actor, now, version = require_actor(), utcnow(), version_typed()
    transaction(choose_payer, reservation_id, form.paying, version=version, actor=actor, now=now)
    flash(_("已保存。"), "right")
    return redirect(url_for(".show", reservation_id=reservation_id), code=303)
