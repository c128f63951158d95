"""What vouchers would pay of a quoted order, in the HTTP API."""

from datetime import date

from flask import Blueprint, Response
from pydantic import BaseModel

from booking.catalogue.api.answering import json_answer
from booking.core.clock import utcnow
from booking.core.period import Period
from booking.reservations.payment import Payment
from booking.reservations.voucher_answers import AskedVouchers, asked_vouchers
from booking.samples.forms import OrderVouchersQuery
from booking.samples.paying import payment_asked
from booking.web.extensions import reading
from booking.web.openapi import documented
from booking.web.reading import read_query
from booking.web.signed_in import require_actor

TAG = "sample orders"
bp = Blueprint("sample_vouchers_api", __name__, url_prefix="/api/v1")


class OrderVouchersAnswer(BaseModel):
    """What accepting the quote would cost: in full, and what vouchers leave of it to be paid to the provider.

    `vouchers` is null where the order is nobody's firm's, or that has none; `is_refused` is whether the one that was
    named is not theirs or covers nothing, so that it is not accepted with it. `results_by` is the last day on which
    results may come, so that all that pay something can still be used; null where none does.
    """

    total_fen: int
    own_fen: int
    is_refused: bool
    results_by: date | None
    vouchers: AskedVouchers | None


@bp.get("/sample-orders/<int:order_id>/vouchers")
@documented(
    tag="sample orders",
    query=OrderVouchersQuery,
    answers={200: OrderVouchersAnswer},
    refusals=(401, 403, 404, 409, 422),
)
def of_quote(order_id: int) -> Response:
    """What the chosen vouchers would pay of the quote that waits to be accepted, for who may accept it."""
    paying, who = read_query(OrderVouchersQuery).paying, require_actor()
    payment, period = payment_asked(reading(), order_id, paying, actor=who, now=utcnow())
    asked = asked_vouchers(payment, period)
    answer = OrderVouchersAnswer(
        total_fen=payment.cost(period) if payment else 0,
        own_fen=payment.needed(period) if payment else 0,
        is_refused=payment is not None and payment.voucher_fault(period) is not None,
        results_by=_results_by(payment, period),
        vouchers=AskedVouchers.model_validate(asked) if asked else None,
    )
    return json_answer(answer)


def _results_by(payment: Payment | None, period: Period) -> date | None:
    """Until when the vouchers that pay something can be used."""
    if payment is None or payment.covering is None or payment.covering.is_unknown:
        return None
    return payment.covering.plan(payment.cost(period), period).last_day
