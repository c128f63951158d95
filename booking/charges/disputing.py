"""Reminding of disputes that nobody answers: every week, until somebody does."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from booking.notifications.service import announce
from models.charges import Charge
from models.vocabulary.charges import ChargeState

AGAIN = timedelta(days=7)


def due_to_remind(session: Session, *, now: datetime) -> Sequence[int]:
    """The ids of institutions with disputes that nobody was told of for a week, whose dispute waits longest first."""
    waiting = select(Charge.organisation_id).where(_waits(now)).group_by(Charge.organisation_id)
    return session.scalars(waiting.order_by(func.min(Charge.updated_at), Charge.organisation_id)).all()


def remind_of_disputes(session: Session, organisation_id: int, *, now: datetime) -> bool:
    """Tell an institution's people of its open disputes, in one announcement; whether there are any."""
    rows = select(Charge).where(Charge.organisation_id == organisation_id, _waits(now)).order_by(Charge.id)
    waiting = session.scalars(rows.with_for_update(key_share=True, skip_locked=True)).all()
    for charge in waiting:
        charge.reminded_at = now
    if waiting:
        announce(session, "charges.disputes_wait", {"charge_ids": [one.id for one in waiting]}, now=now)
    return bool(waiting)


def _waits(now: datetime) -> ColumnElement[bool]:
    """Disputed, and nothing happened to it for a week, nor was anybody reminded."""
    last = func.coalesce(Charge.reminded_at, Charge.updated_at)
    return and_(Charge.state == ChargeState.DISPUTED, Charge.updated_at <= now - AGAIN, last <= now - AGAIN)
