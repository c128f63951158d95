"""When and how long an instrument can be booked: its policy and its opening hours."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.catalogue.changes import assign, changed, lock
from booking.catalogue.forms import PolicyForm
from booking.catalogue.queries import hours_of
from booking.catalogue.rules import Hours, policy_problems, write_hours
from booking.core.actors import Actor
from booking.core.errors import InvalidInput
from models.catalogue import BookingPolicy, Instrument, OpeningHours


def edit_policy(
    session: Session,
    instrument_id: int,
    policy: PolicyForm,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Set every number of the policy, or raise InvalidInput; standing reservations keep their times."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor, expected_version=expected_version)
    numbers = policy.model_dump()
    if problems := policy_problems(numbers):
        raise InvalidInput(problems)
    before, after = assign(session.get_one(BookingPolicy, instrument_id), numbers)
    if after:
        changed(session, instrument, "policy_edited", actor=actor, now=now, before=before, after=after)
    return instrument


def edit_opening_hours(
    session: Session,
    instrument_id: int,
    hours: Sequence[Hours],
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Replace the opening hours of the week; none means never open."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor, expected_version=expected_version)
    standing = hours_of(session, instrument_id)
    if standing == sorted(hours):
        return instrument
    session.execute(delete(OpeningHours).where(OpeningHours.instrument_id == instrument_id))
    session.add_all(
        OpeningHours(
            instrument_id=instrument_id,
            weekday=item.weekday,
            opens_minute=item.opens_minute,
            closes_minute=item.closes_minute,
        )
        for item in sorted(hours)
    )
    before, after = {"opening_hours": write_hours(standing)}, {"opening_hours": write_hours(hours)}
    changed(session, instrument, "opening_hours_edited", actor=actor, now=now, before=before, after=after)
    return instrument
