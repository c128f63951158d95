"""Keeping a person from booking for a while, for a stated reason, at an institution or one instrument."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, may, reach, require
from booking.core.actors import Actor, Reach, Target
from booking.core.errors import InvalidInput, NotFound, Problem
from booking.core.texts import N_
from booking.directory import queries as directory
from booking.notifications.service import announce
from booking.reservations.queries import in_reach, seen_instrument, target_of
from models.accounts import User
from models.catalogue import Instrument
from models.directory import Organisation
from models.reservations import Suspension
from models.vocabulary.catalogue import BookingMode

LONGEST_SUSPENSION = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class InForce:
    """A suspension with whom and what it is about; no instrument means all of the organisation's."""

    suspension: Suspension
    person: User
    organisation: Organisation
    instrument: Instrument | None


def suspend_person(
    session: Session, email: str, where: Target, until: datetime, reason: str, *, actor: Actor, now: datetime
) -> Suspension:
    """Suspend the account with this address from booking there until a moment; it is told why.

    `where` names one instrument, or an organisation for everything it has. Reservations made already stay.
    Raises InvalidInput when there is no such account.
    """
    target = _allowed(session, where, actor)
    _check_until(until, now)
    suspension = Suspension(
        user_id=_person_with(session, email),
        organisation_id=target.organisation_id,
        instrument_id=target.instrument_id,
        starts_at=now,
        ends_at=until,
        reason=reason,
        created_by_id=actor.id,
        created_at=now,
    )
    session.add(suspension)
    session.flush()
    subject = ("suspension", suspension.id)
    named = {name: getattr(suspension, name) for name in ("user_id", "organisation_id", "instrument_id")}
    after = {**named, "ends_at": until.isoformat()}
    audit.note(session, "reservations.person_suspended", subject, actor=actor, now=now, after=after, reason=reason)
    announce(session, "reservations.person_suspended", {"suspension_id": suspension.id}, now=now)
    return suspension


def lift_suspension(session: Session, suspension_id: int, *, actor: Actor, now: datetime) -> Suspension:
    """End a suspension early; raises NotFound when it is over, lifted already, or not the actor's to know of."""
    found = session.execute(_in_force(now).where(Suspension.id == suspension_id)).one_or_none()
    if found is None:
        raise NotFound
    suspension, _person, _organisation, instrument = found
    target = target_of(instrument) if instrument else Target(suspension.organisation_id)
    if not may(actor, Permission.SUSPEND_PEOPLE, target):
        raise NotFound
    suspension.lifted_at = now
    audit.note(session, "reservations.suspension_lifted", ("suspension", suspension_id), actor=actor, now=now)
    session.flush()
    return suspension


def suspensions_in_force(session: Session, actor: Actor, *, now: datetime) -> Sequence[InForce]:
    """Suspensions where the actor may suspend, with whom and what they are about, the soonest to end first."""
    within = reach(actor, Permission.SUSPEND_PEOPLE)
    return _found(session, _in_force(now).where(_within(within)))


def own_suspensions(session: Session, actor: Actor, *, now: datetime) -> Sequence[InForce]:
    """Where the actor may not book at present, the soonest to end first."""
    return _found(session, _in_force(now).where(Suspension.user_id == actor.id))


def suspendable_instruments(session: Session, within: Reach, *, limit: int) -> Sequence[Instrument]:
    """Instruments booked here from which the reach may suspend, by name."""
    booked_here = select(Instrument).where(in_reach(within), Instrument.booking_mode == BookingMode.HERE)
    return session.scalars(booked_here.order_by(Instrument.name_zh, Instrument.id).limit(limit)).all()


def suspendable_organisations(session: Session, within: Reach, *, limit: int) -> Sequence[Organisation]:
    """Organisations with instruments booked here, from all of which the reach may suspend, by name."""
    owners = select(Instrument.organisation_id).where(Instrument.booking_mode == BookingMode.HERE)
    inside = true() if within.everywhere else Organisation.id.in_(within.organisation_ids)
    found = select(Organisation).where(inside, Organisation.id.in_(owners))
    return session.scalars(found.order_by(Organisation.name_zh, Organisation.id).limit(limit)).all()


def _allowed(session: Session, where: Target, actor: Actor) -> Target:
    """What is named, for who may suspend there; raises NotFound or Forbidden."""
    if where.instrument_id is None:
        organisation = directory.organisation(session, where.organisation_id or 0)
        target = Target(organisation.id)
    else:
        target = target_of(seen_instrument(session, where.instrument_id, actor))
    require(actor, Permission.SUSPEND_PEOPLE, target)
    return target


def _check_until(until: datetime, now: datetime) -> None:
    """Refuse an end that is over or too far away."""
    if not now < until <= now + LONGEST_SUSPENSION:
        days = {"days": LONGEST_SUSPENSION.days}
        raise InvalidInput([Problem("until", N_("须在将来，且不超过 %(days)s 天。"), days)])


def _person_with(session: Session, email: str) -> int:
    """The id of the confirmed account with this address, kept from going away meanwhile."""
    account = select(User.id).where(User.email == email.strip().lower(), User.confirmed_at.is_not(None))
    person = session.scalar(account.with_for_update(key_share=True))
    if person is None:
        raise InvalidInput([Problem("email", N_("没有使用这个邮箱的账户。"))])
    return person


def _in_force(now: datetime) -> Select[Suspension, User, Organisation, Instrument]:
    """Suspensions neither over nor lifted, with everything they name."""
    return (
        select(Suspension, User, Organisation, Instrument)
        .join(User, User.id == Suspension.user_id)
        .join(Organisation, Organisation.id == Suspension.organisation_id)
        .join(Instrument, Instrument.id == Suspension.instrument_id, isouter=True)
        .where(Suspension.lifted_at.is_(None), Suspension.ends_at > now)
    )


def _found(session: Session, statement: Select[Suspension, User, Organisation, Instrument]) -> list[InForce]:
    """The rows in order of their end."""
    return [InForce(*row) for row in session.execute(statement.order_by(Suspension.ends_at, Suspension.id))]


def _within(within: Reach) -> ColumnElement[bool]:
    """Suspensions of an instrument, or of a whole organisation, that a permission reaches."""
    whole = Suspension.organisation_id.in_(within.organisation_ids) if within.organisation_ids else false()
    everything = true() if within.everywhere else whole
    return or_(
        and_(Suspension.instrument_id.is_not(None), in_reach(within)),
        and_(Suspension.instrument_id.is_(None), everything),
    )
