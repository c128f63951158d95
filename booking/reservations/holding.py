"""Holding what a reservation costs in the account that pays, and what vouchers cover of it, in the same transaction."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.period import Period
from booking.payers.choosing import choices_for, still_held
from booking.payers.holds import NotEnough, PayerGone, Wanted, for_reservation, set_hold, standing_of
from booking.payers.rules import named
from booking.reservations.changes import last_day, last_time
from booking.reservations.covered import covering_for, due_of, keep_choice, let_go, short_now
from booking.reservations.paying import Payer, holding_of, payable
from booking.reservations.payment import Payment
from booking.reservations.reasons import Code, Refusal
from booking.reservations.refusals import ReservationRefused
from booking.reservations.situations import Situation, weighed
from booking.reservations.vouching import Due
from booking.reservations.wishes import Paying
from booking.statements.reminding import Owing, owing
from booking.vouchers.holding import VoucherShort, hold, hold_new
from booking.vouchers.plans import Plan, nothing
from models.reservations import Reservation


def plan_of(situation: Situation) -> Plan:
    """What vouchers cover of what the wanted time costs."""
    fee = situation.price.quote.total_fen if situation.price and situation.price.quote else 0
    payment = situation.standing.payment
    covering = payment.covering if payment else None
    return covering.plan(fee, situation.wanted.period) if covering else nothing(fee)


def hold_cost(
    session: Session, situation: Situation, reservation: Reservation, paying: Paying, *, actor: Actor, now: datetime
) -> None:
    """Hold what a new reservation costs: in vouchers what they cover, in its account the rest.

    Raises ReservationRefused when somebody else was faster, with what is left now.
    """
    purpose, found = for_reservation(reservation.id), plan_of(situation)
    wanted = Wanted(reservation.payer_account_id, reservation.booked_by_id, found.own_fen)
    try:
        if reservation.uses_vouchers and situation.standing.payment:
            covering = situation.standing.payment.covering
            keep_choice(session, reservation, covering, actor=actor, now=now, is_new=True)
            hold_new(session, purpose, wanted, found, now=now)
        else:
            set_hold(session, purpose, wanted, now=now, is_new=True)
    except (NotEnough, PayerGone, VoucherShort) as refused:
        raise ReservationRefused(_raced(session, situation, reservation, paying, refused, now=now)) from refused


def _raced(
    session: Session,
    situation: Situation,
    reservation: Reservation,
    paying: Paying,
    refused: NotEnough | PayerGone | VoucherShort,
    *,
    now: datetime,
) -> list[Refusal]:
    """Why a new reservation cannot be paid any more, with what is left now."""
    user_id, payment = reservation.booked_by_id, situation.standing.payment
    is_voucher = isinstance(refused, VoucherShort) and payment is not None
    if is_voucher and payment is not None:
        covering = covering_for(session, situation.place, user_id, paying.vouching, now=now)
        standing = replace(situation.standing, payment=replace(payment, covering=covering))
        fresh = replace(situation, standing=standing)
    else:
        payer = Payer(user_id, replace(paying, account_id=reservation.payer_account_id))
        fresh = payable(session, situation, payer, now=now)
    found = weighed(session, replace(fresh, own_id=reservation.id), now=now)
    return found or [short_now(plan_of(fresh)) if is_voucher else Refusal(Code.PAYER_UNKNOWN)]


def hold_again(
    session: Session,
    reservation: Reservation,
    amount_fen: int,
    *,
    until: Period | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Hold another amount for a locked reservation in its account; raises ReservationRefused.

    For more, or for later than its times (`until`), the account must still be one that its holder may use. What is
    left is told to its holder only.
    """
    _check_growth(session, reservation, amount_fen, until or last_time(reservation), actor=actor, now=now)
    wanted = Wanted(reservation.payer_account_id, reservation.booked_by_id, amount_fen)
    try:
        set_hold(session, for_reservation(reservation.id), wanted, now=now)
    except (NotEnough, PayerGone) as refused:
        raise ReservationRefused([_refusal(refused, amount_fen, reservation, actor)]) from refused


def _check_growth(
    session: Session, reservation: Reservation, amount_fen: int, until: Period, *, actor: Actor, now: datetime
) -> None:
    """Refuse more, or a later day, where the account does not pay for that."""
    payer_id, day = reservation.payer_account_id, last_day(until)
    if payer_id is None or not amount_fen:
        return
    holding = standing_of(session, for_reservation(reservation.id))
    kept_fen = holding.amount_fen if holding and holding.payer_id == payer_id else 0
    if amount_fen <= kept_fen and day <= last_day(last_time(reservation)):
        return
    owner_id, holder_id = reservation.instrument.organisation_id, reservation.booked_by_id
    choices = choices_for(session, holder_id, owner_id, day=day, today=local_date(now), holding=holding)
    chosen = named(choices, payer_id) or still_held(session, holding, payer_id, day)
    payment = Payment(lambda _: amount_fen, chosen=chosen, is_unknown=chosen is None, kept_fen=kept_fen)
    if fault := payment.fault(until):
        told = Refusal(Code(fault[0].value), fault[1])
        raise ReservationRefused([told if actor.id == holder_id else Refusal(Code.PAYER_OF_HOLDER)])


def _refusal(refused: NotEnough | PayerGone, amount_fen: int, reservation: Reservation, actor: Actor) -> Refusal:
    """Why the account does not hold more, in words for its holder or for somebody else."""
    if actor.id != reservation.booked_by_id:
        return Refusal(Code.PAYER_OF_HOLDER)
    if isinstance(refused, PayerGone):
        return Refusal(Code.PAYER_UNKNOWN)
    code = Code.PAYER_LIMITED_NOW if refused.is_limit else Code.PAYER_SHORT_NOW
    return Refusal(code, {"left_fen": refused.left_fen, "needed_fen": amount_fen})


def settle(session: Session, reservation: Reservation, period: Period, *, now: datetime) -> None:
    """Hold what one of its times needs once that is decided, which is no more than was held for both.

    An account that does not pay for what vouchers cover no more pays nothing: that is settled later.
    """
    settle_due(session, reservation, due_of(session, reservation, [period], now=now), now=now)


def settle_due(session: Session, reservation: Reservation, due: Due, *, now: datetime) -> None:
    """Hold what is due without asking anybody; what its account cannot pay is settled later."""
    try:
        _set_own(session, reservation, due.own_fen, now=now)
    except (NotEnough, PayerGone):
        _set_own(session, reservation, 0, now=now)
        reservation.payer_account_id = None
    if reservation.uses_vouchers:
        hold(session, for_reservation(reservation.id), due.plan, now=now)


def keep_fee(session: Session, reservation: Reservation, fee_fen: int, *, now: datetime) -> None:
    """Hold no more than a fee for what has ended, as far as its account held it; what vouchers held goes back."""
    kept_fen = fee_fen
    if fee_fen and reservation.uses_vouchers and reservation.payer_account_id is not None:
        holding = holding_of(session, reservation)
        kept_fen = min(fee_fen, holding.amount_fen if holding else 0)
    _set_own(session, reservation, kept_fen, now=now)
    let_go(session, reservation, now=now)


def _set_own(session: Session, reservation: Reservation, amount_fen: int, *, now: datetime) -> None:
    """Let its account hold an amount; nothing without one."""
    payer_id = reservation.payer_account_id
    if payer_id is not None:
        wanted = Wanted(payer_id, reservation.booked_by_id, amount_fen)
        set_hold(session, for_reservation(reservation.id), wanted, now=now)


def pass_on(
    session: Session, reservation: Reservation, heir_id: int, owner_id: int, amount_fen: int, *, now: datetime
) -> list[Refusal]:
    """Let the heir's reservation be paid by the same account if they may use it and it can pay, else by none.

    An account that is overdue does not pay, and without one nobody takes over what costs something while they owe
    something overdue: the answer says so, without what they owe. What costs them nothing has none.
    """
    payer_id, today = reservation.payer_account_id, local_date(now)
    day, holding = last_day(last_time(reservation)), holding_of(session, reservation)
    choices = choices_for(session, heir_id, owner_id, day=day, today=today, holding=holding) if amount_fen else []
    owes = owing(session, owner_id, heir_id, [one.id for one in choices], today=today) if amount_fen else Owing()
    same = named(choices, payer_id)
    stays = same is not None and same.can_pay(amount_fen) and payer_id not in owes.payer_ids
    if owes.is_any and not stays:
        return [Refusal(Code.CANNOT_TAKE_OVER)]
    if payer_id is not None:
        reservation.payer_account_id = payer_id if stays else None
        wanted = Wanted(reservation.payer_account_id, heir_id, amount_fen if stays else 0)
        set_hold(session, for_reservation(reservation.id), wanted, now=now)
    return []
