"""Making and editing records; every change is versioned and in the audit log."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.accounts import audit
from booking.accounts.permissions import Permission, require
from booking.accounts.queries import owner_of_unit
from booking.accounts.standing_in import NOT_OWN_UNIT, only_stands_in, own_units
from booking.catalogue.changes import assign, changed, inheriting, lock, plain, refresh_listing
from booking.catalogue.forms import InstrumentChanges, NewInstrument
from booking.catalogue.holding import NotReadyToPublish, hold_back
from booking.catalogue.inheritance import INHERITABLE, own_names, written
from booking.catalogue.missing import missing_of
from booking.catalogue.queries import target_of
from booking.catalogue.rounds import note_editor
from booking.catalogue.rules import booking_mode_problems, share_mode_problems
from booking.core.actors import Actor, Target
from booking.core.errors import InvalidInput, Problem
from booking.core.texts import N_
from models.catalogue import BookingPolicy, Instrument, InstrumentClass, InstrumentLaneGroup, Lane, LaneGroup, Subject
from models.directory import Organisation, Place
from models.vocabulary.catalogue import BookingMode, PublishingState, RunningState

CHECKED = (
    "organisation_id",
    "name_zh",
    "name_en",
    "latitude",
    "longitude",
    "booking_mode",
    "booking_url",
    "share_mode",
    "not_shared_reason",
    "not_shared_approved_by",
)


def create_instrument(session: Session, new: NewInstrument, *, actor: Actor, now: datetime) -> Instrument:
    """A draft with one position, which inherits rules, hours and contact; raises InvalidInput."""
    require(actor, Permission.ADD_RECORD, Target(organisation_id=new.organisation_id))
    values = new.model_dump()
    _check(session, None, values)
    inherits = written({*INHERITABLE} - own_names(new.model_fields_set))
    instrument = Instrument(
        **values, inherits=inherits, publishing_state=PublishingState.DRAFT, created_at=now, updated_at=now
    )
    session.add(instrument)
    _flush(session)
    group = LaneGroup(organisation_id=instrument.organisation_id, own_instrument_id=instrument.id)
    session.add(group)
    session.flush()
    session.add(Lane(lane_group_id=group.id, position=1))
    session.add(InstrumentLaneGroup(instrument_id=instrument.id, lane_group_id=group.id))
    session.add(BookingPolicy(instrument_id=instrument.id))
    session.flush()
    subject = ("instrument", instrument.id)
    audit.note(session, "catalogue.instrument_created", subject, actor=actor, now=now, after=plain(_given(values)))
    note_editor(session, instrument.id, actor, now=now)
    refresh_listing(session, [instrument.id])
    return instrument


def update_instrument(
    session: Session,
    instrument_id: int,
    values: Mapping[str, Any],
    *,
    inherit: Collection[str] = (),
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Set the given columns of a record, or raise InvalidInput with every problem.

    A published record must stay complete, and its texts that need review wait aside until they are reviewed.
    `values` come from a form of this feature; a contact or visibility among them is its own from now on, and
    what `inherit` names is taken from above.
    """
    instrument = lock(session, instrument_id, Permission.EDIT_RECORD, actor=actor, expected_version=expected_version)
    _check(session, instrument, values)
    _check_move(instrument, values.get("unit_id"), actor)
    gaps = missing_of(session, instrument)
    held = hold_back(session, instrument, values, actor=actor, now=now)
    before, after = assign(instrument, {**held.rest, **inheriting(instrument, inherit, own_names(values))})
    if after:
        _check_still_complete(instrument, gaps, missing_of(session, instrument))
        _flush(session)
    for fact, old, new in (
        ("record_edited", before, after),
        ("change_held_for_review", held.before, held.after),
    ):
        if new:
            changed(session, instrument, fact, actor=actor, now=now, before=old, after=new, reason=reason)
    return instrument


def patch_instrument(
    session: Session,
    instrument_id: int,
    changes: InstrumentChanges,
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Set what `changes` names and leave the rest, or raise InvalidInput with every problem."""
    given = changes.model_dump(exclude_unset=True, include={*InstrumentChanges.model_fields})
    return update_instrument(
        session, instrument_id, given, reason=reason, actor=actor, now=now, expected_version=expected_version
    )


def inherit_again(
    session: Session,
    instrument_id: int,
    names: Collection[str],
    *,
    reason: str = "",
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Take these things from the unit or institution; a published record must stay complete."""
    return update_instrument(
        session,
        instrument_id,
        {},
        inherit=names,
        reason=reason,
        actor=actor,
        now=now,
        expected_version=expected_version,
    )


def set_running_state(
    session: Session,
    instrument_id: int,
    state: RunningState,
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Say whether it runs."""
    values = {"running_state": state}
    return update_instrument(session, instrument_id, values, actor=actor, now=now, expected_version=expected_version)


def set_booking_mode(
    session: Session,
    instrument_id: int,
    mode: BookingMode,
    url: str = "",
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Say how time is agreed; `elsewhere` needs the address of the owner's system."""
    values = {"booking_mode": mode, "booking_url": url}
    return update_instrument(session, instrument_id, values, actor=actor, now=now, expected_version=expected_version)


def _flush(session: Session) -> None:
    """Write, or raise what the database's one unique key means."""
    try:
        session.flush()
    except IntegrityError as taken:
        raise InvalidInput([Problem("inner_id", N_("本单位已有仪器使用这个所内编号。"))]) from taken


def _check(session: Session, instrument: Instrument | None, values: Mapping[str, Any]) -> None:
    """Refuse values that contradict each other or name what does not exist, with every problem."""
    whole = {name: getattr(instrument, name) for name in CHECKED} if instrument else {}
    whole |= values
    found: list[Problem] = []
    if not (whole["name_zh"] or whole["name_en"]):
        found.append(Problem("name_zh", N_("请填写中文或英文名称。")))
    if (whole["latitude"] is None) != (whole["longitude"] is None):
        found.append(Problem("longitude", N_("经度和纬度须一并填写。")))
    found += booking_mode_problems(whole["booking_mode"], whole["booking_url"])
    found += share_mode_problems(whole["share_mode"], whole["not_shared_reason"], whole["not_shared_approved_by"])
    found += _unknown(session, values, whole["organisation_id"])
    if found:
        raise InvalidInput(found)


def _check_move(instrument: Instrument, unit_id: int | None, actor: Actor) -> None:
    """Who only stands in for somebody moves no instrument to where they have a role of their own."""
    if unit_id == instrument.unit_id or unit_id not in own_units(actor):
        return
    if only_stands_in(actor, Permission.EDIT_RECORD, target_of(instrument)):
        raise InvalidInput([Problem("unit_id", NOT_OWN_UNIT)])


def _unknown(session: Session, values: Mapping[str, Any], organisation_id: int) -> list[Problem]:
    """Problems with what the values refer to."""
    found = []
    references = (("organisation_id", Organisation), ("class_code", InstrumentClass), ("subject_code", Subject))
    for name, table in (*references, ("adcode", Place)):
        key = values.get(name)
        if key is not None and session.get(table, key) is None:
            found.append(Problem(name, N_("没有这个编码，请从列表中选择。")))
    if (unit_id := values.get("unit_id")) is not None and owner_of_unit(session, unit_id) != organisation_id:
        found.append(Problem("unit_id", N_("这个部门不属于该单位。")))
    return found


def _check_still_complete(instrument: Instrument, gaps: Sequence[Problem], now_missing: Sequence[Problem]) -> None:
    """What is public gets no gaps that it did not have."""
    new = [problem for problem in now_missing if problem not in gaps]
    if instrument.publishing_state == PublishingState.PUBLISHED and new:
        raise NotReadyToPublish(new)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that say something."""
    return {name: value for name, value in values.items() if value not in (None, "", False)}
