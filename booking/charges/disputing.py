"""Reminding of disputes that nobody answers: every week, until somebody does."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Subquery, and_, func, or_, select
from sqlalchemy.orm import Session

from booking.notifications.service import announce
from models.charges import Charge, ChargeEvent
from models.payers import PayerAccount
from models.vocabulary.charges import ChargeState, ChargeStep

AGAIN = timedelta(days=7)


def due_to_remind(session: Session, *, now: datetime) -> Sequence[int]:
    """The ids of institutions with disputes that nobody was told of for a week, whose dispute waits longest first."""
    last = _last_heard()
    waiting = select(Charge.organisation_id).join(last, last.c.charge_id == Charge.id).where(_waits(last, now))
    ordered = waiting.group_by(Charge.organisation_id).order_by(func.min(last.c.heard_at), Charge.organisation_id)
    return session.scalars(ordered).all()


def remind_of_disputes(session: Session, organisation_id: int, *, now: datetime) -> bool:
    """Tell an institution's people of its open disputes, in one announcement; whether there are any."""
    last = _last_heard()
    here = select(Charge).join(last, last.c.charge_id == Charge.id).where(Charge.organisation_id == organisation_id)
    rows = here.where(_waits(last, now)).order_by(Charge.id)
    waiting = session.scalars(rows.with_for_update(key_share=True, skip_locked=True, of=Charge)).all()
    for charge in waiting:
        charge.reminded_at = now
    if waiting:
        announce(session, "charges.disputes_wait", {"charge_ids": [one.id for one in waiting]}, now=now)
    return bool(waiting)


def disputed_since(session: Session, charge_ids: Collection[int]) -> dict[int, datetime]:
    """When each of these was disputed, the last time."""
    disputed = select(ChargeEvent.charge_id, func.max(ChargeEvent.occurred_at)).where(
        ChargeEvent.charge_id.in_(charge_ids), ChargeEvent.step == ChargeStep.DISPUTE
    )
    return dict(session.execute(disputed.group_by(ChargeEvent.charge_id)).all())


def _last_heard() -> Subquery:
    """When the owner's people last wrote about a dispute, else when it began: what payers add does not count."""
    is_theirs = or_(
        ChargeEvent.actor_id == Charge.user_id, ChargeEvent.actor_id == func.coalesce(PayerAccount.holder_id, 0)
    )
    counts = or_(ChargeEvent.step == ChargeStep.DISPUTE, and_(ChargeEvent.step == ChargeStep.WRITE, ~is_theirs))
    return (
        select(ChargeEvent.charge_id, func.max(ChargeEvent.occurred_at).label("heard_at"))
        .join(Charge, Charge.id == ChargeEvent.charge_id)
        .outerjoin(PayerAccount, PayerAccount.id == Charge.payer_account_id)
        .where(Charge.state == ChargeState.DISPUTED, counts)
        .group_by(ChargeEvent.charge_id)
        .subquery()
    )


def _waits(last: Subquery, now: datetime) -> ColumnElement[bool]:
    """Disputed, unanswered for a week, and nobody reminded of it meanwhile."""
    reminded = func.coalesce(Charge.reminded_at, last.c.heard_at)
    return and_(Charge.state == ChargeState.DISPUTED, last.c.heard_at <= now - AGAIN, reminded <= now - AGAIN)
