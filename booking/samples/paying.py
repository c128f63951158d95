"""Which payer account and vouchers pay for an order, and holding its quote there when that is accepted."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from booking.catalogue.keeping import staff_organisation_id
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Forbidden, InvalidInput, Problem
from booking.core.money import yuan_from_fen
from booking.core.period import Period
from booking.core.texts import N_
from booking.payers.choosing import choices_for
from booking.payers.holds import NotEnough, PayerGone, Wanted, for_order, set_hold
from booking.payers.rules import Fault, default_of, named
from booking.reservations.payment import Payment, PaymentFault
from booking.reservations.terms import place_of
from booking.reservations.wishes import Paying
from booking.samples.queries import order_for, quotes_of, side_of
from booking.samples.rules import Side
from booking.samples.stepping import NotNow
from booking.samples.vouching import check_vouchers, covering_of, hold_vouchers
from booking.statements.reminding import owing
from models.samples import SampleOrder
from models.vocabulary.samples import SampleOrderState

FIELD = "payer_account_id"
MINUTE = timedelta(minutes=1)
GONE = N_("这个经费账户不能用于这个委托，请另选一个。")
ELSEWHERE = N_("经费账户“%(payer)s”不能支付给这个单位，请另选一个。")
SHORT = N_("经费账户可用 %(left)s 元，报价是 %(needed)s 元。")
WHY: Mapping[PaymentFault, str] = {
    PaymentFault.NEEDED: N_("这台仪器须由经费账户支付，您还没有可用的账户。请联系单位财务。"),
    PaymentFault.UNCHOSEN: N_("这台仪器须由经费账户支付，请选择一个。"),
    PaymentFault.UNKNOWN: GONE,
    PaymentFault.EXPIRED: N_("经费账户“%(payer)s”已到期，请另选一个。"),
    PaymentFault.OTHER_PROVINCE: ELSEWHERE,
    PaymentFault.OTHER_PLACE: ELSEWHERE,
    PaymentFault.SHORT: SHORT,
    PaymentFault.LIMITED: SHORT,
    PaymentFault.OVERDUE: N_("经费账户“%(payer)s”有逾期未付的结算单，付清后才能使用。"),
    PaymentFault.OWES: N_("您在这个单位有逾期未付的结算单，付清后才能接受报价。"),
    PaymentFault.OWED_BY_OTHERS: N_("您使用的经费账户有逾期未付的结算单，请告诉账户负责人付清，或另选账户。"),
}


def payment_for(
    session: Session, order: SampleOrder, amount_fen: int, paying: Paying, *, actor: Actor, now: datetime
) -> Payment | None:
    """Who could pay what an order was quoted, and who shall: the named account, else the usual one; None for nothing.

    The rules of the instrument's bookings hold: where they ask for an account, and where something is overdue.
    """
    if not amount_fen:
        return None
    owner_id, today = staff_organisation_id(order), local_date(now)
    place = place_of(session, order.instrument_id, Period(now, now + MINUTE), now=now)
    choices = choices_for(session, actor.id, owner_id, day=today, today=today)
    owes = owing(session, owner_id, actor.id, [one.id for one in choices], today=today)
    choices = [replace(one, fault=one.fault or Fault.OVERDUE) if one.id in owes.payer_ids else one for one in choices]
    chosen = named(choices, paying.account_id)
    if paying.keeps:
        chosen = default_of(choices)
    return Payment(
        cost=lambda _: amount_fen,
        choices=tuple(choices),
        chosen=chosen,
        is_needed=place is not None and place.terms.needs_payer,
        is_unknown=chosen is None and paying.account_id is not None,
        owes=owes.is_any,
        owes_by_others=not owes.is_own,
        covering=covering_of(session, order, paying.vouching, actor=actor, now=now),
    )


def payment_asked(
    session: Session, order_id: int, paying: Paying, *, actor: Actor, now: datetime
) -> tuple[Payment | None, Period]:
    """Who would pay the quote that waits to be accepted, for who may accept it, and the time that stands for now.

    Raises NotFound, Forbidden and NotNow; reads only.
    """
    order = order_for(session, order_id, actor)
    if side_of(order, actor) != Side.REQUESTER:
        raise Forbidden
    if order.state != SampleOrderState.QUOTED:
        raise NotNow
    amount_fen = quotes_of(session, order_id)[-1].total_fen
    return payment_for(session, order, amount_fen, paying, actor=actor, now=now), Period(now, now + MINUTE)


def pay_from(
    session: Session, order: SampleOrder, amount_fen: int, paying: Paying, *, actor: Actor, now: datetime
) -> None:
    """Let an accepted quote be held in the account that was chosen, if any, and in vouchers what they cover of it.

    Raises InvalidInput and VoucherShort.
    """
    order.accepted_by_id, period = actor.id, Period(now, now + MINUTE)
    payment = payment_for(session, order, amount_fen, paying, actor=actor, now=now)
    if payment is None:
        return
    check_vouchers(payment, period)
    if fault := payment.fault(period):
        raise InvalidInput([Problem(FIELD, WHY[fault[0]], _spoken(fault[1]))])
    order.payer_account_id = payment.chosen.id if payment.chosen else None
    session.flush()
    _hold_own(session, order, payment.needed(period), actor=actor, now=now)
    hold_vouchers(session, order, payment, period, actor=actor, now=now)


def _hold_own(session: Session, order: SampleOrder, amount_fen: int, *, actor: Actor, now: datetime) -> None:
    """Let what vouchers do not take off be held in the account; raises InvalidInput."""
    wanted = Wanted(order.payer_account_id, actor.id, amount_fen)
    try:
        set_hold(session, for_order(order.id), wanted, now=now, is_new=True)
    except PayerGone as gone:
        raise InvalidInput([Problem(FIELD, GONE)]) from gone
    except NotEnough as short:
        values = {"left_fen": short.left_fen, "needed_fen": amount_fen}
        raise InvalidInput([Problem(FIELD, SHORT, _spoken(values))]) from short


def _spoken(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a sentence, amounts in yuan."""
    spoken = {name.removesuffix("_fen"): yuan_from_fen(one) for name, one in values.items() if name.endswith("_fen")}
    return {**values, **spoken}
