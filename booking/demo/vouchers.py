"""The demo's vouchers: one for the firm of each province, and what the first of them holds and has paid."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.charges.windows import Windows
from booking.core.clock import at_local
from booking.core.period import Period
from booking.demo import bookings, people
from booking.demo.programmes import years
from booking.demo.uses import counted
from booking.reservations.approval import confirm_reservation
from booking.reservations.forms import UseForm
from booking.reservations.using import confirm_use
from booking.vouchers.ending import due_to_expire, expire_voucher
from booking.vouchers.issuing import Issue, issue
from models.notifications import Event
from models.programmes import Programme
from models.reservations import Reservation
from models.vocabulary.reservations import ReservationState, UseOutcome

FACES = {("enterprise", "officer-cq"): 2_000_000, ("enterprise-sc", "officer-sc"): 1_500_000}
"""Whose firm gets how much of whose authority."""
SINCE = timedelta(days=90)
USED_WITHIN = timedelta(days=14)
DECIDED_WITHIN = timedelta(minutes=40)
SEED = 20201016


def add_vouchers(session: Session, *, now: datetime) -> int:
    """A voucher for either firm, three months old, of each year; how many."""
    for year in years(now):
        for (agent, officer), face_fen in FACES.items():
            who = people.actor(session, officer, now=now)
            firm = min(reach(people.actor(session, agent, now=now), Permission.ORDER_FOR_FIRM).organisation_ids)
            wanted = Issue(programme_of(session, officer, year, now=now), firm, face_fen)
            issue(session, wanted, actor=who, now=issued_at(year, now=now))
    return len(FACES) * len(years(now))


def programme_of(session: Session, officer: str, year: int, *, now: datetime) -> int:
    """The programme of a year of the authority that an officer works for."""
    who = people.actor(session, officer, now=now)
    authority = min(reach(who, Permission.MANAGE_PROGRAMMES).organisation_ids)
    of_the_year = Programme.organisation_id == authority, Programme.year == year
    found = select(Programme.id).where(*of_the_year, Programme.runs_at == "").order_by(Programme.id)
    return session.scalars(found).one()


def expire_vouchers(session: Session, *, now: datetime) -> int:
    """End what was issued for a year that is over, as the night after it does; how many."""
    return sum(expire_voucher(session, one, now=now) for one in due_to_expire(session, now=now))


def use_vouchers(session: Session, *, now: datetime) -> int:
    """A use of the firm in Beibei of which its voucher pays a share, and a booking for which it holds one; how many.

    Mails about the made-up past are dropped.
    """
    chance = random.Random(SEED)  # noqa: S311 - made-up bookings, no secret
    steward = people.actor(session, "steward", now=now)
    before, since = session.scalar(select(func.max(Event.id))) or 0, now - USED_WITHIN
    past = _booked(session, chance, lambda one: since < one.start and one.end < now, now=now)
    session.execute(delete(Event).where(Event.id > before))
    coming = _booked(session, chance, lambda one: one.start > now + timedelta(days=2), now=now)
    if coming is not None and _waits(session, coming):
        confirm_reservation(session, coming.id, actor=steward, now=coming.created_at + DECIDED_WITHIN)
    if past is not None:
        form = UseForm(outcome=UseOutcome.USED, **counted(session, past.id, chance))
        confirm_use(session, past.id, form, windows=Windows(), actor=steward, now=now)
    return len([one for one in (past, coming) if one is not None])


def _waits(session: Session, reservation: Reservation) -> bool:
    """Whether nobody has decided on it: those that lie back were, as they were made."""
    state = session.scalar(select(Reservation.state).where(Reservation.id == reservation.id))
    return state == ReservationState.REQUESTED


def _booked(
    session: Session, chance: random.Random, fits: Callable[[Period], bool], *, now: datetime
) -> Reservation | None:
    """A booking of the firm at the steward's instruments for which its voucher holds something."""
    steward, agent = (people.actor(session, account, now=now) for account in ("steward", "enterprise"))
    ids = sorted(reach(steward, Permission.EDIT_RECORD).instrument_ids)
    for busy in bookings.bookable(session, ids):
        made = bookings.book_first(session, busy, agent, chance, fits, approver=steward, now=now)
        if made is not None and made.uses_vouchers:
            return made
    return None


def issued_at(year: int, *, now: datetime) -> datetime:
    """When the vouchers of a year were issued: three months ago, and not before its programmes begin."""
    return max(now - SINCE, at_local(date(year, 1, 1), 0))
