"""Keeping a person from booking for a while, for a stated reason, at an institution or one instrument."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, may, reach, require
from booking.core.actors import Actor, Target
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.notifications.service import announce
from booking.reservations.queries import in_reach, seen_instrument, target_of
from models.accounts import User
from models.catalogue import Instrument
from models.reservations import Suspension

LONGEST_SUSPENSION = timedelta(days=366)


def suspend_person(
    session: Session, email: str, instrument_id: int, until: datetime, reason: str, *, actor: Actor, now: datetime
) -> Suspension:
    """Suspend the account with this address from booking one instrument until a moment; it is told why.

    Reservations that it has already stay. Raises InvalidInput when there is no such account.
    """
    instrument = seen_instrument(session, instrument_id, actor)
    require(actor, Permission.SUSPEND_PEOPLE, target_of(instrument))
    if not now < until <= now + LONGEST_SUSPENSION:
        raise InvalidInput(
            [Problem("until", N_("须在将来，且不超过 %(days)s 天。"), {"days": LONGEST_SUSPENSION.days})]
        )
    person = session.scalar(
        select(User.id)
        .where(User.email == email.strip().lower(), User.confirmed_at.is_not(None))
        .with_for_update(key_share=True)
    )
    if person is None:
        raise InvalidInput([Problem("email", N_("没有使用这个邮箱的账户。"))])
    suspension = Suspension(
        user_id=person,
        organisation_id=instrument.organisation_id,
        instrument_id=instrument.id,
        starts_at=now,
        ends_at=until,
        reason=reason,
        created_by_id=actor.id,
        created_at=now,
    )
    session.add(suspension)
    session.flush()
    subject = ("suspension", suspension.id)
    after = {"user_id": person, "instrument_id": instrument.id, "ends_at": until.isoformat()}
    audit.note(session, "reservations.person_suspended", subject, actor=actor, now=now, after=after, reason=reason)
    announce(session, "reservations.person_suspended", {"suspension_id": suspension.id}, now=now)
    return suspension


def lift_suspension(session: Session, suspension_id: int, *, actor: Actor, now: datetime) -> Suspension:
    """End a suspension early; raises NotFound when it is over, lifted already, or not the actor's to know of."""
    found = session.execute(
        select(Suspension, Instrument)
        .join(Instrument, Instrument.id == Suspension.instrument_id, isouter=True)
        .where(Suspension.id == suspension_id, Suspension.lifted_at.is_(None), Suspension.ends_at > now)
    ).one_or_none()
    if found is None:
        raise NotFound
    suspension, instrument = found
    target = target_of(instrument) if instrument else Target(suspension.organisation_id)
    if not may(actor, Permission.SUSPEND_PEOPLE, target):
        raise NotFound
    suspension.lifted_at = now
    audit.note(session, "reservations.suspension_lifted", ("suspension", suspension_id), actor=actor, now=now)
    session.flush()
    return suspension


def suspensions_in_force(session: Session, actor: Actor, *, now: datetime) -> Sequence[tuple[Suspension, User]]:
    """Suspensions of instruments where the actor may suspend, with the person, the soonest to end first."""
    within = reach(actor, Permission.SUSPEND_PEOPLE)
    rows = session.execute(
        select(Suspension, User)
        .join(User, User.id == Suspension.user_id)
        .join(Instrument, Instrument.id == Suspension.instrument_id)
        .where(in_reach(within), Suspension.lifted_at.is_(None), Suspension.ends_at > now)
        .order_by(Suspension.ends_at, Suspension.id)
    )
    return [(suspension, user) for suspension, user in rows]
