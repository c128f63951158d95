"""The demo's vouchers: one for the firm of each province, of its authority's programme of the year."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission, reach
from booking.core.clock import local_date
from booking.demo import people
from booking.vouchers.issuing import Issue, issue
from models.programmes import Programme

FACES = {("enterprise", "officer-cq"): 2_000_000, ("enterprise-sc", "officer-sc"): 1_500_000}
"""Whose firm gets how much of whose authority."""


def add_vouchers(session: Session, *, now: datetime) -> int:
    """A voucher for either firm; how many."""
    for (agent, officer), face_fen in FACES.items():
        who = people.actor(session, officer, now=now)
        firm = min(reach(people.actor(session, agent, now=now), Permission.ORDER_FOR_FIRM).organisation_ids)
        authority = min(reach(who, Permission.MANAGE_PROGRAMMES).organisation_ids)
        of_the_year = Programme.organisation_id == authority, Programme.year == local_date(now).year
        programme_id = session.scalars(select(Programme.id).where(*of_the_year)).one()
        issue(session, Issue(programme_id, firm, face_fen), actor=who, now=now)
    return len(FACES)
