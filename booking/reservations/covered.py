"""What vouchers cover of a reservation: weighed with it, held with every change of it, and let go."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.charges.rules import day_begun
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.period import Period
from booking.payers.holds import Purpose, for_reservation
from booking.pricing.quoting import total_for
from booking.reservations.changes import asked_period, period_of
from booking.reservations.firms import may_act_for, offered_to
from booking.reservations.reasons import Code, Refusal
from booking.reservations.refusals import ReservationRefused
from booking.reservations.terms import Place
from booking.reservations.vouching import (
    NO_VOUCHERS,
    Choice,
    Covering,
    Due,
    Offered,
    VoucherUse,
    Vouching,
    choose,
    enough_for_each,
)
from booking.vouchers import holding
from booking.vouchers.covering import Ask, plan
from booking.vouchers.holding import VoucherShort
from booking.vouchers.plans import Plan, Wish, nothing
from booking.vouchers.wishing import store_wish, wish_of
from models.reservations import Reservation


def covering_for(
    session: Session,
    place: Place,
    user_id: int,
    said: Vouching | None,
    reservation: Reservation | None = None,
    *,
    now: datetime,
) -> Covering | None:
    """What the vouchers would cover that somebody chooses, or that a reservation has; None where there are none.

    Nothing is read where nobody of theirs has a voucher; one of another firm is as unknown as one that is not there.
    What a voucher was once chosen for stays that type of service, whatever the instrument becomes.
    """
    kept = kept_wish(session, reservation) if reservation is not None else None
    if reservation is not None and kept is None and said is None:
        return None
    if kept is None and not place.has_vouchers:
        return Covering(is_unknown=True) if said is not None and said.use == VoucherUse.NAMED else None
    today = local_date(now)
    offered = offered_to(session, user_id, today)
    service_type = kept.service_type if kept else place.service_type
    chosen = choose(said, kept, offered, service_type)
    if not _is_theirs(session, user_id, chosen.wish, offered, today):
        is_named = said is not None and said.use == VoucherUse.NAMED
        chosen = Choice(None, is_unknown=True) if is_named else choose(said or NO_VOUCHERS, None, offered, service_type)
    purpose = for_reservation(reservation.id) if reservation is not None else None
    return Covering(
        offered=offered,
        wish=chosen.wish,
        planned=_planner(session, purpose, place.organisation_id, today),
        is_unknown=chosen.is_unknown,
        is_open=chosen.is_open,
        held=frozenset(holding.held_of(session, purpose)) if purpose and kept else frozenset(),
        is_new=chosen.wish != kept,
    )


def _is_theirs(session: Session, user_id: int, wish: Wish | None, offered: Sequence[Offered], today: date) -> bool:
    """Whether a choice is of a firm for which they act: one whose vouchers they are offered, or that has none left."""
    if wish is None or any(one.organisation_id == wish.organisation_id for one in offered):
        return True
    return _has_right(session, user_id, wish, today)


def _has_right(session: Session, user_id: int, kept: Wish, today: date) -> bool:
    """Whether somebody may still use what was chosen before."""
    return not kept.is_used or may_act_for(session, user_id, kept.organisation_id, today)


def _planner(
    session: Session, purpose: Purpose | None, owner_id: int, today: date
) -> Callable[[Wish, int, date], Plan]:
    """What vouchers cover of a fee on a day; the same is read once."""
    known: dict[tuple[Wish, int, date], Plan] = {}

    def planned(wish: Wish, fee_fen: int, day: date) -> Plan:
        key = wish, fee_fen, day
        if key not in known:
            known[key] = plan(session, Ask(wish, purpose, owner_id, fee_fen, day), today=today)
        return known[key]

    return planned


def kept_wish(session: Session, reservation: Reservation) -> Wish | None:
    """Which vouchers a reservation was to use, as was said last; one that never used any is not asked."""
    return wish_of(session, for_reservation(reservation.id)) if reservation.uses_vouchers else None


def keep_choice(
    session: Session,
    reservation: Reservation,
    covering: Covering | None,
    *,
    actor: Actor,
    now: datetime,
    is_new: bool = False,
) -> None:
    """Keep a choice that is another than before, from now on; a reservation that never used any keeps none of none."""
    if covering is None or not covering.is_new or covering.wish is None:
        return
    reservation.uses_vouchers = True
    store_wish(session, for_reservation(reservation.id), covering.wish, actor=actor, now=now, is_new=is_new)


def due_of(
    session: Session,
    reservation: Reservation,
    periods: Sequence[Period] = (),
    *,
    user_id: int | None = None,
    now: datetime,
) -> Due:
    """What has to be held for its times, or for these of them: in vouchers, and in the account that pays the rest.

    Of two times enough for either. Whoever may not use the firm's vouchers any more (`user_id`, else the holder) has
    none.
    """
    times = list(periods) or [period_of(reservation), *filter(None, [asked_period(reservation)])]
    fees = [(period, total_for(session, reservation, period)) for period in times]
    wish = kept_wish(session, reservation)
    holder_id, today = user_id or reservation.booked_by_id, local_date(now)
    if wish is None or not wish.is_used or not _has_right(session, holder_id, wish, today):
        return enough_for_each([nothing(fee_fen) for _, fee_fen in fees], times)
    purpose, owner_id = for_reservation(reservation.id), reservation.instrument.organisation_id
    asks = [Ask(wish, purpose, owner_id, fee_fen, day_begun(period)) for period, fee_fen in fees]
    return enough_for_each([plan(session, ask, today=today) if ask.fee_fen else nothing(0) for ask in asks], times)


def pass_vouchers(
    session: Session, reservation: Reservation, heir_id: int, *, actor: Actor, now: datetime
) -> Due | None:
    """What has to be held once somebody else has it; None where vouchers never covered anything.

    Whoever may not use the firm's vouchers learns nothing of them: none is used any more.
    """
    kept = kept_wish(session, reservation)
    if kept is None:
        return None
    if not _has_right(session, heir_id, kept, local_date(now)):
        purpose = for_reservation(reservation.id)
        store_wish(session, purpose, replace(kept, is_used=False), actor=actor, now=now)
    return due_of(session, reservation, user_id=heir_id, now=now)


def hold_vouchers(session: Session, reservation: Reservation, due: Due, *, actor: Actor, now: datetime) -> None:
    """Hold in vouchers what is due, after the account; raises ReservationRefused when somebody else was faster.

    Or where what its two times need does not fit together, though nobody was.
    """
    if not reservation.uses_vouchers:
        return
    is_own = actor.id == reservation.booked_by_id
    if due.is_split:
        raise ReservationRefused([Refusal(Code.VOUCHER_NOT_FOR_BOTH if is_own else Code.VOUCHER_OF_HOLDER)])
    try:
        holding.hold(session, for_reservation(reservation.id), due.plan, now=now)
    except VoucherShort as short:
        raise ReservationRefused([_short(session, reservation, due, is_own=is_own, now=now)]) from short


def _short(session: Session, reservation: Reservation, due: Due, *, is_own: bool, now: datetime) -> Refusal:
    """Why the vouchers do not hold what is due, in words for its holder or for somebody else."""
    if not is_own:
        return Refusal(Code.VOUCHER_OF_HOLDER)
    fresh = due_of(session, reservation, due.times, now=now)
    return Refusal(Code.VOUCHER_NOT_FOR_BOTH) if len(due.times) > 1 and fresh == due else short_now(fresh.plan)


def short_now(fresh: Plan) -> Refusal:
    """That somebody was faster, with what the vouchers cover now."""
    return Refusal(Code.VOUCHER_SHORT_NOW, {"covered_fen": fresh.covered_fen, "own_fen": fresh.own_fen})


def refuse_lost(session: Session, reservation: Reservation, due: Due) -> None:
    """Refuse a move by somebody else to a time on which a voucher that holds for it cannot be used any more."""
    if not due.late or not reservation.uses_vouchers:
        return
    if due.late & holding.held_of(session, for_reservation(reservation.id)).keys():
        raise ReservationRefused([Refusal(Code.VOUCHER_OF_HOLDER)])


def let_go(session: Session, reservation: Reservation, *, now: datetime) -> None:
    """Give back what vouchers hold for a reservation that ends or that nobody pays with them."""
    if reservation.uses_vouchers:
        holding.release(session, for_reservation(reservation.id), now=now)
