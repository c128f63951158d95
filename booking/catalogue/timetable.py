"""When and how long an instrument can be booked: its policy and its opening hours."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from booking.accounts.permissions import Permission
from booking.catalogue.changes import assign, changed, inheriting, lock
from booking.catalogue.inheritance import HOURS, POLICY, policy_in_effect
from booking.catalogue.levels import above_of
from booking.catalogue.queries import hours_of
from booking.catalogue.rules import Hours, policy_problems, write_hours
from booking.catalogue.timetable_forms import PolicyForm
from booking.core.actors import Actor
from booking.core.errors import InvalidInput
from models.catalogue import BookingPolicy, Instrument, OpeningHours

HOURS_EDITED = "opening_hours_edited"


def edit_policy(
    session: Session,
    instrument_id: int,
    policy: PolicyForm,
    *,
    inherit: Collection[str] = (),
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Set every number of the policy but those to `inherit`, or raise InvalidInput with what does not fit together.

    Standing reservations keep their times.
    """
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor, expected_version=expected_version)
    taken = {*inherit} & {*POLICY}
    numbers = {name: value for name, value in policy.model_dump().items() if name not in taken}
    standing = session.get_one(BookingPolicy, instrument_id)
    place = (instrument.organisation_id, instrument.unit_id)
    own = {name: getattr(standing, name) for name in POLICY} | numbers
    if problems := policy_problems(policy_in_effect(own, taken, above_of(session, [place])[place])):
        raise InvalidInput(problems)
    before, after = assign(standing, numbers)
    named = assign(instrument, inheriting(instrument, taken, {*POLICY} - taken))
    before, after = before | named[0], after | named[1]
    if after:
        changed(session, instrument, "policy_edited", actor=actor, now=now, before=before, after=after, reason=reason)
    return instrument


def edit_opening_hours(
    session: Session,
    instrument_id: int,
    hours: Sequence[Hours] | None,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Replace the opening hours of the week; an empty week means never open, None those of the unit or institution."""
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor, expected_version=expected_version)
    standing = hours_of(session, instrument_id)
    named = assign(
        instrument, inheriting(instrument, (HOURS,) if hours is None else (), () if hours is None else (HOURS,))
    )
    if hours is None or standing == sorted(hours):
        if named[1]:
            changed(
                session, instrument, HOURS_EDITED, actor=actor, now=now, before=named[0], after=named[1], reason=reason
            )
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
    before = {"opening_hours": write_hours(standing), **named[0]}
    after = {"opening_hours": write_hours(hours), **named[1]}
    changed(session, instrument, HOURS_EDITED, actor=actor, now=now, before=before, after=after, reason=reason)
    return instrument
