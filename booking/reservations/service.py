"""What people do with a reservation: ask and request here; move, edit, cancel and leave beside it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, may, require
from booking.core.actors import Actor
from booking.core.errors import InvalidInput, NotSignedIn, Problem
from booking.core.texts import N_
from booking.reservations import claims
from booking.reservations.agreeing import agreeable, keep_agreement
from booking.reservations.cancelling import cancel_reservation
from booking.reservations.changes import Change, new_uid, record, times
from booking.reservations.deadlines import decide_by
from booking.reservations.easing import for_staff, granted
from booking.reservations.editing import edit_reservation, leave_reservation
from booking.reservations.holding import hold_cost, plan_of
from booking.reservations.moving import move_reservation
from booking.reservations.paying import Payer, chosen_id, payable
from booking.reservations.people import write_people
from booking.reservations.reasons import Refusal
from booking.reservations.refusals import HolderGone, ReservationRefused
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
from booking.reservations.terms import Place
from booking.reservations.wishes import Answer, Wish
from models.base import Base
from models.reservations import Reservation
from models.vocabulary.reservations import ChangeKind, ReservationMode, ReservationState

__all__ = [
    "ask",
    "cancel_reservation",
    "check_agreed",
    "edit_reservation",
    "leave_reservation",
    "move_reservation",
    "request_reservation",
    "reserve_agreed",
    "reserve_for_staff",
]


_users = Base.metadata.tables["users"]
_LOCK = select(_users.c.id).where(_users.c.deactivated_at.is_(None)).with_for_update(key_share=True)
_LOCK_BY_ID = _LOCK.where(_users.c.id == bindparam("id"))
_reservations = Base.metadata.tables["reservations"]
_STORED = [column.name for column in _reservations.c if not column.primary_key]
_STORE = insert(_reservations).returning(_reservations.c.id)


@dataclass(frozen=True, slots=True)
class _Person:
    """Who will hold the reservation, locked."""

    id: int


@dataclass(frozen=True, slots=True)
class _Booking:
    """A reservation about to be made: in these locked groups, with these rules set aside."""

    wish: Wish
    situation: Situation
    reservation: Reservation
    groups: Sequence[int]
    overridden: list[Refusal]
    is_promised: bool = False


def ask(session: Session, wish: Wish, *, actor: Actor | None, now: datetime) -> Answer:
    """What would come of the wish now, with every reason and its remedies, and what it costs; reads only.

    What it costs somebody else for whom it would be made is not told.
    """
    user_id = actor.id if actor else None
    place = find_place(session, wish.instrument_id, wish.period, actor=actor, user_id=user_id, now=now)
    situation = _situation(place, wish, actor)
    if not wish.on_behalf_of:
        situation = priced(session, situation, user_id=user_id, samples=wish.details.sample_count, now=now)
        if actor is not None:
            situation = payable(session, situation, Payer(actor.id, wish.paying), now=now)
            situation = agreeable(session, situation, actor.id, wish.order_form, actor=actor, now=now)
    return Answer(
        refusals=weighed(session, situation, now=now),
        period=wish.period,
        claimed=place.terms.claimed(wish.period),
        mode=situation.wanted.mode,
        needs_approval=place.terms.needs_approval and not may(actor, Permission.DECIDE_BOOKINGS, place.target),
        price=situation.price,
        payment=situation.standing.payment,
        agreement=situation.standing.agreement,
    )


def request_reservation(session: Session, wish: Wish, *, actor: Actor, now: datetime) -> Reservation:
    """Reserve for the actor, or for whom a steward names; raises ReservationRefused with every reason.

    It is confirmed at once, or waits for a decision where the instrument asks for one; its time, what vouchers cover of
    its cost, and the rest in the account that pays, are held either way. Whom a steward names chooses both later.
    """
    holder = _lock_person(session, wish, actor)
    groups = claims.lock_groups(session, wish.instrument_id)
    user_id = holder.id if holder else None
    place = find_place(session, wish.instrument_id, wish.period, actor=actor, user_id=user_id, now=now)
    decides = may(actor, Permission.DECIDE_BOOKINGS, place.target)
    if wish.on_behalf_of or wish.override_reason:
        require(actor, Permission.DECIDE_BOOKINGS, place.target)
    if holder is None:
        raise InvalidInput([Problem("on_behalf_of", N_("没有使用这个邮箱的账户。"))])
    situation = _situation(place, wish, actor)
    situation = priced(session, situation, user_id=holder.id, samples=wish.details.sample_count, now=now)
    if not wish.on_behalf_of:
        situation = payable(session, situation, Payer(holder.id, wish.paying), now=now)
    is_theirs = bool(wish.on_behalf_of)
    situation = agreeable(session, situation, holder.id, wish.order_form, may_wait=is_theirs, actor=actor, now=now)
    overridden = refuse_or_override(session, situation, wish.override_reason, now=now)
    reservation = _new(wish, situation.wanted.mode, holder.id, now=now)
    reservation.payer_account_id = chosen_id(situation)
    reservation.uses_vouchers = plan_of(situation).covered_fen > 0
    if place.terms.needs_approval and not decides:
        reservation.state = ReservationState.REQUESTED
        reservation.decide_by = decide_by(place, [wish.period.start], now=now)
    _book(session, _Booking(wish, situation, reservation, groups, overridden), actor=actor, now=now)
    return reservation


def reserve_agreed(
    session: Session,
    wish: Wish,
    *,
    holder_id: int,
    promised: Collection[str] | None = None,
    actor: Actor,
    now: datetime,
) -> Reservation:
    """Reserve a time of an instrument on request that its owner and the holder have agreed on.

    Needs no further decision; rules and taken time refuse it as they do any other, with every reason. `promised`
    are the rules that the owner set aside when they offered the time: only those stay so.
    """
    holder = session.connection().scalar(_LOCK_BY_ID, {"id": holder_id})
    if holder is None:
        raise HolderGone
    groups = claims.lock_groups(session, wish.instrument_id)
    situation = _agreed(session, wish, holder_id, actor=actor, now=now)
    overridden = refuse_or_override(session, situation, wish.override_reason, within=promised, now=now)
    reservation = _new(wish, situation.wanted.mode, holder_id, now=now)
    booking = _Booking(wish, situation, reservation, groups, overridden, is_promised=promised is not None)
    _book(session, booking, actor=actor, now=now)
    return reservation


def reserve_for_staff(session: Session, wish: Wish, *, actor: Actor, now: datetime) -> Reservation:
    """Take time for the staff's own work on an instrument, free of charge and without a decision.

    Taken time and the rules refuse it as they do any other; only who decides about bookings sets rules aside.
    """
    holder = _lock_person(session, wish, actor)
    groups = claims.lock_groups(session, wish.instrument_id)
    found = find_place(session, wish.instrument_id, wish.period, actor=actor, user_id=actor.id, internal=True, now=now)
    place = replace(found, terms=for_staff(found.terms))
    require(actor, Permission.DECIDE_BOOKINGS if wish.override_reason else Permission.MANAGE_BLOCKS, place.target)
    wanted = Wanted(wish.period, ReservationMode.SELF if place.terms.allows_self else ReservationMode.ASSISTED)
    situation = Situation(place, wanted, Standing(), sees_free_time(place, actor))
    overridden = refuse_or_override(session, situation, wish.override_reason, now=now)
    reservation = _new(wish, wanted.mode, holder.id if holder else actor.id, now=now)
    _book(session, _Booking(wish, situation, reservation, groups, overridden), actor=actor, now=now)
    return reservation


def check_agreed(session: Session, wish: Wish, *, holder_id: int, actor: Actor, now: datetime) -> list[Refusal]:
    """The rules that the owner's reason sets aside for a time they offer; raises ReservationRefused like reserving."""
    situation = _agreed(session, wish, holder_id, actor=actor, now=now)
    overridden = refuse_or_override(session, situation, wish.override_reason, now=now)
    groups = claims.needed_groups(session, wish.instrument_id)
    if not claims.is_free(session, groups, situation.claimed(wish.period)):
        raise ReservationRefused(weighed(session, situation, now=now))
    return overridden


def _agreed(session: Session, wish: Wish, holder_id: int, *, actor: Actor, now: datetime) -> Situation:
    """The wish as its owner grants it: the time of an instrument on request is theirs to give, to whomever."""
    found = find_place(session, wish.instrument_id, wish.period, actor=actor, user_id=holder_id, internal=True, now=now)
    place = replace(found, terms=granted(found.terms))
    standing = Standing(suspended_until=place.suspended_until, suspended_for=place.suspended_for)
    wanted = Wanted(wish.period, wish.mode or place.terms.modes[0])
    situation = Situation(place, wanted, standing, sees_free_time(place, actor))
    samples = wish.details.sample_count
    asked = priced(session, situation, user_id=holder_id, samples=samples, may_refuse=False, now=now)
    return agreeable(session, asked, holder_id, wish.order_form, may_wait=True, actor=actor, now=now)


def _lock_person(session: Session, wish: Wish, actor: Actor) -> _Person | None:
    """The future holder's row, locked; None when a steward named an address without an account."""
    if wish.on_behalf_of:
        address = wish.on_behalf_of.strip().lower()
        found = session.scalar(_LOCK.where(_users.c.email == address, _users.c.confirmed_at.is_not(None)))
        return _Person(found) if found else None
    found = session.connection().scalar(_LOCK_BY_ID, {"id": actor.id})
    if found is None:
        raise NotSignedIn
    return _Person(found)


def _situation(place: Place, wish: Wish, actor: Actor | None) -> Situation:
    """The wish with the mode that is offered when none was named, and how the person stands."""
    standing = standing_of(place, actor)
    if wish.on_behalf_of:
        standing = replace(standing, books_internally=True)
    wanted = Wanted(wish.period, wish.mode or place.terms.modes[0])
    return Situation(place, wanted, standing, sees_free_time(place, actor))


def _new(wish: Wish, mode: ReservationMode, holder_id: int, *, now: datetime) -> Reservation:
    """A confirmed reservation as the wish describes it."""
    details = wish.details
    return Reservation(
        uid=new_uid(),
        instrument_id=wish.instrument_id,
        booked_by_id=holder_id,
        starts_at=wish.period.start,
        ends_at=wish.period.end,
        state=ReservationState.CONFIRMED,
        mode=mode,
        purpose=details.purpose,
        direction=details.direction,
        project_name=details.project_name,
        project_number=details.project_number,
        sample_count=details.sample_count,
        uses_vouchers=False,
        sequence=0,
        version=1,
        created_at=now,
        updated_at=now,
    )


def _book(session: Session, booking: _Booking, *, actor: Actor, now: datetime) -> None:
    """Store the reservation, take its time in the locked groups, and say so."""
    wish, situation, reservation = booking.wish, booking.situation, booking.reservation
    values = {name: getattr(reservation, name) for name in _STORED}
    reservation.id = session.connection().execute(_STORE, values).scalar_one()
    take_or_refuse(session, situation, reservation.id, booking.groups, now=now)
    store_quote(session, situation, reservation.id, now=now)
    hold_cost(session, situation, reservation, wish.paying, actor=actor, now=now)
    keep_agreement(session, situation, reservation, actor=actor, now=now)
    linked = write_people(session, reservation.id, wish.details)
    if booking.overridden:
        who = None if booking.is_promised else actor
        note_override(session, reservation.id, booking.overridden, wish.override_reason, actor=who, now=now)
    waits = reservation.state == ReservationState.REQUESTED
    change = Change(
        kind=ChangeKind.REQUESTED if waits else ChangeKind.CONFIRMED,
        after={**times(wish.period), "mode": situation.wanted.mode},
        reason=wish.override_reason,
        linked=linked,
    )
    record(session, reservation, change, actor=actor, now=now)
