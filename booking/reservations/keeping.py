"""Keeping a booking although a block or a day stands over it: an act with a reason, never in silence."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.core.actors import Actor
from booking.reservations.board_queries import conflict_for
from booking.reservations.changes import Change, record
from booking.reservations.held import locked
from booking.reservations.refusals import ConflictSettled, ReasonNeeded
from models.reservations import BlockConflict
from models.vocabulary.reservations import ChangeKind, ConflictState


def keep_booking(session: Session, conflict_id: int, *, reason: str, actor: Actor, now: datetime) -> BlockConflict:
    """Settle a conflict by letting the reservation stand as it is; for who decides, and with a reason."""
    reservation = locked(session, conflict_for(session, conflict_id, actor).reservation_id)
    conflict = conflict_for(session, conflict_id, actor)
    if conflict.state != ConflictState.OPEN:
        raise ConflictSettled
    if not reason:
        raise ReasonNeeded
    conflict.state, conflict.reason = ConflictState.KEPT, reason
    conflict.settled_at, conflict.settled_by_id = now, actor.id
    after = {"block_id": conflict.block_id, "calendar_day_id": conflict.calendar_day_id}
    subject = ("reservation", reservation.id)
    audit.note(session, "reservations.kept_in_conflict", subject, actor=actor, now=now, after=after, reason=reason)
    record(session, reservation, Change(ChangeKind.KEPT, reason=reason), actor=actor, now=now)
    return conflict


def keep_on_closed_days(session: Session, reservation_id: int, *, reason: str, actor: Actor, now: datetime) -> None:
    """The same for every day that stands over a reservation which was confirmed for a reason in spite of it."""
    session.execute(
        update(BlockConflict)
        .where(
            BlockConflict.reservation_id == reservation_id,
            BlockConflict.calendar_day_id.is_not(None),
            BlockConflict.state == ConflictState.OPEN,
        )
        .values(state=ConflictState.KEPT, reason=reason, settled_at=now, settled_by_id=actor.id)
        .execution_options(synchronize_session=False)
    )
