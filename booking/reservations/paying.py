"""Which payer account pays for a reservation, and holding there what it costs, in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.period import Period
from booking.payers.choosing import choices_for, still_held
from booking.payers.holds import NotEnough, PayerGone, Wanted, for_reservation, set_hold, standing_of
from booking.payers.rules import Choice, Fault, Standing, default_of, gone, named
from booking.pricing.quoting import total_for
from booking.pricing.rules import quote
from booking.reservations.changes import asked_period, last_day, last_time, period_of
from booking.reservations.payment import Payment
from booking.reservations.reasons import Code, Refusal
from booking.reservations.refusals import ReservationRefused
from booking.reservations.situations import Situation, weighed
from booking.reservations.wishes import Paying
from booking.statements.reminding import Owing, owing
from models.reservations import Reservation


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose accounts may pay, how they want to, and the reservation that is to be paid, when it is there already.

    `was_free` is whether that cost nothing until now.
    """

    user_id: int
    paying: Paying
    reservation: Reservation | None = None
    was_free: bool = False

    @property
    def wanted_id(self) -> int | None:
        """The account that is named, else the one that pays already; none when it is to be settled later."""
        if self.paying.keeps and self.reservation is not None:
            return self.reservation.payer_account_id
        return self.paying.account_id


def payable(session: Session, situation: Situation, payer: Payer, *, now: datetime) -> Situation:
    """The situation with who pays; nothing is read for what costs nothing."""
    price = situation.price
    if price is None or price.quote is None or not price.quote.total_fen or situation.asked is None:
        return situation
    owner_id, holding = situation.place.organisation_id, _holding(session, payer.reservation)
    day, today = last_day(_last_wanted(situation)), local_date(now)
    choices = choices_for(session, payer.user_id, owner_id, day=day, today=today, holding=holding)
    owes = _owing(session, payer, owner_id, choices, price.quote.total_fen, today=today)
    choices = [replace(one, fault=one.fault or Fault.OVERDUE) if one.id in owes.payer_ids else one for one in choices]
    lost = _lost(session, situation, payer, holding)
    payment = _payment(situation, payer, choices, lost, is_needed=_needs_payer(session, situation, payer))
    payment = replace(payment, owes=owes.is_any, owes_by_others=not owes.is_own)
    if payer.reservation is not None:
        payment = _beside_kept(session, situation, payment, payer.reservation, holding)
    return replace(situation, standing=replace(situation.standing, payment=payment))


def _owing(
    session: Session, payer: Payer, owner_id: int, choices: Sequence[Choice], cost_fen: int, *, today: date
) -> Owing:
    """What is overdue of the person or an account of theirs, where that lets nobody book anew, or more than before."""
    if payer.reservation is not None and cost_fen <= cost_of(session, payer.reservation):
        return Owing()
    return owing(session, owner_id, payer.user_id, [one.id for one in choices], today=today)


def refuse_overdue(session: Session, reservation: Reservation, *, now: datetime) -> None:
    """Raise ReservationRefused where what its holder or its account owes lets nobody book more."""
    payer_id, owner_id = reservation.payer_account_id, reservation.instrument.organisation_id
    payer_ids = [payer_id] if payer_id is not None else []
    owes = owing(session, owner_id, reservation.booked_by_id, payer_ids, today=local_date(now))
    if payer_id in owes.payer_ids or (payer_id is None and owes.is_any):
        raise ReservationRefused([Refusal(Code.PAYER_OWES if owes.is_own else Code.PAYER_OWED_BY_OTHERS)])


def _payment(
    situation: Situation, payer: Payer, choices: Sequence[Choice], lost: Choice | None, *, is_needed: bool
) -> Payment:
    """Which of the accounts is chosen: the one that is named, the one that pays already, else the usual one."""
    price, asked = situation.price, situation.asked
    assert price is not None
    assert asked is not None
    terms = price.terms
    chosen = named(choices, payer.wanted_id) or lost
    if payer.wanted_id is None and not payer.paying.is_later and (payer.reservation is None or is_needed):
        chosen = default_of(choices)
    return Payment(
        cost=lambda period: quote(terms, replace(asked, period=period).use).total_fen,
        choices=tuple(choices),
        chosen=chosen,
        is_needed=is_needed,
        is_unknown=chosen is None and payer.wanted_id is not None,
    )


def _beside_kept(
    session: Session, situation: Situation, payment: Payment, reservation: Reservation, holding: Standing | None
) -> Payment:
    """The same with what pays for the time that the reservation has: while that is kept, no other account pays."""
    is_kept = payment.chosen is not None and holding is not None and holding.payer_id == payment.chosen.id
    return replace(
        payment,
        kept_fen=holding.amount_fen if is_kept and holding else 0,
        held=situation.wanted.held,
        payer_id=reservation.payer_account_id,
        is_fixed=situation.keeps_old and cost_at(session, reservation, period_of(reservation)) > 0,
    )


def _holding(session: Session, reservation: Reservation | None) -> Standing | None:
    """What the account of a reservation holds."""
    return (
        standing_of(session, for_reservation(reservation.id)) if reservation and reservation.payer_account_id else None
    )


def _lost(session: Session, situation: Situation, payer: Payer, holding: Standing | None) -> Choice | None:
    """The account that pays already when it is not among the person's any more."""
    if holding is None or holding.payer_id != payer.wanted_id:
        return None
    if situation.wanted.gives_back:
        return gone(holding)
    return still_held(session, holding, payer.wanted_id, last_day(_last_wanted(situation)))


def _needs_payer(session: Session, situation: Situation, payer: Payer) -> bool:
    """Whether the owner asks for an account; what costs something already and has none was let off."""
    reservation = payer.reservation
    if not situation.place.terms.needs_payer or reservation is None or payer.was_free:
        return situation.place.terms.needs_payer
    return reservation.payer_account_id is not None or not cost_of(session, reservation)


def _last_wanted(situation: Situation) -> Period:
    """The one that ends last of the times that would be taken."""
    wanted = situation.wanted
    times = [wanted.period, wanted.held] if situation.keeps_old and wanted.held else [wanted.period]
    return max(times, key=lambda one: one.end)


def chosen_id(situation: Situation) -> int | None:
    """The account that pays for the wanted time; none where its fault was set aside."""
    payment = situation.standing.payment
    if payment is None or payment.chosen is None or payment.fault(situation.wanted.period):
        return None
    return payment.chosen.id


def hold_cost(session: Session, situation: Situation, reservation: Reservation, *, now: datetime) -> None:
    """Hold what a new reservation costs; raises ReservationRefused when somebody else was faster."""
    amount = situation.price.quote.total_fen if situation.price and situation.price.quote else 0
    wanted = Wanted(reservation.payer_account_id, reservation.booked_by_id, amount)
    try:
        set_hold(session, for_reservation(reservation.id), wanted, now=now, is_new=True)
    except (NotEnough, PayerGone) as refused:
        payer = Payer(reservation.booked_by_id, Paying(reservation.payer_account_id))
        fresh = payable(session, replace(situation, own_id=reservation.id), payer, now=now)
        raise ReservationRefused(weighed(session, fresh, now=now) or [Refusal(Code.PAYER_UNKNOWN)]) from refused


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


def payer_after(reservation: Reservation, situation: Situation, paying: Paying) -> int | None:
    """The account that pays for a reservation after a change; what costs nothing keeps the one it had, or none."""
    payment = situation.standing.payment
    if payment is not None:
        return chosen_id(situation)
    return None if paying.is_later and not situation.keeps_old else reservation.payer_account_id


def set_cost(session: Session, reservation: Reservation, amount_fen: int, *, now: datetime) -> None:
    """Hold what a reservation costs after a decision, never more than before it."""
    payer_id = reservation.payer_account_id
    if payer_id is not None:
        set_hold(
            session, for_reservation(reservation.id), Wanted(payer_id, reservation.booked_by_id, amount_fen), now=now
        )


def cost_of(session: Session, reservation: Reservation) -> int:
    """What has to be held for a reservation: the higher of what its time and the one it asks for were quoted."""
    periods = filter(None, (period_of(reservation), asked_period(reservation)))
    return max(total_for(session, reservation, period) for period in periods)


def cost_at(session: Session, reservation: Reservation, period: Period) -> int:
    """What one of its times was quoted."""
    return total_for(session, reservation, period)


def pass_on(
    session: Session, reservation: Reservation, heir_id: int, owner_id: int, amount_fen: int, *, now: datetime
) -> list[Refusal]:
    """Let the heir's reservation be paid by the same account if they may use it and it can pay, else by none.

    An account that is overdue does not pay, and without one nobody takes over what costs something while they owe
    something overdue: the answer says so, without what they owe. What costs them nothing has none.
    """
    payer_id, today = reservation.payer_account_id, local_date(now)
    day, holding = last_day(last_time(reservation)), _holding(session, reservation)
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
