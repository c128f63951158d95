"""What the owner asks of an outside booking, an order form or a contract: weighed with it, kept, and gone by."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may
from booking.accounts.queries import actor_of
from booking.affiliations.group_reading import group_of
from booking.charges.times import owner_then
from booking.contracts.agreeing import OrderFormChanged, accepted_of, keep, note_accepted
from booking.contracts.grounds import Use, agreement_for, lacking_of, last_of, party_of_user, text_id_now, threshold_of
from booking.contracts.needs import Acceptance, Agreement, Ground, costs_no_more, highest, local_days, unchanged
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, Forbidden
from booking.core.period import Period
from booking.core.texts import N_
from booking.pricing.quoting import first_total, known_total
from booking.pricing.rules import quote
from booking.reservations.cancelling import end_reservation
from booking.reservations.changes import UNAGREED, asked_period, period_of, times
from booking.reservations.held import locked
from booking.reservations.queries import reservation_for
from booking.reservations.situations import Situation, find_place
from booking.reservations.terms import Place
from booking.reservations.wishes import ANY_FORM
from models.accounts import User
from models.contracts import UseAgreement
from models.reservations import Reservation
from models.vocabulary.affiliations import UserSide
from models.vocabulary.contracts import Need
from models.vocabulary.reservations import STANDING, ReservationState


class NothingToAccept(Conflict):
    """No order form is asked for, or it was accepted already."""

    code = "nothing_to_accept"
    sentence = N_("这条预约没有待接受的委托单。")


def agreeable(
    session: Session,
    situation: Situation,
    user_id: int,
    order_form: int | None = None,
    *,
    may_wait: bool = False,
    actor: Actor,
    now: datetime,
) -> Situation:
    """The situation with what the owner asks of the person's use; nothing is read where it requires nothing.

    An order form that somebody else sends along is no acceptance: only the person's own click is.
    """
    place = situation.place
    if place.contract_from is None:
        return situation
    if _is_inside(session, place, user_id, actor, now):
        return replace(situation, is_inside=True)
    use = Use(place.organisation_id, place.instrument_id, user_id, reservation_id=situation.own_id or None)
    accepted_id = order_form if actor.id == user_id else None
    found = agreement_for(
        session,
        use,
        place.contract_from,
        lambda period: _cost(situation, period),
        accepted_id,
        today=local_date(now),
        may_wait=may_wait,
    )
    agreed = replace(found, accepted_id=found.text_id) if accepted_id == ANY_FORM else found
    return replace(situation, standing=replace(situation.standing, agreement=agreed))


def _cost(situation: Situation, period: Period) -> int | None:
    """What a time costs; None without a price."""
    price, asked = situation.price, situation.asked
    if price is None or price.quote is None or asked is None:
        return None
    return quote(price.terms, replace(asked, period=period).use).total_fen


def _is_inside(session: Session, place: Place, user_id: int, actor: Actor | None, now: datetime) -> bool:
    """Whether somebody uses the instrument as one of the institution's own: by a role there, or by their user group."""
    who = actor
    if actor is None or actor.id != user_id:
        email = session.scalar(select(User.email).where(User.id == user_id))
        who = actor_of(session, email, now=now) if email else None
    if may(who, Permission.BOOK_INTERNALLY, place.target):
        return True
    group = place.belonging.group_at(place.organisation_id) if place.belonging else None
    found = group or group_of(session, user_id, place.organisation_id, local_date(now))
    return found.side == UserSide.INSIDE


def keep_agreement(
    session: Session, situation: Situation, reservation: Reservation, *, actor: Actor, now: datetime
) -> None:
    """Keep what a new reservation rests on; what somebody booked for the holder may wait for their click.

    That one of the owner's own people needs nothing is kept too: they may leave, or hand it over, before its time.
    """
    agreement, period = situation.standing.agreement, situation.wanted.period
    use = Use(
        situation.place.organisation_id, reservation.instrument_id, reservation.booked_by_id, None, reservation.id
    )
    if agreement is None:
        if situation.is_inside:
            keep(session, use, Ground(Need.INSIDE), _cost(situation, period), local_days(period), now=now)
        return
    ground, amount_fen = agreement.ground(period), agreement.cost(period)
    accepted = None
    if ground.need == Need.ORDER_FORM and amount_fen is not None and agreement.accepted_id == agreement.text_id:
        accepted = _accepted(session, reservation, use, agreement.text_id, amount_fen, now=now)
    made = keep(session, use, ground, amount_fen, local_days(period), accepted=accepted, now=now)
    if accepted is not None:
        note_accepted(session, made, actor=actor, now=now)


def _accepted(
    session: Session, reservation: Reservation, use: Use, text_id: int, amount_fen: int, *, now: datetime
) -> Acceptance:
    """A click of this moment on a version, for the reservation as it is now."""
    period = period_of(reservation)
    facts = {**times(period), "sample_count": reservation.sample_count}
    party_id = party_of_user(session, use.user_id, use.organisation_id, local_date(now))
    return Acceptance(text_id, now, amount_fen, facts, party_id)


def agree_again(
    session: Session, reservation: Reservation, *, in_any_case: bool = False, actor: Actor | None, now: datetime
) -> None:
    """Weigh a changed reservation anew: another time, amount, holder or owner may need another ground. Never refuses.

    What has begun is weighed by what the institution requires whose the instrument was on that day.

    What was made before anything was required stays free of it at the amount of then, unless `in_any_case`; what was
    accepted stays accepted, as it was, and is enough up to its amount, whatever threshold the owner has set since.
    """
    last = last_of(session, reservation_id=reservation.id)
    if not in_any_case and _stays_free(session, reservation, last, now=now):
        return
    periods = [period_of(reservation), *filter(None, [asked_period(reservation)])]
    whole = Period(min(one.start for one in periods), max(one.end for one in periods))
    amount = highest(known_total(session, reservation, period) for period in periods)
    user_id, instrument_id = reservation.booked_by_id, reservation.instrument_id
    place = find_place(session, instrument_id, whole, actor=actor, user_id=user_id, internal=True, now=now)
    place = _of_then(session, place, owner_at(session, reservation, now=now))
    use = Use(place.organisation_id, instrument_id, user_id, None, reservation.id)
    accepted = _still_accepted(last, use)
    ground = Ground(Need.INSIDE)
    if place.contract_from is None:
        if last is None or (last.user_id, last.organisation_id) == (user_id, use.organisation_id):
            return
        ground = Ground(Need.NOTHING)
    elif not _is_inside(session, place, user_id, actor, now):
        found = _asked_again(session, use, place.contract_from, accepted, lambda _period: amount, now=now)
        ground = found.weighed(amount, *local_days(whole))
    if last is None or _differs(last, ground, amount, use):
        keep(session, use, ground, amount, local_days(whole), accepted=accepted, now=now)


def asked_of_move(
    session: Session, situation: Situation, reservation: Reservation, *, actor: Actor, now: datetime
) -> Agreement | None:
    """What the owner asks of an outside reservation at the time it would move to; None where nothing. Reads only."""
    place, user_id = situation.place, reservation.booked_by_id
    if place.contract_from is None or _is_inside(session, place, user_id, actor, now):
        return None
    last, amount = last_of(session, reservation_id=reservation.id), _cost(situation, situation.wanted.period)
    is_free = last is None or last.need == Need.NOTHING
    if is_free and costs_no_more(amount, _free_fen(session, reservation, last)):
        return None
    use = Use(place.organisation_id, reservation.instrument_id, user_id, None, reservation.id)
    accepted = _still_accepted(last, use)
    return _asked_again(session, use, place.contract_from, accepted, lambda one: _cost(situation, one), now=now)


def owner_at(session: Session, reservation: Reservation, *, now: datetime) -> int:
    """The institution whose terms a reservation rests on: of its day once it has begun, until then the owner now."""
    if reservation.starts_at > now:
        return reservation.instrument.organisation_id
    return owner_then(session, reservation)


def _of_then(session: Session, place: Place, owner_id: int) -> Place:
    """An instrument as the institution had it to which it belonged, with what that one requires."""
    if owner_id == place.organisation_id:
        return place
    required = threshold_of(session, owner_id)
    return replace(place, organisation_id=owner_id, unit_id=None, belonging=None, contract_from=required)


def _asked_again(
    session: Session,
    use: Use,
    contract_from: int,
    accepted: Acceptance | None,
    cost: Callable[[Period], int | None],
    *,
    now: datetime,
) -> Agreement:
    """What the owner asks of a use that is changed: what was accepted stays so, and what is lacking may come."""
    threshold, kept_id = unchanged(contract_from, accepted), accepted.text_id if accepted else None
    found = agreement_for(session, use, threshold, cost, kept_id, today=local_date(now), may_wait=True)
    return replace(found, text_id=kept_id or found.text_id)


def _free_fen(session: Session, reservation: Reservation, last: UseAgreement | None) -> int | None:
    """What a reservation cost when it was made, or taken over, while nothing was required."""
    return last.amount_fen if last else first_total(session, reservation.id)


def _stays_free(session: Session, reservation: Reservation, last: UseAgreement | None, *, now: datetime) -> bool:
    """Whether a reservation made while nothing was required costs no more than it did then."""
    if last is not None and last.need != Need.NOTHING:
        return False
    if threshold_of(session, owner_at(session, reservation, now=now)) is None:
        return True
    periods = filter(None, [period_of(reservation), asked_period(reservation)])
    amount = highest(known_total(session, reservation, period) for period in periods)
    return costs_no_more(amount, _free_fen(session, reservation, last))


def _still_accepted(last: UseAgreement | None, use: Use) -> Acceptance | None:
    """What was accepted, as long as the same person uses the instrument of the same institution."""
    if last is None or (last.user_id, last.organisation_id) != (use.user_id, use.organisation_id):
        return None
    return accepted_of(last)


def _differs(last: UseAgreement, ground: Ground, amount_fen: int | None, use: Use) -> bool:
    """Whether there is anything new to keep."""
    cover_id = ground.cover.contract_id if ground.cover else None
    before = (last.need, last.text_id, last.contract_id, last.amount_fen, last.user_id, last.organisation_id)
    return before != (ground.need, ground.text_id, cover_id, amount_fen, use.user_id, use.organisation_id)


def accept_order_form(
    session: Session, reservation_id: int, text_id: int, *, actor: Actor, now: datetime
) -> UseAgreement:
    """Accept the order form of one's own reservation that waits for it; the version that was read must still hold."""
    reservation_for(session, reservation_id, actor)
    reservation = locked(session, reservation_id)
    if reservation.booked_by_id != actor.id:
        raise Forbidden
    lacking = lacking_now(session, reservation, now=now)
    if lacking is None or lacking.need != Need.ORDER_FORM or reservation.state not in STANDING:
        raise NothingToAccept
    assert lacking.amount_fen is not None
    if text_id != text_id_now(session, lacking.organisation_id):
        raise OrderFormChanged
    use = Use(lacking.organisation_id, reservation.instrument_id, actor.id, None, reservation_id)
    days = local_days(period_of(reservation))
    accepted = _accepted(session, reservation, use, text_id, lacking.amount_fen, now=now)
    ground = Ground(Need.ORDER_FORM, text_id)
    made = keep(session, use, ground, lacking.amount_fen, days, accepted=accepted, now=now)
    note_accepted(session, made, actor=actor, now=now)
    return made


def lacking_now(session: Session, reservation: Reservation, *, now: datetime) -> UseAgreement | None:
    """What a locked reservation needs and has not got, after a look at how things stand now; None when it may start.

    Who it is may have become one of the owner's own, a contract may have got room, the instrument another owner before
    its time. What has begun stays with whose the instrument was then.
    """
    last = last_of(session, reservation_id=reservation.id)
    if last is not None and (last.is_lacking or last.organisation_id != owner_at(session, reservation, now=now)):
        agree_again(session, reservation, actor=None, now=now)
    return lacking_of(session, reservation_id=reservation.id)


def weigh_reservation(session: Session, reservation_id: int, *, now: datetime) -> bool:
    """Weigh a coming reservation whose holder or owner is another than it rests on; whether it did."""
    reservation = locked(session, reservation_id)
    if reservation.state not in STANDING or reservation.starts_at <= now:
        return False
    agree_again(session, reservation, in_any_case=True, actor=None, now=now)
    return True


def lapse_unagreed(session: Session, reservation_id: int, *, now: datetime) -> bool:
    """Let a reservation lapse whose time has begun and whose ground is still lacking; whether it did."""
    reservation = locked(session, reservation_id)
    has_begun = reservation.starts_at <= now < reservation.ends_at
    if reservation.state not in STANDING or not has_begun:
        return False
    if lacking_now(session, reservation, now=now) is None:
        return False
    lapsed = ReservationState.LAPSED
    end_reservation(session, reservation, lapsed, reason="", cause=UNAGREED, actor=None, now=now)
    return True
