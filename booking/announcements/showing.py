"""What stands on top of the page of the person asking; read at most every few seconds in each process."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, g

from booking.announcements import queries
from booking.announcements.rules import Aim, Tie, concerns, reaches
from booking.core.actors import Actor
from booking.core.clock import local_date, utcnow
from booking.web import signed_in
from booking.web.extensions import reading
from models.announcements import Announcement
from models.vocabulary.announcements import Weight

REREAD_SECONDS = 20.0
KEPT, TIES = "announcements", "announcement_ties"


@dataclass(frozen=True, slots=True)
class Shown:
    """An announcement as templates show it."""

    id: int
    text_zh: str
    text_en: str
    url: str
    weight: Weight
    aim: Aim
    starts_at: datetime
    ends_at: datetime


def announcements() -> list[Shown]:
    """Those that are for the person asking now."""
    now, person = utcnow(), signed_in.reader()
    return [one for one in _known() if one.starts_at <= now < one.ends_at and _is_for(one.aim, person)]


def _is_for(aim: Aim, person: Actor | None) -> bool:
    """Whether it is for the person; what ties them to places is read only when something is for one place."""
    if aim.is_everywhere:
        roles = [grant.role for grant in person.grants] if person else []
        return concerns(aim.audience, roles, is_signed_in=person is not None)
    return person is not None and reaches(aim, _ties(person))


def _ties(person: Actor) -> list[Tie]:
    """What ties the person asking to organisations, read once for a request."""
    if TIES not in g:
        setattr(g, TIES, queries.ties_of(reading(), person, local_date(utcnow())))
    found: list[Tie] = getattr(g, TIES)
    return found


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
        Shown(one.id, one.text_zh, one.text_en, one.url, one.weight, _aim(one), one.starts_at, one.ends_at)
        for one in queries.not_over(reading(), utcnow())
    ]


def _aim(one: Announcement) -> Aim:
    """Whom it is for."""
    return Aim(one.audience, one.organisation_id, one.province)
