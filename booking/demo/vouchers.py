"""The demo's vouchers: one for the firm of each province, and what the first of them holds and has paid."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.attachments.preparing import Uploaded, prepare
from booking.charges.windows import Windows
from booking.core.clock import at_local, local_date
from booking.core.period import Period
from booking.demo import bookings, people
from booking.demo.papers import LIMITS, plain_pdf
from booking.demo.uses import counted
from booking.reservations.approval import confirm_reservation
from booking.reservations.forms import UseForm
from booking.reservations.using import confirm_use
from booking.vouchers.forms import RegisterVoucherForm
from booking.vouchers.issuing import Issue, issue
from booking.vouchers.registering import register
from models.notifications import Event
from models.programmes import Programme
from models.reservations import Reservation
from models.vocabulary.reservations import ReservationState, UseOutcome

FACES = {("enterprise", "officer-cq"): 2_000_000, ("enterprise-sc", "officer-sc"): 1_500_000}
"""Whose firm gets how much of whose authority."""
SINCE = timedelta(days=90)
USED_WITHIN = timedelta(days=14)
SEED = 20201016


def add_vouchers(session: Session, *, now: datetime) -> int:
    """A voucher for either firm, three months old; how many."""
    for (agent, officer), face_fen in FACES.items():
        who = people.actor(session, officer, now=now)
        firm = min(reach(people.actor(session, agent, now=now), Permission.ORDER_FOR_FIRM).organisation_ids)
        wanted = Issue(programme_of_the_year(session, officer, now=now), firm, face_fen)
        issue(session, wanted, actor=who, now=_issued_at(now))
    return len(FACES)


def programme_of_the_year(session: Session, officer: str, *, now: datetime) -> int:
    """The programme of this year of the authority that an officer works for."""
    who = people.actor(session, officer, now=now)
    authority = min(reach(who, Permission.MANAGE_PROGRAMMES).organisation_ids)
    of_the_year = Programme.organisation_id == authority, Programme.year == local_date(now).year
    return session.scalars(select(Programme.id).where(*of_the_year, Programme.runs_at == "")).one()


def register_vouchers(session: Session, *, now: datetime) -> int:
    """A voucher of 科创通 of the firm in Beibei, with a file that stands for its evidence; how many."""
    agent = people.actor(session, "enterprise", now=now)
    programme = session.scalars(select(Programme).where(Programme.runs_at != "")).one()
    form = RegisterVoucherForm(
        organisation_id=min(reach(agent, Permission.APPLY_FOR_VOUCHERS).organisation_ids),
        programme_id=programme.id,
        number_there=f"KCT-{programme.year}-0417",
        face_fen=800_000,
        use_by=date(programme.year, 12, 31),
        redeem_by=date(programme.year + 1, 3, 31),
    )
    files = prepare([Uploaded("科创通创新券.pdf", plain_pdf("Kechuangtong voucher (sample)", now))], LIMITS)
    register(session, form, files, LIMITS, actor=agent, now=now)
    return 1


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
    if coming is not None and coming.state == ReservationState.REQUESTED:
        confirm_reservation(session, coming.id, actor=steward, now=now)
    if past is not None:
        form = UseForm(outcome=UseOutcome.USED, **counted(session, past.id, chance))
        confirm_use(session, past.id, form, windows=Windows(), actor=steward, now=now)
    return len([one for one in (past, coming) if one is not None])


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


def _issued_at(now: datetime) -> datetime:
    """When the vouchers were issued: three months ago, and not before this year's programmes begin."""
    return max(now - SINCE, at_local(local_date(now).replace(month=1, day=1), 0))
