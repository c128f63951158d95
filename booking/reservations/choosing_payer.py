"""Choosing another payer account or other vouchers for a reservation, or none, without moving it."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.errors import Forbidden
from booking.pricing.quoting import Asked, quote_of
from booking.reservations.changes import Change, last_time, record, touch
from booking.reservations.covered import due_of, hold_vouchers, keep_choice
from booking.reservations.held import hold_changeable
from booking.reservations.holding import hold_again
from booking.reservations.paying import Payer, chosen_id, cost_of, payable
from booking.reservations.payment import Payment
from booking.reservations.queries import reservation_for
from booking.reservations.reasons import Code, Refusal
from booking.reservations.refusals import ReservationRefused
from booking.reservations.rules import Standing, Wanted
from booking.reservations.situations import Situation, find_place
from booking.reservations.wishes import AS_USUAL, Paying
from models.reservations import Reservation
from models.vocabulary.reservations import ChangeKind


@dataclass(frozen=True, slots=True)
class PayerAsked:
    """What choosing an account for a reservation is about: the reservation, and who could pay for it."""

    reservation: Reservation
    payment: Payment | None


def ask_payer(session: Session, reservation_id: int, *, actor: Actor, now: datetime) -> PayerAsked:
    """The accounts that could pay, for who booked it; raises NotFound and Forbidden. Reads only."""
    reservation = reservation_for(session, reservation_id, actor)
    if reservation.booked_by_id != actor.id:
        raise Forbidden
    payer = Payer(reservation.booked_by_id, AS_USUAL, reservation)
    return PayerAsked(reservation, _situation(session, payer, reservation, actor, now).standing.payment)


def choose_payer(
    session: Session,
    reservation_id: int,
    paying: Paying,
    *,
    version: int | None = None,
    actor: Actor,
    now: datetime,
) -> Reservation:
    """Let another account or other vouchers pay, or none; raises ReservationRefused.

    Only who booked it decides what pays. Vouchers are chosen before it begins.
    """
    held = hold_changeable(session, reservation_id, reason="-", actor=actor, version=version, now=now)
    reservation = held.reservation
    if reservation.booked_by_id != actor.id:
        raise Forbidden
    situation = _situation(session, Payer(reservation.booked_by_id, paying, reservation), reservation, actor, now)
    payment = situation.standing.payment
    is_chosen = paying.vouching is not None and payment is not None and payment.changes_vouchers
    if payment is None or (payment.is_kept and not is_chosen):
        return reservation
    if is_chosen:
        _refuse_voucher(reservation, payment, situation, now=now)
        keep_choice(session, reservation, payment.covering, actor=actor, now=now)
    _refuse_fault(payment, situation)
    after = {"voucher_changed": True} if is_chosen else {}
    if not payment.is_kept:
        reservation.payer_account_id, after = chosen_id(situation), {**after, "payer_changed": True}
    _hold(session, reservation, actor=actor, now=now)
    touch(reservation, now=now)
    record(session, reservation, Change(ChangeKind.EDITED, after=after), actor=actor, now=now)
    return reservation


def _hold(session: Session, reservation: Reservation, *, actor: Actor, now: datetime) -> None:
    """Hold in its account and vouchers what its times need."""
    if not reservation.uses_vouchers:
        hold_again(session, reservation, cost_of(session, reservation), actor=actor, now=now)
        return
    due = due_of(session, reservation, now=now)
    hold_again(session, reservation, due.own_fen, actor=actor, now=now)
    hold_vouchers(session, reservation, due, actor=actor, now=now)


def needed_payer(session: Session, reservation: Reservation, *, actor: Actor, now: datetime) -> int | None:
    """The usual account for what cost nothing until now, where its owner asks for one; raises ReservationRefused."""
    payer = Payer(reservation.booked_by_id, AS_USUAL, reservation, was_free=True)
    situation = _situation(session, payer, reservation, actor, now)
    payment = situation.standing.payment
    if payment is None:
        return None
    _refuse_fault(payment, situation)
    return chosen_id(situation)


def _refuse_voucher(reservation: Reservation, payment: Payment, situation: Situation, *, now: datetime) -> None:
    """Refuse vouchers that do not pay for it, and any other than before once it has begun."""
    if reservation.starts_at <= now:
        raise ReservationRefused([Refusal(Code.VOUCHER_HAS_BEGUN)])
    if fault := payment.voucher_fault(situation.wanted.period):
        raise ReservationRefused([Refusal(Code(fault[0].value), fault[1])])


def _refuse_fault(payment: Payment, situation: Situation) -> None:
    """Refuse what the chosen account cannot pay."""
    if fault := payment.fault(situation.wanted.period):
        raise ReservationRefused([Refusal(Code(fault[0].value), fault[1])])


def _situation(session: Session, payer: Payer, reservation: Reservation, actor: Actor, now: datetime) -> Situation:
    """The reservation as it is, with its stored quote and who could pay for its time and the one that it asks for."""
    period = last_time(reservation)
    user_id = reservation.booked_by_id
    place = find_place(session, reservation.instrument_id, period, actor=actor, user_id=user_id, internal=True, now=now)
    wanted = Wanted(period, reservation.mode)
    situation = Situation(place, wanted, Standing(), sees_free_time=False, own_id=reservation.id)
    price = quote_of(session, reservation)
    if price is None:
        return situation
    asked = Asked(reservation.booked_by_id, period, reservation.mode, reservation.sample_count)
    found = replace(situation, price=price, asked=asked)
    return _at_cost(payable(session, found, payer, now=now), cost_of(session, reservation))


def _at_cost(situation: Situation, cost_fen: int) -> Situation:
    """The situation with what has to be held, which a pending change may make more than its time costs."""
    payment = situation.standing.payment
    if payment is None:
        return situation
    standing = replace(situation.standing, payment=replace(payment, cost=lambda _period: cost_fen))
    return replace(situation, standing=standing)
