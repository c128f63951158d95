"""Moving a reservation: at once, or as a pending change where the instrument asks for a decision."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.charges.giving_up import owed_as_booked
from booking.charges.own import is_own
from booking.core.actors import Actor
from booking.core.errors import Forbidden
from booking.core.period import Period
from booking.reservations import claims
from booking.reservations.agreeing import agree_again, asked_of_move
from booking.reservations.changes import Change, asked_period, period_of, record, times, touch
from booking.reservations.choosing_payer import choose_payer
from booking.reservations.claims import Holder
from booking.reservations.covered import due_of, hold_vouchers, keep_choice, refuse_lost
from booking.reservations.deadlines import decide_by
from booking.reservations.filling import refill, settle_conflicts
from booking.reservations.held import Held, hold_changeable
from booking.reservations.holding import hold_again, settle
from booking.reservations.paying import Payer, cost_at, payable, payer_after
from booking.reservations.queries import Sight, reservation_for, sight_of
from booking.reservations.rules import Standing, Wanted
from booking.reservations.situations import (
    Situation,
    find_place,
    note_override,
    priced,
    refuse_or_override,
    sees_free_time,
    standing_of,
    store_quote,
    take_or_refuse,
    weighed,
)
from booking.reservations.wishes import AS_USUAL, Answer, Paying
from models.reservations import Reservation
from models.vocabulary.reservations import ChangeKind, ReservationState


def ask_move(
    session: Session, reservation_id: int, period: Period, *, paying: Paying = AS_USUAL, actor: Actor, now: datetime
) -> Answer:
    """What would come of moving the reservation there, also for what an outside use needs then; reads only."""
    reservation = reservation_for(session, reservation_id, actor)
    sight = sight_of(reservation, actor)
    if not (sight.is_holder or sight.decides):
        raise Forbidden
    situation = _situation(session, reservation, sight, period, paying, actor=actor, now=now)
    return Answer(
        refusals=weighed(session, situation, now=now),
        period=period,
        claimed=situation.place.terms.claimed(period),
        mode=reservation.mode,
        needs_approval=situation.keeps_old or reservation.state == ReservationState.REQUESTED,
        price=situation.price,
        payment=situation.standing.payment,
        agreement=asked_of_move(session, situation, reservation, actor=actor, now=now),
    )


def move_reservation(
    session: Session,
    reservation_id: int,
    period: Period,
    *,
    version: int | None = None,
    reason: str = "",
    override_reason: str = "",
    paying: Paying = AS_USUAL,
    actor: Actor,
    now: datetime,
) -> Reservation:
    """Give the reservation another time, or ask for it; raises ReservationRefused with every reason.

    A confirmed one on an instrument with approval keeps its time until the change is decided; less of the
    same time needs no decision. Asking for the time it has withdraws a pending change. What it costs is held anew,
    in the account and the vouchers that its holder names, else in those of before. What has begun keeps its start.
    """
    why = reason or override_reason
    held = hold_changeable(session, reservation_id, reason=why, actor=actor, version=version, now=now)
    reservation, asked = held.reservation, asked_period(held.reservation)
    earlier = held.period
    chosen = paying if held.sight.is_holder else AS_USUAL
    if asked and period == earlier:
        end_pending(session, reservation, ChangeKind.MOVE_WITHDRAWN, reason=why, actor=actor, now=now)
    if period in (earlier, asked):
        if chosen.says_nothing:
            return reservation
        return choose_payer(session, reservation_id, chosen, actor=actor, now=now)
    situation = _situation(session, reservation, held.sight, period, chosen, actor=actor, now=now)
    allowed_reason = override_reason if _may_override(session, held, period, actor, now=now) else ""
    if overridden := refuse_or_override(session, situation, allowed_reason, now=now):
        note_override(session, reservation_id, overridden, allowed_reason, actor=actor, now=now)
    freed = _retake(session, situation, now=now)
    store_quote(session, situation, reservation_id, now=now)
    _hold(session, reservation, situation, chosen, actor=actor, now=now)
    kind = _write(session, reservation, situation, actor=actor, now=now)
    change = Change(kind, before=times(earlier), after=times(period), reason=why, freed=freed)
    record(session, reservation, change, actor=actor, now=now)
    return reservation


def _may_override(session: Session, held: Held, period: Period, actor: Actor, *, now: datetime) -> bool:
    """Whether the actor's reason sets rules aside: for staff, but never to take use that they pay out of the books."""
    if not held.sight.decides:
        return False
    leaves_start = held.period.start <= now and held.period.start != period.start
    return not (leaves_start and is_own(session, held.reservation, actor))


def end_pending(
    session: Session, reservation: Reservation, kind: ChangeKind, *, reason: str, actor: Actor | None, now: datetime
) -> Reservation:
    """End a pending change undone: the reservation keeps its time and gives back what it asked for."""
    kept, asked = period_of(reservation), asked_period(reservation)
    freed = keep_only(session, reservation, kept, actor=actor, now=now)
    settle(session, reservation, kept, now=now)
    agree_again(session, reservation, actor=actor, now=now)
    before = times(asked) if asked else None
    change = Change(kind, before=before, after=times(kept), reason=reason, freed=freed)
    record(session, reservation, change, actor=actor, now=now)
    return reservation


def keep_only(
    session: Session, reservation: Reservation, period: Period, *, actor: Actor | None, now: datetime
) -> list[int]:
    """Settle a reservation on one of the times that it holds already; nothing can refuse that. The lanes it held."""
    place = find_place(session, reservation.instrument_id, period, actor=actor, internal=True, now=now)
    held = claims.narrow(session, reservation.id, place.terms.claimed(period))
    refill(session, held)
    _settle_on(reservation, period, now=now)
    settle_conflicts(session, reservation.id, actor_id=actor.id if actor else None, now=now)
    return [one.lane_id for one in held]


def _situation(
    session: Session,
    reservation: Reservation,
    sight: Sight,
    period: Period,
    paying: Paying,
    *,
    actor: Actor,
    now: datetime,
) -> Situation:
    """The move as something to weigh: a steward's is not held up by the holder's standing, nor by approval."""
    holder_id = reservation.booked_by_id
    place = find_place(
        session, reservation.instrument_id, period, actor=actor, user_id=holder_id, internal=True, now=now
    )
    wanted = Wanted(period, reservation.mode, held=period_of(reservation))
    needs_decision = place.terms.needs_approval and not sight.decides and not wanted.gives_back
    situation = Situation(
        place=place,
        wanted=wanted,
        standing=Standing() if sight.decides else standing_of(place, actor),
        sees_free_time=sees_free_time(place, actor),
        own_id=reservation.id,
        keeps_old=needs_decision and reservation.state == ReservationState.CONFIRMED,
    )
    if not situation.keeps_old:
        owed = owed_as_booked(session, reservation, actor, now=now)
        situation = replace(situation, standing=replace(situation.standing, owed=owed))
    samples = reservation.sample_count
    found = priced(session, situation, user_id=holder_id, samples=samples, may_refuse=not sight.decides, now=now)
    return payable(session, found, Payer(holder_id, paying, reservation), now=now) if sight.is_holder else found


def _hold(
    session: Session, reservation: Reservation, situation: Situation, paying: Paying, *, actor: Actor, now: datetime
) -> None:
    """Hold what the new time costs; while both are kept, the higher of both."""
    times = [situation.wanted.period, *([period_of(reservation)] if situation.keeps_old else [])]
    until = max(times, key=lambda one: one.end)
    price = situation.price.quote.total_fen if situation.price and situation.price.quote else 0
    kept = cost_at(session, reservation, period_of(reservation)) if situation.keeps_old else 0
    reservation.payer_account_id = payer_after(reservation, situation, paying)
    covering = situation.standing.payment.covering if situation.standing.payment else None
    keep_choice(session, reservation, covering, actor=actor, now=now)
    if not reservation.uses_vouchers:
        hold_again(session, reservation, max(price, kept), until=until, actor=actor, now=now)
        return
    due = due_of(session, reservation, times, now=now)
    if actor.id != reservation.booked_by_id:
        refuse_lost(session, reservation, due)
    hold_again(session, reservation, due.own_fen, until=until, actor=actor, now=now)
    hold_vouchers(session, reservation, due, actor=actor, now=now)


def _retake(session: Session, situation: Situation, *, now: datetime) -> list[int]:
    """Give up what is held and take what is wanted, in one step; blocks take what is left over. The lanes it held."""
    if situation.wanted.gives_back:
        kept = situation.place.terms.claimed(situation.wanted.period)
        held = claims.narrow(session, situation.own_id, kept)
    else:
        groups = claims.needed_groups(session, situation.place.instrument_id)
        replacing = claims.held_by(session, Holder(situation.own_id))
        held = take_or_refuse(session, situation, situation.own_id, groups, replacing, now=now)
    refill(session, held)
    return [one.lane_id for one in held]


def _write(
    session: Session, reservation: Reservation, situation: Situation, *, actor: Actor, now: datetime
) -> ChangeKind:
    """Put the new time where it belongs, and see what an outside use needs then."""
    kind = _put(session, reservation, situation, now=now)
    agree_again(session, reservation, actor=actor, now=now)
    return kind


def _put(session: Session, reservation: Reservation, situation: Situation, *, now: datetime) -> ChangeKind:
    """The new time into the reservation, or into its pending change."""
    period, place = situation.wanted.period, situation.place
    if situation.keeps_old:
        reservation.asked_starts_at, reservation.asked_ends_at = period.start, period.end
        moments = [reservation.starts_at, reservation.ends_at, period.start]
        reservation.decide_by = decide_by(place, moments, now=now)
        touch(reservation, now=now)
        return ChangeKind.MOVE_ASKED
    _settle_on(reservation, period, now=now)
    if reservation.state == ReservationState.REQUESTED:
        reservation.decide_by = decide_by(place, [period.start], now=now)
    settle_conflicts(session, reservation.id, actor_id=None, now=now)
    return ChangeKind.MOVED


def _settle_on(reservation: Reservation, period: Period, *, now: datetime) -> None:
    """Make this the reservation's one time."""
    reservation.starts_at, reservation.ends_at = period.start, period.end
    reservation.asked_starts_at = reservation.asked_ends_at = reservation.decide_by = None
    touch(reservation, now=now)
