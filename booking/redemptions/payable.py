"""Foreseeing when what is in public can be paid, so that those who pay are told on that morning."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.core.clock import at_local, local_date
from booking.notifications.service import announce
from booking.redemptions.queries import is_public_done
from models.redemptions import Redemption, RedemptionEvent

MORNING = 8 * 60 + 30


def foresee_payment(session: Session, redemption: Redemption, event: RedemptionEvent, *, now: datetime) -> None:
    """Announce for the first morning on which it may be paid, at once where nothing is public, that it waits for that.

    `event` is the review that made it public.
    """
    due_at = None
    if redemption.notice_until is not None and not is_public_done(redemption, local_date(now)):
        due_at = at_local(redemption.notice_until + timedelta(days=1), MORNING)
    payload = {"redemption_id": redemption.id, "event_id": event.id}
    announce(session, "redemptions.payable", payload, now=now, due_at=due_at)
