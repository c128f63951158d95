"""The tab of booking: mode, policy, opening hours, positions and shared parts."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.catalogue import lanes, queries, service, timetable
from booking.catalogue.inheritance import POLICY
from booking.catalogue.page_forms import (
    Edit,
    HoursSection,
    JoinSection,
    ModeSection,
    NewGroupSection,
    PolicySection,
    Section,
)
from booking.catalogue.views.sheet import editable, saved, shown
from booking.core.actors import Actor
from booking.core.clock import utcnow
from booking.web.extensions import reading, transaction
from booking.web.reading import read_form
from booking.web.repeats import create_once, new_key
from booking.web.signed_in import require_actor


def booking(instrument_id: int) -> ResponseReturnValue:
    """Show how the instrument is booked."""
    return shown("booking", instrument_id, **shared_parts(instrument_id))


def save_mode(instrument_id: int) -> ResponseReturnValue:
    """Store how time is agreed."""
    more = shared_parts(instrument_id)

    def work() -> None:
        form = read_form(ModeSection)
        transaction(service.update_instrument, instrument_id, form.columns(), **_who(form))

    return saved("booking", instrument_id, ModeSection, work, **more)


def save_policy(instrument_id: int) -> ResponseReturnValue:
    """Store the numbers of the policy."""
    more = shared_parts(instrument_id)

    def work() -> None:
        form = read_form(PolicySection)
        inherit = [name for name in POLICY if request.form.get(f"inherits_{name}")]
        transaction(timetable.edit_policy, instrument_id, form.policy(), inherit=inherit, **_who(form))

    return saved("booking", instrument_id, PolicySection, work, **more)


def save_hours(instrument_id: int) -> ResponseReturnValue:
    """Store the opening hours."""
    more = shared_parts(instrument_id)

    def work() -> None:
        form = read_form(HoursSection)
        hours = None if form.inherits_opening_hours else form.hours
        transaction(timetable.edit_opening_hours, instrument_id, hours, **_who(form))

    return saved("booking", instrument_id, HoursSection, work, **more)


def make_group(instrument_id: int) -> ResponseReturnValue:
    """Make a shared part, once however often the form is sent."""
    more, actor = shared_parts(instrument_id), require_actor()

    def work() -> None:
        form = read_form(NewGroupSection)
        create_once(lambda session: _make(session, instrument_id, form, actor), actor=actor, now=utcnow())

    return saved("booking", instrument_id, NewGroupSection, work, **more)


def _make(session: Session, instrument_id: int, form: NewGroupSection, actor: Actor) -> dict[str, Any]:
    """The new group's id."""
    return {"id": lanes.create_shared_group(session, instrument_id, form, actor=actor, now=utcnow()).id}


def join_group(instrument_id: int) -> ResponseReturnValue:
    """List a shared part of the same institution."""
    more, actor = shared_parts(instrument_id), require_actor()

    def work() -> None:
        group_id = read_form(JoinSection).lane_group_id
        transaction(lanes.join_shared_group, instrument_id, group_id, actor=actor, now=utcnow())

    return saved("booking", instrument_id, JoinSection, work, **more)


def leave_group(instrument_id: int, group_id: int) -> ResponseReturnValue:
    """Do without a shared part."""
    more, actor = shared_parts(instrument_id), require_actor()

    def work() -> None:
        transaction(lanes.leave_shared_group, instrument_id, group_id, actor=actor, now=utcnow())

    return saved("booking", instrument_id, Section, work, **more)


def _who(form: Edit) -> dict[str, Any]:
    """Who acts, when, why, and from which version."""
    return {
        "actor": require_actor(),
        "now": utcnow(),
        "reason": form.change_reason,
        "expected_version": form.version,
    }


def shared_parts(instrument_id: int) -> dict[str, Any]:
    """The shared parts of the institution that the instrument does not list yet, and a key for a new one."""
    record = editable(instrument_id)
    listed = {group.id for group in record.lanes}
    groups = queries.shared_groups(reading(), record.instrument.organisation_id)
    joinable = [(group.id, group.name) for group in groups if group.id not in listed]
    return {"joinable": joinable, "key": new_key()}
