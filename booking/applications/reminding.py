"""Reviews that are overdue: the officers of the office whose turn it is are told every week, on its working days."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from booking.applications.rules import REVIEWED
from booking.core.clock import local_date
from booking.directory.queries import working_day_test
from booking.notifications.service import announce
from booking.vouchers.offices import has_officers
from models.applications import VoucherApplication
from models.programmes import Programme
from models.vocabulary.applications import ApplicationState

Rows = Select[*tuple[Any, ...]]
AGAIN_AFTER = timedelta(days=7)


def due_to_remind(session: Session, *, now: datetime) -> Sequence[int]:
    """The ids of authorities that work today with overdue reviews of which nobody was told for a week.

    The one whose review is due longest comes first.
    """
    today = local_date(now)
    late = _overdue(now, select(_office(now).label("office_id"), VoucherApplication.due_on)).subquery()
    offices = select(late.c.office_id).group_by(late.c.office_id).order_by(func.min(late.c.due_on), late.c.office_id)
    return [one for one in session.scalars(offices) if working_day_test(session, one, today, today)(today)]


def remind_of_reviews(session: Session, office_id: int, /, *, now: datetime) -> bool:
    """Tell an authority's officers of its overdue reviews, in one announcement; whether there are any."""
    wanted = _overdue(now, select(VoucherApplication)).where(_office(now) == office_id)
    held = wanted.with_for_update(key_share=True, skip_locked=True, of=VoucherApplication)
    waiting = session.scalars(held.order_by(VoucherApplication.due_on, VoucherApplication.id)).all()
    for one in waiting:
        one.reminded_on = local_date(now)
    if waiting:
        payload = {"organisation_id": office_id, "application_ids": [one.id for one in waiting]}
        announce(session, "applications.overdue", payload, now=now)
    return bool(waiting)


def _overdue(now: datetime, wanted: Rows) -> Rows:
    """Applications in review whose day is over; told of this review within a week they wait."""
    today, told = local_date(now), VoucherApplication.reminded_on
    again = or_(told.is_(None), told <= VoucherApplication.due_on, told <= today - AGAIN_AFTER)
    late = VoucherApplication.state.in_(REVIEWED), VoucherApplication.due_on < today
    return wanted.join(Programme, Programme.id == VoucherApplication.programme_id).where(*late, again)


def _office(now: datetime) -> ColumnElement[int]:
    """Whose review it is: that of the district while it has officers, else of the programme's authority."""
    at_district = and_(
        VoucherApplication.state == ApplicationState.DISTRICT_REVIEW,
        has_officers(VoucherApplication.district_id, VoucherApplication.organisation_id, local_date(now)),
    )
    return case((at_district, VoucherApplication.district_id), else_=Programme.organisation_id)
