"""Which vouchers of a firm pay a share of its order, what they cover, and holding that when its quote is accepted."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.catalogue.keeping import staff_organisation_id
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, Problem
from booking.core.period import Period
from booking.core.texts import N_
from booking.payers.holds import for_order
from booking.programmes.labels import REASONS
from booking.reservations.firms import offered_to
from booking.reservations.payment import Payment
from booking.reservations.vouchered import HeldPart, held_parts
from booking.reservations.vouching import Covering, VoucherFault, VoucherUse, Vouching, choose
from booking.vouchers import holding
from booking.vouchers.covering import Ask, plan
from booking.vouchers.plans import Plan, Wish
from booking.vouchers.wishing import store_wish
from models.samples import SampleOrder
from models.vocabulary.programmes import ServiceType

FIELD = "voucher"
UNKNOWN = N_("这张创新券不是这个企业的，或已不能使用。请另选一张，或不用券。")
NOT_COVERED = N_("所选的创新券不能抵扣这个委托。请另选一张，或不用券。")


def service_of(instrument: ServiceType) -> ServiceType:
    """What the samples of an instrument are to a voucher: testing, unless its use is something else than sharing."""
    return ServiceType.TESTING if instrument == ServiceType.INSTRUMENT_SHARING else instrument


def covering_of(
    session: Session, order: SampleOrder, said: Vouching | None, *, actor: Actor, now: datetime
) -> Covering | None:
    """What vouchers of the firm that an order is for cover of its quote; None for what somebody orders for themselves.

    Unsaid, all that are usable pay. The day that counts is the one on which the results were asked for, today where
    none was said, until the results say otherwise.
    """
    today, firm_id = local_date(now), order.organisation_id
    is_named = said is not None and said.use == VoucherUse.NAMED
    if firm_id is None:
        return Covering(is_unknown=True) if is_named else None
    offered = tuple(one for one in offered_to(session, actor.id, today) if one.organisation_id == firm_id)
    if not offered:
        return Covering(is_unknown=True) if is_named else None
    if said is not None and said.organisation_id not in {None, firm_id}:
        return Covering(offered=offered, is_unknown=True)
    choice = choose(said, None, offered, service_of(order.instrument.service_type))
    return Covering(
        offered=offered,
        wish=choice.wish,
        planned=_planner(session, order, today),
        is_unknown=choice.is_unknown,
        is_new=True,
    )


def _planner(session: Session, order: SampleOrder, today: date) -> Callable[[Wish, int, date], Plan]:
    """What vouchers cover of a fee on a day, no earlier than results were asked for; the same is read once."""
    owner_id, due_on = staff_organisation_id(order), order.due_on or today
    known: dict[tuple[Wish, int, date], Plan] = {}

    def planned(wish: Wish, fee_fen: int, day: date) -> Plan:
        key = wish, fee_fen, max(day, due_on)
        if key not in known:
            known[key] = plan(session, Ask(wish, None, owner_id, fee_fen, max(day, due_on)), today=today)
        return known[key]

    return planned


def check_vouchers(payment: Payment, period: Period) -> None:
    """Refuse a voucher that is not the firm's, or one that was named and covers nothing, with each reason."""
    fault = payment.voucher_fault(period)
    if fault is None or payment.covering is None:
        return
    if fault[0] == VoucherFault.UNKNOWN:
        raise InvalidInput([Problem(FIELD, UNKNOWN)])
    found = payment.covering.plan(payment.cost(period), period)
    raise InvalidInput([Problem(FIELD, NOT_COVERED), *_reasons(found)])


def _reasons(found: Plan) -> Iterator[Problem]:
    """Why a voucher covers nothing, as problems."""
    for one in found.reasons:
        values = {name: day.isoformat() for name, day in one.values.items() if isinstance(day, date)}
        yield Problem(FIELD, REASONS[one.reason], values)


def hold_vouchers(
    session: Session, order: SampleOrder, payment: Payment, period: Period, *, actor: Actor, now: datetime
) -> None:
    """Let vouchers hold what they cover of a locked order's accepted quote, after its account; raises VoucherShort."""
    covering = payment.covering
    if covering is None or covering.wish is None or not covering.wish.is_used:
        return
    found = covering.plan(payment.cost(period), period)
    if not found.covered_fen:
        return
    purpose = for_order(order.id)
    store_wish(session, purpose, covering.wish, actor=actor, now=now)
    holding.hold(session, purpose, found, now=now)


def held_for(session: Session, order: SampleOrder) -> tuple[HeldPart, ...]:
    """What each voucher holds for an order, the one that ends first first; only what a firm accepted is asked."""
    if order.organisation_id is None or order.number is None:
        return ()
    return held_parts(session, for_order(order.id))
