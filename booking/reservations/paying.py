"""Which payer account pays for a reservation, and holding there what it costs, in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from booking.core.clock import local_date
from booking.core.period import Period
from booking.payers.choosing import choices_for, still_held
from booking.payers.holds import for_reservation, standing_of
from booking.payers.rules import Choice, Fault, Standing, default_of, gone, named
from booking.pricing.quoting import total_for
from booking.pricing.rules import quote
from booking.reservations.changes import asked_period, last_day, period_of
from booking.reservations.covered import covering_for, due_of
from booking.reservations.payment import Payment
from booking.reservations.reasons import Code, Refusal
from booking.reservations.refusals import ReservationRefused
from booking.reservations.situations import Situation
from booking.reservations.vouching import Covering
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
    owner_id, holding = situation.place.organisation_id, holding_of(session, payer.reservation)
    day, today = last_day(_last_wanted(situation)), local_date(now)
    choices = choices_for(session, payer.user_id, owner_id, day=day, today=today, holding=holding)
    said, place = payer.paying.vouching, situation.place
    covering = covering_for(session, place, payer.user_id, said, payer.reservation, now=now)
    before = _before(session, payer.reservation, now=now)
    asked = _asked(situation, covering, before, price.quote.total_fen)
    owes = Owing()
    if before is None or asked.fee_fen > before.fee_fen or asked.own_fen > before.own_fen:
        owes = owing(session, owner_id, payer.user_id, [one.id for one in choices], today=today)
    choices = [replace(one, fault=one.fault or Fault.OVERDUE) if one.id in owes.payer_ids else one for one in choices]
    lost = _lost(session, situation, payer, holding)
    payment = _payment(situation, payer, choices, lost, is_needed=_needs_payer(situation, payer, before))
    payment = replace(payment, owes=owes.is_any, owes_by_others=not owes.is_own, covering=covering)
    if payer.reservation is not None:
        payment = _beside_kept(session, situation, payment, payer.reservation, holding)
    return replace(situation, standing=replace(situation.standing, payment=payment))


@dataclass(frozen=True, slots=True)
class Costs:
    """What a reservation costs, and what of that vouchers do not take off the bill."""

    fee_fen: int
    own_fen: int


def _before(session: Session, reservation: Reservation | None, *, now: datetime) -> Costs | None:
    """What it costs until now."""
    if reservation is None:
        return None
    fee_fen = cost_of(session, reservation)
    own_fen = due_of(session, reservation, now=now).own_fen if reservation.uses_vouchers else fee_fen
    return Costs(fee_fen, own_fen)


def _asked(situation: Situation, covering: Covering | None, before: Costs | None, total_fen: int) -> Costs:
    """What it would cost with the vouchers that are chosen; what does not move costs what its dearer time does."""
    fee_fen = before.fee_fen if before and situation.wanted.held is None else total_fen
    own_fen = covering.plan(fee_fen, situation.wanted.period).own_fen if covering else fee_fen
    return Costs(fee_fen, own_fen)


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


def holding_of(session: Session, reservation: Reservation | None) -> Standing | None:
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


def _needs_payer(situation: Situation, payer: Payer, before: Costs | None) -> bool:
    """Whether the owner asks for an account; whose holder pays something of it already without one was let off."""
    reservation = payer.reservation
    if not situation.place.terms.needs_payer or reservation is None or before is None or payer.was_free:
        return situation.place.terms.needs_payer
    return reservation.payer_account_id is not None or not before.own_fen


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


def payer_after(reservation: Reservation, situation: Situation, paying: Paying) -> int | None:
    """The account that pays for a reservation after a change; what costs nothing keeps the one it had, or none."""
    payment = situation.standing.payment
    if payment is not None:
        return chosen_id(situation)
    return None if paying.is_later and not situation.keeps_old else reservation.payer_account_id


def cost_of(session: Session, reservation: Reservation) -> int:
    """What has to be held for a reservation: the higher of what its time and the one it asks for were quoted."""
    periods = filter(None, (period_of(reservation), asked_period(reservation)))
    return max(total_for(session, reservation, period) for period in periods)


def cost_at(session: Session, reservation: Reservation, period: Period) -> int:
    """What one of its times was quoted."""
    return total_for(session, reservation, period)
