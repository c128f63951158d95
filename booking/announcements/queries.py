"""Reading announcements."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.errors import NotFound
from booking.core.pages import Page, decode_cursor, page_of, row_id
from models.announcements import Announcement


def announcement(session: Session, announcement_id: int) -> Announcement:
    """The announcement; raises NotFound."""
    found = session.get(Announcement, announcement_id)
    if found is None:
        raise NotFound
    return found


def not_over(session: Session, now: datetime) -> Sequence[Announcement]:
    """Everything that is shown now or will be, in order of its beginning."""
    return session.scalars(
        select(Announcement).where(Announcement.ends_at > now).order_by(Announcement.starts_at, Announcement.id)
    ).all()


def announcements(session: Session, *, limit: int, cursor: str = "") -> Page[Announcement]:
    """All announcements, the newest first."""
    statement = select(Announcement).order_by(Announcement.id.desc())
    if cursor:
        statement = statement.where(Announcement.id < decode_cursor(cursor, row_id)[0])
    return page_of(session.scalars(statement.limit(limit + 1)).all(), limit, lambda row: (row.id,))
