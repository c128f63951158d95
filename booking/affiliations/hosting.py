"""Visitors whose host has left: the admin is told and names another host, or the visit ends by itself."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.affiliations import queries
from booking.affiliations.forms import HostForm
from booking.affiliations.missed_hosts import find_again, has_lost_host
from booking.affiliations.visitors import confirmed_days, is_off, managed_visit
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Conflict, InvalidInput, Problem
from booking.core.texts import N_
from booking.notifications.service import announce
from models.accounts import User
from models.affiliations import Visit
from models.vocabulary.affiliations import VISITS_STAND, VisitState

WITHOUT_HOST = timedelta(days=14)
"""How long a visitor may still come after the host was missed."""


def name_host(session: Session, visit_id: int, form: HostForm, *, actor: Actor, now: datetime) -> Visit:
    """Give a standing visit another host of the house; raises NotFound, Conflict or InvalidInput."""
    visit = managed_visit(session, visit_id, actor)
    if visit.state not in VISITS_STAND:
        raise Conflict(N_("这次来访已经处理过了。"))
    found = session.scalar(select(User.id).where(User.email == form.host_email, User.deactivated_at.is_(None)))
    if found is None or not queries.belongs(session, found, visit.organisation_id, local_date(now)):
        raise InvalidInput([Problem("host_email", N_("接待人须是本单位已确认的人员。"))])
    if (found, None) == (visit.host_id, visit.host_missed_on):
        return visit
    before, after = {"host_id": visit.host_id}, {"host_id": found}
    former = visit.host_id if visit.host_missed_on is None else None
    visit.host_id, visit.host_missed_on = found, None
    subject = ("visit", visit.id)
    audit.note(session, "affiliations.visit_host_named", subject, actor=actor, now=now, before=before, after=after)
    announce(session, "affiliations.visit_host_named", {"visit_id": visit.id, "former_host_id": former}, now=now)
    return visit


def miss_hosts(session: Session, *, host_id: int | None = None, now: datetime) -> int:
    """Note which standing visits have lost their host since, and tell each house once for each host; how many.

    Whose host is back lacks none any more. With `host_id` only the visits to that person are looked at.
    """
    today = local_date(now)
    theirs = standing(today) if host_id is None else standing(today) & (Visit.host_id == host_id)
    find_again(session, theirs, now=now)
    statement = select(Visit).where(theirs, Visit.host_missed_on.is_(None), has_lost_host(today)).order_by(Visit.id)
    told: dict[tuple[int, int], list[int]] = defaultdict(list)
    for visit in session.scalars(statement.with_for_update()).all():
        visit.host_missed_on = today
        after = {"host_missed_on": today.isoformat()}
        audit.note(session, "affiliations.visit_host_missed", ("visit", visit.id), actor=None, now=now, after=after)
        told[visit.organisation_id, visit.host_id].append(visit.id)
    for (place, host), ids in told.items():
        payload = {"organisation_id": place, "host_id": host, "visit_ids": ids}
        announce(session, "affiliations.visits_without_host", payload, now=now)
    return sum(len(ids) for ids in told.values())


def end_without_host(session: Session, *, now: datetime) -> int:
    """End the visits for which nobody was named in time, and tell visitor and admins; how many."""
    today = local_date(now)
    over = (standing(today), Visit.host_missed_on < today - WITHOUT_HOST, has_lost_host(today))
    found = session.scalars(select(Visit).where(*over).order_by(Visit.id).with_for_update()).all()
    for visit in found:
        before = {"ends_on": visit.ends_on.isoformat()}
        confirmed = confirmed_days(visit)
        was_told = confirmed is not None
        visit.starts_on = confirmed[0] if confirmed else visit.starts_on
        visit.state, visit.ends_on = VisitState.ENDED, max(visit.starts_on, today - timedelta(days=1))
        visit.confirmed_starts_on = visit.confirmed_ends_on = None
        visit.decided_at, visit.nobody_came = now, today <= visit.starts_on
        subject, after = ("visit", visit.id), {"ends_on": visit.ends_on.isoformat()}
        audit.note(session, "affiliations.visit_ended", subject, actor=None, now=now, before=before, after=after)
        told = {"visit_id": visit.id, "actor_id": None, "is_off": is_off(visit, today), "was_told": was_told}
        announce(session, "affiliations.visit_ended", told, now=now)
    return len(found)


def standing(today: date) -> ColumnElement[bool]:
    """Visits that are not over, and that nobody has refused or ended."""
    return Visit.state.in_(VISITS_STAND) & or_(Visit.ends_on >= today, Visit.confirmed_ends_on >= today)


def last_day_of(visit: Visit) -> date:
    """Until when a visit stands: a fortnight at most without a host."""
    last_day = max(visit.ends_on, visit.confirmed_ends_on or visit.ends_on)
    return last_day if visit.host_missed_on is None else min(last_day, visit.host_missed_on + WITHOUT_HOST)
