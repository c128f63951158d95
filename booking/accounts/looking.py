"""Looking at lists of accounts, of roles and of the log is kept for those who are in them to read."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.orm import Session

from booking.accounts.audit_log import Entry, Wanted, people_in_all, people_told
from booking.accounts.permissions import Permission
from booking.accounts.sights import Sight, note_sights
from booking.core.actors import Actor, Reach, Target

Told: TypeAlias = list[tuple[Target, set[int]]]


def note_accounts(session: Session, user_ids: Iterable[int], *, actor: Actor, now: datetime) -> None:
    """Log that the actor, who may, looked at a list of these accounts."""
    note_sights(session, Sight.ACCOUNTS, ("user", user_ids), Permission.SEE_USERS, Target(), actor=actor, now=now)


def note_roles(session: Session, target: Target, user_ids: Iterable[int], *, actor: Actor, now: datetime) -> None:
    """Log that the actor, who may, looked at which roles these people have at a place."""
    note_sights(session, Sight.ROLES, ("user", user_ids), Permission.SEE_GRANTS, target, actor=actor, now=now)


def note_entries(session: Session, entries: Iterable[Entry], reach: Reach, *, actor: Actor, now: datetime) -> None:
    """Log that the actor, who may, looked at these rows of the log: at who acted, and at whose account they are."""
    shown = [entry.id for entry in entries]
    for place, within in _places(reach):
        _note_people(session, people_told(session, Wanted(), within, shown), place, actor=actor, now=now)


def told_in_table(session: Session, asked: Wanted, reach: Reach) -> Told:
    """Whom all rows of the log tell of that fit, by place: read before anything is noted of it."""
    return [(place, people_in_all(session, asked, within)) for place, within in _places(reach)]


def note_table(session: Session, told: Told, *, actor: Actor, now: datetime) -> None:
    """Log that the actor, who may, takes the rows away that tell of these people."""
    for place, user_ids in told:
        _note_people(session, user_ids, place, actor=actor, now=now)


def _note_people(session: Session, user_ids: set[int], place: Target, *, actor: Actor, now: datetime) -> None:
    """Log a look at the log of a place for each of these people."""
    note_sights(session, Sight.LOG, ("user", user_ids), Permission.SEE_AUDIT, place, actor=actor, now=now)


def _places(reach: Reach) -> Iterator[tuple[Target, Reach]]:
    """Each organisation with what of the log is its own; the whole platform where all of it is read."""
    if reach.everywhere:
        yield Target(), reach
        return
    for organisation_id in sorted(reach.organisation_ids):
        yield Target(organisation_id), Reach(organisation_ids=frozenset({organisation_id}))
