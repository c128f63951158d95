"""New instruments on their way to the first booking: accepted, recorded, reviewed, trained for, open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from booking.accounts.permissions import Permission
from booking.catalogue.changes import changed, lock
from booking.catalogue.missing import missing_of_all
from booking.catalogue.queries import within
from booking.core.actors import Actor, Reach
from booking.core.errors import Conflict, Problem
from booking.core.pages import Page, decode_cursor, page_of, row_id
from booking.core.texts import N_
from models.arrivals import ArrivalTick
from models.catalogue import Instrument
from models.vocabulary.arrivals import ArrivalStep
from models.vocabulary.catalogue import OUT_OF_SERVICE, BookingMode, PublishingState

STAYS_NEW = timedelta(days=365)
"""For how long after its acceptance a public instrument counts as a new one."""

TRAINED = select(ArrivalTick.instrument_id).where(ArrivalTick.step == ArrivalStep.TRAINING)
"""The instruments whose first users somebody has trained."""


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


def arrivals(session: Session, reach: Reach, *, today: date, limit: int, cursor: str = "") -> Page[Arrival]:
    """The accepted instruments within `reach` that are not open yet, the newest first.

    One that has been public counts for a year after its acceptance: what a centre brings along is not new.
    """
    new = select(Instrument).where(_is_new(today), within(reach)).options(joinedload(Instrument.organisation))
    if cursor:
        day, last_id = decode_cursor(cursor, date.fromisoformat, row_id)
        same_day = and_(Instrument.accepted_on == day, Instrument.id > last_id)
        new = new.where(or_(Instrument.accepted_on < day, same_day))
    rows = session.scalars(new.order_by(Instrument.accepted_on.desc(), Instrument.id).limit(limit + 1)).all()
    found = page_of(rows, limit, lambda row: (row.accepted_on, row.id))
    ticks, missing = _ticks(session, found.items), missing_of_all(session, found.items)
    return Page([arrival_of(row, ticks.get(row.id), missing[row.id]) for row in found.items], found.next_cursor)


def untrained(session: Session, reach: Reach, *, today: date, limit: int) -> Sequence[Instrument]:
    """Public instruments within `reach`, accepted within a year, whose first users nobody has trained; newest first."""
    waiting = select(Instrument).where(
        Instrument.accepted_on >= today - STAYS_NEW,
        Instrument.publishing_state == PublishingState.PUBLISHED,
        Instrument.id.not_in(TRAINED),
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


def _is_new(today: date) -> ColumnElement[bool]:
    """Accepted within a year or never public, and not yet public, trained for and bookable."""
    return and_(
        Instrument.accepted_on.is_not(None),
        or_(Instrument.accepted_on >= today - STAYS_NEW, Instrument.first_published_at.is_(None)),
        or_(
            Instrument.publishing_state != PublishingState.PUBLISHED,
            Instrument.booking_mode == BookingMode.NONE,
            Instrument.running_state.in_(OUT_OF_SERVICE),
            Instrument.id.not_in(TRAINED),
        ),
    )


def _ticks(session: Session, instruments: Sequence[Instrument]) -> dict[int, ArrivalTick]:
    """What was said about training, by instrument."""
    said = ArrivalTick.step == ArrivalStep.TRAINING, ArrivalTick.instrument_id.in_([one.id for one in instruments])
    return {row.instrument_id: row for row in session.scalars(_with_people().where(*said))}


def _with_people() -> Select[ArrivalTick]:
    """Ticks with who made them."""
    return select(ArrivalTick).options(joinedload(ArrivalTick.ticked_by))
