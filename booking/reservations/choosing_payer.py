"""Choosing another payer account for a reservation, or none, without moving it."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.errors import Forbidden
from booking.pricing.quoting import Asked, quote_of
from booking.reservations.changes import Change, period_of, record, touch
from booking.reservations.held import hold_changeable
from booking.reservations.paying import Payer, chosen_id, cost_of, hold_again, payable
from booking.reservations.payment import Payment
from booking.reservations.queries import reservation_for
from booking.reservations.refusals import ReservationRefused
from booking.reservations.rules import Code, Refusal, Standing, Wanted
from booking.reservations.situations import Situation, find_place
from booking.reservations.wishes import Paying
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
    return PayerAsked(reservation, _situation(session, reservation, Paying(), actor, now).standing.payment)


def choose_payer(
    session: Session,
    reservation_id: int,
    paying: Paying,
    *,
    version: int | None = None,
    actor: Actor,
    now: datetime,
) -> Reservation:
    """Let another account pay, or none; raises ReservationRefused. Only who booked it decides what pays."""
    held = hold_changeable(session, reservation_id, reason="-", actor=actor, version=version, now=now)
    reservation = held.reservation
    if reservation.booked_by_id != actor.id:
        raise Forbidden
    situation = _situation(session, reservation, paying, actor, now)
    payment = situation.standing.payment
    if payment is None:
        return reservation
    if fault := payment.fault(situation.wanted.period):
        raise ReservationRefused([Refusal(Code(fault[0].value), fault[1])])
    payer_id = chosen_id(situation)
    if payer_id == reservation.payer_account_id:
        return reservation
    reservation.payer_account_id = payer_id
    hold_again(session, reservation, cost_of(session, reservation), actor=actor, now=now)
    touch(reservation, now=now)
    record(session, reservation, Change(ChangeKind.EDITED, after={"payer_changed": True}), actor=actor, now=now)
    return reservation


def _situation(session: Session, reservation: Reservation, paying: Paying, actor: Actor, now: datetime) -> Situation:
    """The reservation as it is, with its stored quote and who could pay."""
    period = period_of(reservation)
    place = find_place(session, reservation.instrument_id, period, actor=actor, internal=True, now=now)
    wanted = Wanted(period, reservation.mode, held=period)
    situation = Situation(place, wanted, Standing(), sees_free_time=False, own_id=reservation.id)
    price = quote_of(session, reservation)
    if price is None:
        return situation
    asked = Asked(reservation.booked_by_id, period, reservation.mode, reservation.sample_count)
    found = replace(situation, price=price, asked=asked)
    payer = Payer(reservation.booked_by_id, paying, reservation)
    return _at_cost(payable(session, found, payer, now=now), cost_of(session, reservation))


def _at_cost(situation: Situation, cost_fen: int) -> Situation:
    """The situation with what has to be held, which a pending change may make more than its time costs."""
    payment = situation.standing.payment
    if payment is None:
        return situation
    standing = replace(situation.standing, payment=replace(payment, cost=lambda _period: cost_fen))
    return replace(situation, standing=standing)
