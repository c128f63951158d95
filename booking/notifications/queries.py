"""Reading the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from models.notifications import Event, Mail
from models.vocabulary.notifications import MailState


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits in the outbox, and how much was set aside."""

    waiting_events: int
    set_aside_events: int
    queued_mails: int
    set_aside_mails: int


def depth(session: Session, *, now: datetime) -> Depth:
    """What waits now, without what is only foreseen; two statements over small indexes."""
    waiting, aside = session.execute(
        select(
            func.count().filter(Event.set_aside_at.is_(None)),
            func.count().filter(Event.set_aside_at.is_not(None)),
        ).where(Event.handled_at.is_(None), Event.occurred_at <= now)
    ).one()
    states: dict[Any, int] = dict(
        session.execute(select(Mail.state, func.count()).where(Mail.state != MailState.SENT).group_by(Mail.state)).all()
    )
    return Depth(waiting, aside, states.get(MailState.QUEUED, 0), states.get(MailState.SET_ASIDE, 0))


def count_mails_set_aside(session: Session) -> int:
    """How many mails could not be sent."""
    return session.scalar(select(func.count()).select_from(Mail).where(Mail.state == MailState.SET_ASIDE)) or 0


def mails_before(session: Session, before_id: int | None, limit: int, state: MailState | None = None) -> Sequence[Mail]:
    """The newest mails first, of all states or of one, without what they say."""
    statement = select(Mail).options(defer(Mail.text, raiseload=True), defer(Mail.html, raiseload=True))
    if before_id is not None:
        statement = statement.where(Mail.id < before_id)
    if state is not None:
        statement = statement.where(Mail.state == state)
    return session.scalars(statement.order_by(Mail.id.desc()).limit(limit)).all()


def mail(session: Session, mail_id: int) -> Mail | None:
    """One mail."""
    return session.get(Mail, mail_id)


def events_set_aside(session: Session, limit: int, before_id: int | None = None) -> Sequence[Event]:
    """Events that failed every time, the newest first."""
    statement = select(Event).where(Event.set_aside_at.is_not(None), Event.handled_at.is_(None))
    if before_id is not None:
        statement = statement.where(Event.id < before_id)
    return session.scalars(statement.order_by(Event.id.desc()).limit(limit)).all()


def oldest_waiting(session: Session) -> datetime | None:
    """When the event that waits longest happened."""
    return session.scalar(
        select(func.min(Event.occurred_at)).where(Event.handled_at.is_(None), Event.set_aside_at.is_(None))
    )
