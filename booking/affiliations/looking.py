"""Looking at somebody's affiliation is kept for them to read."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.accounts.sights import Sight, note_sight
from booking.affiliations import queries
from booking.core.actors import Actor, Target


def note_looking(session: Session, affiliation_id: int, *, actor: Actor, now: datetime) -> None:
    """Log that the actor, who may, looked at somebody's affiliation; raises NotFound."""
    row = queries.row(session, affiliation_id)
    place = Target(row.organisation.id)
    note_sight(session, Sight.AFFILIATION, row.person.id, Permission.SEE_AFFILIATIONS, place, actor=actor, now=now)
