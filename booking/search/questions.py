"""The public questions and answers that an instrument's page shows."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.enquiries import FaqEntry


def faq_of(session: Session, instrument_id: int) -> Sequence[FaqEntry]:
    """The public entries in order; one statement."""
    entries = select(FaqEntry).where(FaqEntry.instrument_id == instrument_id, FaqEntry.taken_back_at.is_(None))
    return session.scalars(entries.order_by(FaqEntry.position, FaqEntry.id)).all()
