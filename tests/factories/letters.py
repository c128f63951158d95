"""What the outbox would mail for the events of accounts, and the links in it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.notifications.letters import Letter, News
from booking.reactions import REACTIONS
from booking.settings import Settings
from models.notifications import Event

SETTINGS = Settings.model_validate({"base_url": "https://instruments.example.cn"})


def mailed(session: Session, *, now: datetime) -> list[Letter]:
    """The letters of every event not yet handled, in order; the events are handled afterwards."""
    written: list[Letter] = []
    for event in session.scalars(select(Event).where(Event.handled_at.is_(None)).order_by(Event.id)):
        if event.name in REACTIONS:
            written += REACTIONS[event.name](News(session, event.payload, now, SETTINGS))
        event.handled_at = now
    session.commit()
    return written


def path_in(letter: Letter) -> str:
    """The path of the letter's secret link."""
    return str(letter.values["link"]).removeprefix("https://instruments.example.cn")


def secret_in(letter: Letter) -> str:
    """The secret of the letter's link."""
    return path_in(letter).rpartition("/")[2]
