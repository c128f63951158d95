"""New instruments on their way to the first booking: accepted, recorded, reviewed, trained for, open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission
from booking.catalogue.changes import changed, lock
from booking.catalogue.queries import missing_of_all, within
from booking.core.actors import Actor, Reach
from booking.core.errors import Conflict, Problem
from booking.core.texts import N_
from models.arrivals import ArrivalTick
from models.catalogue import Instrument
from models.vocabulary.arrivals import ArrivalStep
from models.vocabulary.catalogue import OUT_OF_SERVICE, BookingMode, PublishingState

STAYS_NEW = timedelta(days=365)
"""For how long after its acceptance a public instrument waits for training on the home page."""


class AlreadyTicked(Conflict):
    """Somebody said before that this is done."""

    code = "already_ticked"
    sentence = N_("这一步已经确认过。")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A new instrument, what is done and what is missing."""

    instrument: Instrument
    done: Mapping[ArrivalStep, bool]
    training: ArrivalTick | None

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return all(self.done.values())

    @property
    def next_step(self) -> ArrivalStep | None:
        """The first step that is not done."""
        return next((step for step, is_done in self.done.items() if not is_done), None)


def arrivals(session: Session, reach: Reach) -> list[Arrival]:
    """The accepted instruments within `reach` that are not open yet, the newest first."""
    new = select(Instrument).where(Instrument.accepted_on.is_not(None), within(reach))
    ordered = new.order_by(Instrument.accepted_on.desc(), Instrument.id).options(joinedload(Instrument.organisation))
    found = session.scalars(ordered).all()
    ticks, missing = _ticks(session), missing_of_all(session, found)
    known = (arrival_of(row, ticks.get(row.id), missing[row.id]) for row in found)
    return [one for one in known if not one.is_complete]


def untrained(session: Session, reach: Reach, *, today: date, limit: int) -> Sequence[Instrument]:
    """Public instruments within `reach`, accepted within a year, whose first users nobody has trained; newest first."""
    ticked = select(ArrivalTick.instrument_id).where(ArrivalTick.step == ArrivalStep.TRAINING)
    waiting = select(Instrument).where(
        Instrument.accepted_on >= today - STAYS_NEW,
        Instrument.publishing_state == PublishingState.PUBLISHED,
        Instrument.id.not_in(ticked),
        within(reach),
    )
    return session.scalars(waiting.order_by(Instrument.accepted_on.desc(), Instrument.id).limit(limit)).all()


def arrival_for(session: Session, instrument: Instrument) -> Arrival:
    """How far one instrument has come."""
    ticked = ArrivalTick.instrument_id == instrument.id, ArrivalTick.step == ArrivalStep.TRAINING
    missing = missing_of_all(session, [instrument])[instrument.id]
    return arrival_of(instrument, session.scalar(_with_people().where(*ticked)), missing)


def arrival_of(instrument: Instrument, training: ArrivalTick | None, missing: Sequence[Problem]) -> Arrival:
    """Each step in order, computed from the record where it can be."""
    is_public = instrument.publishing_state == PublishingState.PUBLISHED
    takes_bookings = instrument.booking_mode != BookingMode.NONE and instrument.running_state not in OUT_OF_SERVICE
    done = {
        ArrivalStep.ACCEPTED: instrument.accepted_on is not None,
        ArrivalStep.RECORD: not missing,
        ArrivalStep.REVIEW: is_public,
        ArrivalStep.TRAINING: training is not None,
        ArrivalStep.OPEN: is_public and takes_bookings,
    }
    return Arrival(instrument, done, training)


def tick_training(
    session: Session,
    instrument_id: int,
    note: str = "",
    *,
    actor: Actor,
    now: datetime,
    expected_version: int | None = None,
) -> Instrument:
    """Say that the first users are trained; raises AlreadyTicked."""
    instrument = lock(session, instrument_id, Permission.TICK_TRAINING, actor=actor, expected_version=expected_version)
    if session.get(ArrivalTick, (instrument_id, ArrivalStep.TRAINING)) is not None:
        raise AlreadyTicked
    step = ArrivalStep.TRAINING
    session.add(ArrivalTick(instrument_id=instrument_id, step=step, ticked_by_id=actor.id, ticked_at=now, note=note))
    changed(session, instrument, "training_ticked", actor=actor, now=now, after={"note": note}, reason=note)
    return instrument


def _ticks(session: Session) -> dict[int, ArrivalTick]:
    """What was said about training, by instrument."""
    rows: Sequence[ArrivalTick] = session.scalars(_with_people().where(ArrivalTick.step == ArrivalStep.TRAINING)).all()
    return {row.instrument_id: row for row in rows}


def _with_people() -> Select[ArrivalTick]:
    """Ticks with who made them."""
    return select(ArrivalTick).options(joinedload(ArrivalTick.ticked_by))
