"""What the small world announces, to whom."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models.announcements import Announcement
from models.vocabulary.announcements import Audience, Weight


def announcement(session: Session, now: datetime, text: str) -> Announcement:
    """One for administrators, shown now."""
    made = Announcement(
        text_zh=text,
        text_en=text,
        audience=Audience.ADMINS,
        weight=Weight.ATTENTION,
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(days=3),
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made
