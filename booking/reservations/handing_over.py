"""Bookings of somebody who goes: handed over to somebody else, or cancelled."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import queries
from booking.accounts.grants import account_id
from booking.accounts.permissions import Permission, may
from booking.accounts.rules import normal_address
from booking.affiliations.queries import belongs
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.reservations import claims
from booking.reservations.agreeing import agree_again
from booking.reservations.cancelling import cancel_held, cancel_reservation
from booking.reservations.changes import Change, asked_period, period_of, record, touch
from booking.reservations.coming import Chosen, are_colleagues, chosen_bookings, require_settling
from booking.reservations.covered import hold_vouchers, pass_vouchers
from booking.reservations.held import locked, read_again
from booking.reservations.holding import pass_on
from booking.reservations.reasons import CHECKED_AGAIN, CHECKED_OF_HEIRS, PERSONAL, Code, Refusal
from booking.reservations.refusals import AlreadyStarted, BookingsChanged, ReasonNeeded, ReservationRefused
from booking.reservations.rules import Wanted
from booking.reservations.situations import Situation, find_place, priced, rule_refusals, standing_of, store_quote
from models.accounts import User
from models.reservations import Reservation
from models.vocabulary.reservations import STANDING, ChangeKind, ReservationState

ONE_STARTED = N_("预约 %(number)s（%(name)s）已经开始，不能再取消；请不选它，再取消其余的。")


@dataclass(frozen=True, slots=True)
class _Handing:
    """From whom, to whom, why.

    `is_own` when somebody gives away their own bookings, and no institution acts; `by_institution` when one acts.
    """

    user_id: int
    heir: Actor
    reason: str
    is_own: bool
    by_institution: bool


def hand_over_bookings(
    session: Session,
    organisation_id: int | None,
    user_id: int,
    reservation_ids: Collection[int],
    email: str,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> list[Reservation]:
    """Make somebody else the holder of these bookings; all of them or none, the rules asked again for the new holder.

    Without an institution it is the person, or the platform's administrators, who hand over. Raises
    ReservationRefused with every reason, InvalidInput for an address that will not do, BookingsChanged for other
    bookings.
    """
    require_settling(session, organisation_id, user_id, actor=actor)
    if not reason:
        raise ReasonNeeded
    chosen = _chosen(session, organisation_id, user_id, reservation_ids, now=now)
    heir_id = _heir_id(session, organisation_id, user_id, email, actor=actor, now=now)
    session.execute(select(User.id).where(User.id == heir_id).with_for_update(key_share=True))
    claims.lock_groups_of(session, [one.id for one in chosen])
    heir = queries.actor_of(session, email, now=now)
    if heir is None:
        raise NotFound
    _require_entitled(session, organisation_id, heir, chosen, now=now)
    is_own = organisation_id is None and actor.id == user_id
    handing = _Handing(user_id, heir, reason, is_own, by_institution=organisation_id is not None)
    found = [_hand_over(session, one, handing, actor=actor, now=now) for one in chosen]
    if reasons := [refusal for refused in found for refusal in refused]:
        raise ReservationRefused(reasons)
    return [read_again(session, one.id) for one in chosen]


def cancel_bookings(
    session: Session,
    organisation_id: int | None,
    user_id: int,
    reservation_ids: Collection[int],
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> list[Reservation]:
    """Cancel these bookings of somebody who leaves, with a reason they are told; all of them or none."""
    require_settling(session, organisation_id, user_id, actor=actor)
    if not reason:
        raise ReasonNeeded
    chosen = _chosen(session, organisation_id, user_id, reservation_ids, now=now)
    claims.lock_groups_of(session, [one.id for one in chosen])
    for one in chosen:
        _cancel(session, one, user_id, reason=reason, actor=actor, now=now)
    return [read_again(session, one.id) for one in chosen]


def _cancel(session: Session, one: Chosen, user_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """Cancel one of them; raises AlreadyStarted naming it."""
    try:
        if one.is_here:
            cancel_reservation(session, one.id, reason=reason, actor=actor, now=now)
        else:
            _cancel_elsewhere(session, one.id, user_id, reason=reason, actor=actor, now=now)
    except AlreadyStarted:
        raise AlreadyStarted(ONE_STARTED, number=one.id, name=one.instrument_name) from None


def _chosen(
    session: Session, organisation_id: int | None, user_id: int, reservation_ids: Collection[int], *, now: datetime
) -> list[Chosen]:
    """The chosen bookings; raises BookingsChanged when one is not to be settled here, InvalidInput for none."""
    if not reservation_ids:
        raise InvalidInput([Problem("reservation_ids", N_("请至少选择一条预约。"))])
    found = chosen_bookings(session, organisation_id, user_id, reservation_ids, now=now)
    if len(found) != len(set(reservation_ids)):
        raise BookingsChanged
    return found


def _heir_id(
    session: Session, organisation_id: int | None, user_id: int, email: str, *, actor: Actor, now: datetime
) -> int:
    """The account with this address; raises InvalidInput.

    One's own bookings go to colleagues: of other addresses nobody learns whether they are used.
    """
    if normal_address(email) == session.scalar(select(User.email).where(User.id == user_id)):
        raise InvalidInput([Problem("email", N_("请填写另一个人的邮箱。"))])
    if organisation_id is not None or actor.id != user_id:
        return account_id(session, email)
    no_colleague = InvalidInput([Problem("email", N_("只能移交给与您同一单位或同一课题组的人。"))])
    try:
        heir_id = account_id(session, email)
    except InvalidInput:
        raise no_colleague from None
    if not are_colleagues(session, user_id, heir_id, local_date(now)):
        raise no_colleague
    return heir_id


def _require_entitled(
    session: Session, organisation_id: int | None, heir: Actor, chosen: Sequence[Chosen], *, now: datetime
) -> None:
    """Time at other institutions stays with the people of the institution that hands it over; else InvalidInput."""
    is_elsewhere = organisation_id is not None and any(not one.is_here for one in chosen)
    if is_elsewhere and not belongs(session, heir.id, organisation_id or 0, local_date(now)):
        raise InvalidInput([Problem("email", N_("其他单位仪器上的预约，只能移交给本单位已确认的人员。"))])


def _cancel_elsewhere(
    session: Session, reservation_id: int, user_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Cancel a booking at another institution for the person, as they could: before its start.

    It costs nothing where their institution does it, unless the institution answers for the account that pays it;
    whoever cancels their own pays as with every cancellation.
    """
    reservation = locked(session, reservation_id)
    if reservation.booked_by_id != user_id or reservation.state not in STANDING:
        raise BookingsChanged
    if reservation.starts_at <= now:
        raise AlreadyStarted
    cancel_held(session, reservation, reason=reason, actor=actor, now=now, by_institution=True)


def _hand_over(session: Session, one: Chosen, handing: _Handing, *, actor: Actor, now: datetime) -> list[Refusal]:
    """Give one booking to the heir, unless a lasting rule is against it; every reason then."""
    user_id, heir = handing.user_id, handing.heir
    reservation = locked(session, one.id)
    if reservation.booked_by_id != user_id or reservation.state not in STANDING:
        raise BookingsChanged
    period = period_of(reservation)
    place = find_place(session, reservation.instrument_id, period, actor=heir, user_id=heir.id, internal=True, now=now)
    wanted, standing = Wanted(period, reservation.mode), standing_of(place, heir)
    situation = Situation(place, wanted, standing, sees_free_time=True, own_id=reservation.id)
    if found := _against(session, reservation, situation, handing, now=now):
        return found if may(actor, Permission.SUSPEND_PEOPLE, place.target) else _discreet(found)
    before, after = {"booked_by_id": user_id}, {"booked_by_id": heir.id}
    cost = _quote_anew(session, reservation, situation, heir, now=now)
    due = pass_vouchers(session, reservation, heir.id, actor=actor, now=now)
    if owed := pass_on(session, reservation, heir.id, place.organisation_id, due.own_fen if due else cost, now=now):
        return owed
    if due is not None:
        hold_vouchers(session, reservation, due, actor=actor, now=now)
    reservation.booked_by_id = heir.id
    agree_again(session, reservation, in_any_case=True, actor=actor, now=now)
    touch(reservation, now=now)
    change = Change(
        ChangeKind.HANDED_OVER,
        before=before,
        after=after,
        reason=handing.reason,
        also_seen_by=[user_id],
        by_institution=handing.by_institution and not one.is_here,
    )
    record(session, reservation, change, actor=actor, now=now)
    return []


def _against(
    session: Session, reservation: Reservation, situation: Situation, handing: _Handing, *, now: datetime
) -> list[Refusal]:
    """The rules against the heir; who gives away their own bookings is bound by what approval and groups ask too."""
    if not handing.is_own:
        return [one for one in rule_refusals(situation, now=now) if one.code in CHECKED_AGAIN]
    asked = priced(session, situation, user_id=handing.heir.id, samples=reservation.sample_count, now=now)
    found = [one for one in rule_refusals(asked, now=now) if one.code in CHECKED_OF_HEIRS]
    if situation.place.terms.needs_approval and reservation.state == ReservationState.CONFIRMED:
        found.append(Refusal(Code.NEEDS_APPROVAL))
    return found


def _discreet(found: Sequence[Refusal]) -> list[Refusal]:
    """The refusals without how the heir stands with the institution."""
    told = [one for one in found if one.code not in PERSONAL]
    return told if len(told) == len(found) else [Refusal(Code.CANNOT_TAKE_OVER), *told]


def _quote_anew(session: Session, reservation: Reservation, situation: Situation, heir: Actor, *, now: datetime) -> int:
    """Keep what the heir pays for the time that it has, and for the one that it asks for; the higher of both."""
    cost = 0
    for period in filter(None, (period_of(reservation), asked_period(reservation))):
        told = priced(
            session,
            replace(situation, wanted=Wanted(period, reservation.mode)),
            user_id=heir.id,
            samples=reservation.sample_count,
            may_refuse=False,
            now=now,
        )
        store_quote(session, told, reservation.id, now=now)
        cost = max(cost, told.price.quote.total_fen if told.price and told.price.quote else 0)
    return cost
