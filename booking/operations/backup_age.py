"""Which backup was made last, and whether it is too long ago."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.database.archives import Contents
from models.backups import Backup

REMEMBERED = timedelta(days=400)


class Freshness(StrEnum):
    """How the last backup stands."""

    OK = "ok"
    OLD = "old"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class BackupAge:
    """The last backup, if there is one, and how it stands."""

    last: Backup | None
    freshness: Freshness


def backup_age(session: Session, warn_hours: int, *, now: datetime) -> BackupAge:
    """The last backup, which is old when its moment lies more than so many hours back; one statement."""
    last = session.scalar(select(Backup).order_by(Backup.made_at.desc(), Backup.id.desc()).limit(1))
    if last is None:
        return BackupAge(None, Freshness.NONE)
    is_old = last.made_at < now - timedelta(hours=warn_hours)
    return BackupAge(last, Freshness.OLD if is_old else Freshness.OK)


def note_backup(session: Session, path: Path, found: Contents, *, now: datetime) -> Backup:
    """Remember a backup that lies whole at `path`; what was made more than a year ago is forgotten."""
    session.execute(delete(Backup).where(Backup.made_at < now - REMEMBERED))
    made = Backup(
        made_at=found.made_at,
        finished_at=now,
        path=str(path.resolve())[-500:],
        size_bytes=path.stat().st_size,
        row_count=sum(found.rows.values()),
    )
    session.add(made)
    session.flush()
    return made
