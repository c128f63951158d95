"""Erasing a person: what names them goes, what the books need stays under a pseudonym."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.ending import Departure, end_grants
from booking.accounts.permissions import Permission, require
from booking.accounts.succession import lock_scopes
from booking.core.actors import Actor
from booking.core.errors import NotFound, Refused
from booking.core.texts import N_
from booking.privacy import rules, traces
from booking.privacy.queries import Hindrance, grants_after, hindrances, last_day
from models.accounts import User


class Hindered(Refused):
    """Something must be handed over or cancelled first; carries what."""

    status = 409
    code = "erasure_hindered"
    sentence = N_("还有未结束的预约，或只有您一人担任的角色。请先取消或移交。")

    def __init__(self, found: Sequence[Hindrance]) -> None:
        """Keep everything that hinders."""
        super().__init__()
        self.hindrances = list(found)


def require_no_hindrance(session: Session, *, actor: Actor, now: datetime) -> None:
    """Refuse before the password is asked for, so that it is not counted in vain; raises Hindered."""
    if found := hindrances(session, session.get_one(User, actor.id), now=now):
        raise Hindered(found)


def erase_me(session: Session, *, actor: Actor, now: datetime) -> None:
    """Erase the actor's own account, at once; raises Hindered."""
    _erase(session, actor.id, actor=actor, now=now)


def erase_person(session: Session, user_id: int, reason: str, *, actor: Actor, now: datetime) -> None:
    """Erase somebody's account as they asked; raises Forbidden, NotFound or Hindered."""
    require(actor, Permission.ERASE_PEOPLE)
    _erase(session, user_id, actor=actor, now=now, reason=reason)


def _erase(session: Session, user_id: int, *, actor: Actor, now: datetime, reason: str = "") -> None:
    """Everything in one transaction, with one row in the log, which names nobody."""
    user = session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None or rules.is_erased(user.email):
        raise NotFound
    lock_scopes(session, grants_after(session, user.id, last_day(now)))
    if found := hindrances(session, user, now=now):
        raise Hindered(found)
    departure = Departure(last_day(now), reason)
    end_grants(session, grants_after(session, user.id, departure.last_day), departure, actor=actor, now=now)
    person = traces.Person(user.id, user.name, user.email)
    user.name, user.email = rules.name_of(user.id), rules.email_of(user.id)
    user.password_hash, user.deactivated_at = None, now
    user.credential_version += 1
    session.flush()
    traces.erase_credentials(session, person)
    traces.end_affiliations(session, person, now=now)
    traces.rename_in_reservations(session, person, now=now)
    traces.erase_post(session, person)
    audit.note(session, "privacy.erased", ("user", user.id), actor=actor, now=now, reason=reason)
