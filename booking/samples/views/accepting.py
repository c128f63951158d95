"""What the page of a quoted order asks before it is accepted: which account pays, and which vouchers pay a share."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import request

from booking.core.actors import Actor
from booking.core.period import Period
from booking.reservations.payer_field import field_of, paying_of
from booking.reservations.payment import Payment
from booking.reservations.voucher_field import VOUCHER, VoucherField, field_for, vouching_of
from booking.reservations.voucher_words import SpokenVouchers, spoken_plan
from booking.reservations.vouching import VoucherUse
from booking.samples.paying import FIELD, MINUTE, payment_for
from booking.samples.releasing import withholds
from booking.web.extensions import reading
from models.samples import SampleOrder, SampleQuote

NOTHING: dict[str, Any] = {"payer": None, "will_withhold": False, "vouchers": None, "covered": None, "chosen": {}}


def accepting(order: SampleOrder, quote: SampleQuote, who: Actor, *, now: datetime) -> dict[str, Any]:
    """The fields with what was chosen: as it was sent, else as the page's address says, else as usual."""
    session, typed = reading(), _typed()
    paying = replace(paying_of(request.form.get(FIELD, "")), vouching=vouching_of(typed))
    payment = payment_for(session, order, quote.total_fen, paying, actor=who, now=now)
    field = _voucher_field(payment, typed)
    return {
        "payer": field_of(payment, request.form.get(FIELD, "")) if payment and payment.choices else None,
        "will_withhold": withholds(session, order, quote.total_fen, now=now),
        "vouchers": field,
        "covered": _covered(payment, Period(now, now + MINUTE)),
        "chosen": _chosen(field),
    }


def _typed() -> Mapping[str, str]:
    """What was chosen: a form that came back, or the page with another choice of vouchers."""
    return request.form if VOUCHER in request.form else request.args


def _voucher_field(payment: Payment | None, typed: Mapping[str, str]) -> VoucherField | None:
    """The choice, where the firm has any voucher and something is to be paid."""
    covering = payment.covering if payment else None
    return field_for(covering.offered, None, typed, is_new=True) if covering and covering.offered else None


def _covered(payment: Payment | None, period: Period) -> SpokenVouchers | None:
    """What vouchers cover before the click, or why they cover nothing."""
    covering = payment.covering if payment else None
    if payment is None or covering is None or covering.is_unknown or covering.use == VoucherUse.NONE:
        return None
    return spoken_plan(covering, payment.cost(period), period)


def _chosen(field: VoucherField | None) -> dict[str, str]:
    """The choice that is seen, as the form that accepts sends it along."""
    if field is None:
        return {}
    declared = {name: "1" for name, _label, is_on in field.declarations if is_on}
    return {VOUCHER: field.value, **declared}
