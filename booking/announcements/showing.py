"""What stands on top of the page of the person asking; read at most every few seconds in each process."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from booking.announcements import queries
from booking.announcements.rules import concerns
from booking.core.clock import utcnow
from booking.web import signed_in
from booking.web.extensions import reading
from models.vocabulary.announcements import Audience, Weight

REREAD_SECONDS = 20.0
KEPT = "announcements"


@dataclass(frozen=True, slots=True)
class Shown:
    """An announcement as templates show it."""

    id: int
    text_zh: str
    text_en: str
    url: str
    weight: Weight
    audience: Audience
    starts_at: datetime
    ends_at: datetime


def announcements() -> list[Shown]:
    """Those that are for the person asking now."""
    now, person = utcnow(), signed_in.reader()
    return [one for one in _known() if one.starts_at <= now < one.ends_at and concerns(one.audience, person)]


def forget() -> None:
    """Read again at the next page, after a change in this process; other processes follow within seconds."""
    current_app.extensions.pop(KEPT, None)


def _known() -> Sequence[Shown]:
    """What is not over, as read a few seconds ago at most."""
    kept: tuple[float, Sequence[Shown]] | None = current_app.extensions.get(KEPT)
    if kept is None or time.monotonic() - kept[0] > REREAD_SECONDS:
        kept = (time.monotonic(), _read())
        current_app.extensions[KEPT] = kept
    return kept[1]


def _read() -> Sequence[Shown]:
    """What is not over, from the database."""
    return [
        Shown(one.id, one.text_zh, one.text_en, one.url, one.weight, one.audience, one.starts_at, one.ends_at)
        for one in queries.not_over(reading(), utcnow())
    ]
