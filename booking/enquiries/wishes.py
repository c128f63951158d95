"""Agreeing on a time of an instrument on request: the owner answers a wish, the asker takes or declines an offer.

What is agreed becomes a reservation by the one service that takes time, so the database refuses the second of two
who are promised the same time.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, require
from booking.catalogue.queries import target_of
from booking.core.actors import Actor
from booking.core.errors import Conflict, Forbidden, InvalidInput, Problem
from booking.core.period import Period
from booking.core.texts import N_
from booking.enquiries.forms import OfferForm, WishAnswerForm
from booking.enquiries.queries import periods_of
from booking.enquiries.rules import period_problems, state_after
from booking.enquiries.service import (
    IsClosed,
    Offer,
    add_period,
    changed,
    is_asker,
    lock,
    turn_to_asker,
    turn_to_staff,
    write,
)
from booking.reservations.reasons import Refusal
from booking.reservations.service import check_agreed, reserve_agreed
from booking.reservations.wishes import Details, Wish
from models.enquiries import Enquiry, WishedPeriod
from models.vocabulary.enquiries import OPEN_WISHES, EnquiryState, WishAnswer, WishState


class NothingToAnswer(Conflict):
    """There is no wish, or it has been settled."""

    code = "nothing_to_answer"
    sentence = N_("这里没有需要答复的时间。")


def answer_wish(session: Session, enquiry_id: int, form: WishAnswerForm, *, actor: Actor, now: datetime) -> Enquiry:
    """Accept one of the wished times, offer another, or say no with a reason; for the staff.

    Time is given by those who decide about bookings; the others may answer in words, and say no.
    """
    enquiry = _answerable(session, enquiry_id, form, actor=actor)
    set_aside: Sequence[Refusal] = ()
    if form.answer == WishAnswer.ACCEPT:
        _accept(session, enquiry, form, actor=actor, now=now)
    elif form.answer == WishAnswer.OFFER:
        set_aside = _offer(session, enquiry, form, actor=actor, now=now)
    elif not form.message:
        raise InvalidInput([Problem("message", N_("请写明不能安排的理由。"))])
    enquiry.wish_state = state_after(form.answer)
    if form.message:
        write(session, enquiry, form.message, actor=actor, now=now)
    turn_to_asker(enquiry)
    more = {"set_aside": [str(one.code) for one in set_aside], "reason": form.override_reason} if set_aside else None
    changed(session, enquiry, "wish_answered", actor=actor, now=now, after=more)
    return enquiry


def _answerable(session: Session, enquiry_id: int, form: WishAnswerForm, *, actor: Actor) -> Enquiry:
    """The enquiry, locked, whose wish waits for this answer of this person."""
    enquiry = lock(session, enquiry_id, actor=actor)
    if is_asker(enquiry, actor):
        raise Forbidden
    if form.answer != WishAnswer.REFUSE:
        require(actor, Permission.DECIDE_BOOKINGS, target_of(enquiry.instrument))
    if enquiry.state == EnquiryState.CLOSED:
        raise IsClosed
    if enquiry.wish_state not in OPEN_WISHES:
        raise NothingToAnswer
    return enquiry


def settle_offer(
    session: Session, enquiry_id: int, form: OfferForm, *, days: int, actor: Actor, now: datetime
) -> Enquiry:
    """Take the offered time, or decline it and wait for another answer; for who asked."""
    enquiry = lock(session, enquiry_id, actor=actor)
    if not is_asker(enquiry, actor):
        raise Forbidden
    if enquiry.state == EnquiryState.CLOSED:
        raise IsClosed
    if enquiry.wish_state != WishState.OFFERED:
        raise NothingToAnswer
    if form.accepts:
        offer = [one for one in periods_of(session, enquiry.id) if one.is_offer][-1]
        _agree(session, enquiry, offer, "accepts", promised=offer.set_aside, actor=actor, now=now)
    enquiry.wish_state = WishState.AGREED if form.accepts else WishState.DECLINED
    if form.message:
        write(session, enquiry, form.message, actor=actor, now=now)
    if form.accepts:
        turn_to_asker(enquiry)
    else:
        turn_to_staff(session, enquiry, days, now=now)
    changed(session, enquiry, "wish_settled", actor=actor, now=now)
    return enquiry


def _accept(session: Session, enquiry: Enquiry, form: WishAnswerForm, *, actor: Actor, now: datetime) -> None:
    """Agree on one of the times that were asked for."""
    wished = {one.id: one for one in periods_of(session, enquiry.id) if not one.is_offer}
    chosen = wished.get(form.period_id or 0)
    if chosen is None:
        raise InvalidInput([Problem("period_id", N_("请选择用户提出的一个时间。"))])
    chosen.override_reason = form.override_reason
    _agree(session, enquiry, chosen, "period_id", actor=actor, now=now)


def _agree(
    session: Session,
    enquiry: Enquiry,
    chosen: WishedPeriod,
    field: str,
    *,
    promised: Sequence[str] | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    """Reserve the agreed time, unless it is over; raises ReservationRefused when it cannot be had."""
    period = Period(chosen.starts_at, chosen.ends_at)
    if period.start <= now:
        raise InvalidInput([Problem(field, N_("这个时间已经过去。"))])
    wish, holder_id = _wish(enquiry, period, chosen.override_reason), enquiry.asked_by_id
    made = reserve_agreed(session, wish, holder_id=holder_id, promised=promised, actor=actor, now=now)
    enquiry.reservation_id = made.id
    enquiry.agreed_starts_at, enquiry.agreed_ends_at = period.start, period.end


def _offer(
    session: Session, enquiry: Enquiry, form: WishAnswerForm, *, actor: Actor, now: datetime
) -> Sequence[Refusal]:
    """Name another time, which must be to be had now; the rules that the owner's reason sets aside."""
    if form.starts_at is None or form.ends_at is None:
        missing = "starts_at" if form.starts_at is None else "ends_at"
        raise InvalidInput([Problem(missing, N_("请填写此项。"))])
    if form.ends_at <= form.starts_at:
        raise InvalidInput([Problem("ends_at", N_("结束时间须晚于开始时间。"))])
    period = Period(form.starts_at, form.ends_at)
    if period_problems([period], now=now):
        raise InvalidInput([Problem("starts_at", N_("这个时间已经过去。"))])
    wish = _wish(enquiry, period, form.override_reason)
    set_aside = check_agreed(session, wish, holder_id=enquiry.asked_by_id, actor=actor, now=now)
    position = len(periods_of(session, enquiry.id)) + 1
    codes = [str(one.code) for one in set_aside]
    offer = Offer(form.override_reason, codes) if codes else Offer()
    add_period(session, enquiry, position, period, offer=offer)
    return set_aside


def _wish(enquiry: Enquiry, period: Period, reason: str) -> Wish:
    """The enquiry as a wish for this time."""
    details = Details(purpose=enquiry.purpose)
    return Wish(enquiry.instrument_id, period, mode=enquiry.mode, details=details, override_reason=reason)
