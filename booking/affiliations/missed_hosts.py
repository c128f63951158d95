"""Which visits have lost their host, and those whose host is back."""

from collections import defaultdict
from datetime import date, datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.affiliations import queries
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.notifications.service import announce
from models.accounts import User
from models.affiliations import Visit


def has_lost_host(today: date) -> ColumnElement[bool]:
    """Visits whose host has left the house, or has no account any more."""
    closed = exists().where(User.id == Visit.host_id, User.deactivated_at.is_not(None))
    return or_(closed, queries.has_left(Visit.host_id, Visit.organisation_id, today))


def find_again(session: Session, which: ColumnElement[bool], *, actor: Actor | None = None, now: datetime) -> None:
    """Take the mark off those of these visits whose host belongs to the house again, and tell who was told of it."""
    back = select(Visit).where(which, Visit.host_missed_on.is_not(None), ~has_lost_host(local_date(now)))
    told: dict[tuple[int, int], list[int]] = defaultdict(list)
    for visit in session.scalars(back.order_by(Visit.id).with_for_update()).all():
        before, after = {"host_missed_on": str(visit.host_missed_on)}, {"host_missed_on": None}
        visit.host_missed_on = None
        subject = ("visit", visit.id)
        audit.note(session, "affiliations.visit_host_back", subject, actor=None, now=now, before=before, after=after)
        told[visit.organisation_id, visit.host_id].append(visit.id)
    for (place, host), ids in told.items():
        who = {"organisation_id": place, "host_id": host, "actor_id": actor.id if actor else None}
        announce(session, "affiliations.visit_hosts_back", {**who, "visit_ids": ids}, now=now)
