"""Looking at what others committed."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def look_again(session: Session) -> None:
    """Let go of what was read before, so that the next read sees what is stored now."""
    session.rollback()
    session.expire_all()


def count(session: Session, table: type[object]) -> int:
    """How many rows the table has now."""
    look_again(session)
    return session.scalar(select(func.count()).select_from(table)) or 0
