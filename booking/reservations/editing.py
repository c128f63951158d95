"""Changing what a reservation says besides its time, and leaving one that somebody else made."""

from collections.abc import Collection
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking.charges.giving_up import owed_as_booked
from booking.core.actors import Actor
from booking.core.errors import NotFound
from booking.pricing.quoting import quote_again
from booking.reservations.agreeing import agree_again
from booking.reservations.changes import Change, asked_period, record, touch
from booking.reservations.choosing_payer import needed_payer
from booking.reservations.covered import due_of, hold_vouchers
from booking.reservations.held import Held, hold_changeable, locked, read_again
from booking.reservations.holding import hold_again
from booking.reservations.paying import cost_of, refuse_overdue
from booking.reservations.people import details_of, linked_to, replace_people, said
from booking.reservations.refusals import ReservationRefused
from booking.reservations.rules import counted
from booking.reservations.wishes import Details
from models.reservations import Reservation, ReservationPerson
from models.vocabulary.reservations import ChangeKind, PersonRole

TEXTS = ("purpose", "direction", "project_name", "project_number", "sample_count")
EVERYTHING = frozenset(field.name for field in fields_of(Details))


def edit_reservation(
    session: Session,
    reservation_id: int,
    details: Details,
    *,
    fields: Collection[str] = EVERYTHING,
    version: int | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Reservation:
    """Replace the named fields of what it says; nothing happens when nothing differs."""
    held = hold_changeable(session, reservation_id, reason=reason, actor=actor, version=version, now=now)
    reservation = held.reservation
    earlier = details_of(reservation)
    wanted = replace(earlier, **{name: getattr(details, name) for name in fields})
    if wanted == earlier:
        return reservation
    linked_before = linked = linked_to(reservation.people)
    for name in TEXTS:
        setattr(reservation, name, getattr(wanted, name))
    touch(reservation, now=now)
    if wanted.sample_count != earlier.sample_count:
        _quote_and_hold(session, held, actor=actor, now=now)
        agree_again(session, reservation, actor=actor, now=now)
    if (wanted.operator, wanted.participants) != (earlier.operator, earlier.participants):
        linked = replace_people(session, reservation_id, wanted)
    before, after = _differing(earlier, wanted)
    change = Change(
        ChangeKind.EDITED, before=before, after=after, reason=reason, linked=linked, also_seen_by=linked_before
    )
    record(session, reservation, change, actor=actor, now=now)
    return read_again(session, reservation_id)


def _quote_and_hold(session: Session, held: Held, *, actor: Actor, now: datetime) -> None:
    """Hold what it costs with its samples now; raises ReservationRefused when the account does not pay for that.

    Fewer samples are refused too, where what is booked counts already.
    """
    reservation = held.reservation
    earlier, owed = cost_of(session, reservation), owed_as_booked(session, reservation, actor, now=now)
    was_free = not earlier
    for period in filter(None, (held.period, asked_period(reservation))):
        quote_again(session, reservation, period, now=now)
    cost = cost_of(session, reservation)
    if owed and cost < earlier:
        raise ReservationRefused([counted(owed)])
    if reservation.payer_account_id is None and was_free and held.sight.is_holder:
        reservation.payer_account_id = needed_payer(session, reservation, actor=actor, now=now)
    if cost > earlier and held.sight.is_holder:
        refuse_overdue(session, reservation, now=now)
    due = due_of(session, reservation, now=now) if reservation.uses_vouchers else None
    if reservation.payer_account_id is not None:
        hold_again(session, reservation, due.own_fen if due else cost, actor=actor, now=now)
    if due is not None:
        hold_vouchers(session, reservation, due, actor=actor, now=now)


def leave_reservation(session: Session, reservation_id: int, *, actor: Actor, now: datetime) -> Reservation:
    """Take oneself out of a reservation that somebody else made; raises NotFound when one is not in it."""
    reservation = locked(session, reservation_id)
    own = [person for person in reservation.people if person.user_id == actor.id]
    if not own:
        raise NotFound
    earlier = details_of(reservation)
    gone = {(person.role, person.name, person.email) for person in own}
    operator = earlier.operator
    if operator and (PersonRole.OPERATOR, operator.name, operator.email) in gone:
        operator = None
    staying = tuple(p for p in earlier.participants if (PersonRole.PARTICIPANT, p.name, p.email) not in gone)
    session.execute(delete(ReservationPerson).where(ReservationPerson.id.in_([person.id for person in own])))
    touch(reservation, now=now)
    before, after = _differing(earlier, replace(earlier, operator=operator, participants=staying))
    change = Change(ChangeKind.EDITED, before=before, after=after, also_seen_by=[actor.id])
    record(session, reservation, change, actor=actor, now=now)
    return read_again(session, reservation_id)


def _differing(earlier: Details, wanted: Details) -> tuple[dict[str, object], dict[str, object]]:
    """What differs, as history keeps it: before and after."""
    differing = [part.name for part in fields_of(Details) if getattr(earlier, part.name) != getattr(wanted, part.name)]
    before, after = said(earlier), said(wanted)
    return {name: before[name] for name in differing}, {name: after[name] for name in differing}
