"""Reading records, their timetables and lanes, and the national classification."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TypeVarTuple

from sqlalchemy import Select, and_, bindparam, false, func, or_, select, true
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.elements import ColumnElement

from booking.accounts.permissions import Permission, may, reach
from booking.catalogue.inheritance import Above
from booking.catalogue.levels import Effective, Policy, above_of, effective
from booking.catalogue.reference import class_path
from booking.catalogue.rules import Hours
from booking.core.actors import Actor, Reach, Target
from booking.core.errors import NotFound
from booking.directory.queries import place_path
from models.catalogue import (
    BookingPolicy,
    Instrument,
    InstrumentClass,
    InstrumentLaneGroup,
    Lane,
    LaneGroup,
    OpeningHours,
    Subject,
    TestItem,
)
from models.directory import Organisation, Place, Unit
from models.reservations import Claim, Reservation
from models.vocabulary.catalogue import PublishingState

Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True)
class Lanes:
    """A lane group an instrument needs: its positions in service and who else lists it."""

    id: int
    name: str
    is_own: bool
    capacity: int
    instruments: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Record:
    """One instrument with everything its page, its JSON and its forms say."""

    instrument: Instrument
    classes: list[InstrumentClass]
    subject: Subject | None
    places: list[Place]
    owner_places: list[Place]
    own_policy: BookingPolicy
    own_hours: list[Hours]
    effective: Effective
    lanes: list[Lanes]
    edited_items: list[TestItem]

    @property
    def test_items(self) -> list[TestItem]:
        """The test items that everybody may read; `edited_items` are those too that wait for reviewers."""
        return [item for item in self.edited_items if not item.is_held]

    @property
    def policy(self) -> Policy:
        """The booking policy that holds."""
        return self.effective.policy

    @property
    def hours(self) -> list[Hours]:
        """The opening hours that hold."""
        return self.effective.hours

    @property
    def target(self) -> Target:
        """Where permissions are asked."""
        return target_of(self.instrument)

    @property
    def is_abroad(self) -> bool:
        """Whether the owner stands outside the national reporting."""
        return self.instrument.organisation.country != "CN"


def target_of(instrument: Instrument) -> Target:
    """Where permissions are asked about an instrument."""
    return Target(instrument.organisation_id, instrument.unit_id, instrument.id)


def instrument_for(session: Session, instrument_id: int, actor: Actor | None) -> Instrument:
    """The instrument with its organisation and unit; raises NotFound for what the actor may not read."""
    found = session.scalar(_with_owner(), {"id": instrument_id})
    if found is None or not is_readable(found, actor):
        raise NotFound
    return found


@cache
def _with_owner() -> Select[Instrument]:
    """One instrument with its organisation and unit; built once, as most pages about instruments begin with it."""
    both = joinedload(Instrument.organisation), joinedload(Instrument.unit)
    return select(Instrument).where(Instrument.id == bindparam("id")).options(*both)


def is_readable(instrument: Instrument, actor: Actor | None) -> bool:
    """Whether the record is public, or the actor may see it before and beside that."""
    if instrument.publishing_state == PublishingState.PUBLISHED:
        return True
    return may(actor, Permission.SEE_RECORD, target_of(instrument))


def record_for(session: Session, instrument_id: int, actor: Actor | None) -> Record:
    """The whole record in a constant number of statements; raises NotFound for what the actor may not read."""
    instrument = instrument_for(session, instrument_id, actor)
    subject = session.get(Subject, instrument.subject_code) if instrument.subject_code else None
    owner_adcode = instrument.organisation.adcode
    owner_places = place_path(session, owner_adcode)
    is_elsewhere = instrument.adcode not in {None, owner_adcode}
    policy, hours = session.get_one(BookingPolicy, instrument.id), hours_of(session, instrument.id)
    place = (instrument.organisation_id, instrument.unit_id)
    above = above_of(session, [place])[place] if instrument.inherits else Above()
    return Record(
        instrument=instrument,
        classes=class_path(session, instrument.class_code),
        subject=subject,
        places=place_path(session, instrument.adcode) if is_elsewhere else owner_places,
        owner_places=owner_places,
        own_policy=policy,
        own_hours=hours,
        effective=effective(instrument, policy, hours, above),
        lanes=lanes_of(session, instrument.id, actor),
        edited_items=test_items_of(session, instrument.id),
    )


def hours_of(session: Session, instrument_id: int) -> list[Hours]:
    """The opening hours in order of the week."""
    rows = session.execute(
        select(OpeningHours.weekday, OpeningHours.opens_minute, OpeningHours.closes_minute).where(
            OpeningHours.instrument_id == instrument_id
        )
    )
    return sorted(Hours(*row) for row in rows)


def lanes_of(session: Session, instrument_id: int, actor: Actor | None = None) -> list[Lanes]:
    """The lane groups of an instrument, its own first, with the positions in service of each."""
    groups = session.scalars(_groups_of(), {"instrument_id": instrument_id}).all()
    return _described(session, groups, actor)


@cache
def _groups_of() -> Select[LaneGroup]:
    """The lane groups of an instrument, its own first; built once."""
    return (
        select(LaneGroup)
        .join(InstrumentLaneGroup, InstrumentLaneGroup.lane_group_id == LaneGroup.id)
        .where(InstrumentLaneGroup.instrument_id == bindparam("instrument_id"))
        .order_by(LaneGroup.own_instrument_id.is_(None), LaneGroup.id)
    )


def shared_groups(session: Session, organisation_id: int) -> list[Lanes]:
    """Every shared lane group of an organisation."""
    groups = session.scalars(
        select(LaneGroup)
        .where(LaneGroup.organisation_id == organisation_id, LaneGroup.own_instrument_id.is_(None))
        .order_by(LaneGroup.name, LaneGroup.id)
    ).all()
    return _described(session, groups, None)


def _described(session: Session, groups: Sequence[LaneGroup], actor: Actor | None) -> list[Lanes]:
    """The groups with their capacities and those instruments that list them and that the actor may read."""
    ids = [group.id for group in groups]
    counted = select(Lane.lane_group_id, func.count()).where(Lane.lane_group_id.in_(ids), Lane.retired_at.is_(None))
    capacities = dict(session.execute(counted.group_by(Lane.lane_group_id)).all())
    users: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    listed = (
        select(InstrumentLaneGroup.lane_group_id, Instrument.id, Instrument.name_zh, Instrument.name_en)
        .join(Instrument, Instrument.id == InstrumentLaneGroup.instrument_id)
        .where(InstrumentLaneGroup.lane_group_id.in_(ids), readable(actor))
        .order_by(Instrument.id)
    )
    for group_id, instrument_id, name_zh, name_en in session.execute(listed):
        users[group_id].append((instrument_id, name_zh, name_en))
    return [
        Lanes(group.id, group.name, group.own_instrument_id is not None, capacities.get(group.id, 0), users[group.id])
        for group in groups
    ]


def readable(actor: Actor | None) -> ColumnElement[bool]:
    """The condition that a record is public, or the actor may see it before and beside that."""
    is_published = Instrument.publishing_state == PublishingState.PUBLISHED
    return or_(is_published, within(reach(actor, Permission.SEE_RECORD)))


def test_items_of(session: Session, instrument_id: int) -> list[TestItem]:
    """The test items in the owner's order, those included that wait for reviewers."""
    return list(
        session.scalars(select(TestItem).where(TestItem.instrument_id == instrument_id).order_by(TestItem.position))
    )


def lanes_with_future_claims(session: Session, lane_ids: Iterable[int], *, now: datetime) -> set[int]:
    """Which of the lanes somebody or something still holds from `now` on."""
    claimed = select(Claim.lane_id).where(Claim.lane_id.in_(list(lane_ids)), Claim.ends_at > now)
    return set(session.scalars(claimed.distinct()))


def has_future_reservation(session: Session, instrument_id: int, *, now: datetime) -> bool:
    """Whether a reservation that holds time on the instrument has not ended yet."""
    standing = (
        select(Claim.id)
        .join(Reservation, Reservation.id == Claim.reservation_id)
        .where(Reservation.instrument_id == instrument_id, Claim.ends_at > now)
    )
    return session.scalar(standing.limit(1)) is not None


def within(reach: Reach) -> ColumnElement[bool]:
    """The condition that an instrument lies within what a permission reaches."""
    if reach.everywhere:
        return true()
    if not reach:
        return false()
    return or_(
        Instrument.organisation_id.in_(reach.organisation_ids),
        and_(Instrument.unit_id.is_not(None), Instrument.unit_id.in_(reach.unit_ids)),
        Instrument.id.in_(reach.instrument_ids),
    )


def own_instruments(
    session: Session, reach: Reach, *, state: PublishingState | None = None, words: str = "", limit: int, offset: int
) -> list[Instrument]:
    """The instruments within `reach`, the last changed first; one statement."""
    statement = _own(select(Instrument), reach, state, words).options(joinedload(Instrument.organisation))
    ordered = statement.order_by(Instrument.updated_at.desc(), Instrument.id.desc())
    return list(session.scalars(ordered.limit(limit).offset(offset)))


def chosen_instruments(session: Session, reach: Reach, ids: Sequence[int]) -> list[Instrument]:
    """Those of the instruments that lie within `reach`, by name."""
    wanted = (
        select(Instrument).where(within(reach), Instrument.id.in_(ids)).options(joinedload(Instrument.organisation))
    )
    return list(session.scalars(wanted.order_by(Instrument.name_zh, Instrument.name_en, Instrument.id)))


def unit_names(session: Session, ids: Iterable[int | None]) -> dict[int, tuple[str, str]]:
    """The Chinese and English names of units."""
    known = [number for number in ids if number is not None]
    rows = session.execute(select(Unit.id, Unit.name_zh, Unit.name_en).where(Unit.id.in_(known))) if known else ()
    return {number: (name_zh, name_en) for number, name_zh, name_en in rows}


def count_own(session: Session, reach: Reach, words: str = "") -> dict[PublishingState, int]:
    """How many instruments within `reach` stand in each publishing state; one statement."""
    counted = select(Instrument.publishing_state, func.count()).group_by(Instrument.publishing_state)
    return dict(session.execute(_own(counted, reach, None, words)).all())


def _own(statement: Select[*Columns], reach: Reach, state: PublishingState | None, words: str) -> Select[*Columns]:
    """The statement narrowed to `reach`, a publishing state and a word in name, model or number."""
    statement = statement.where(within(reach))
    if state is not None:
        statement = statement.where(Instrument.publishing_state == state)
    if words:
        columns = (Instrument.name_zh, Instrument.name_en, Instrument.model, Instrument.inner_id)
        statement = statement.where(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return statement


def organisations_within(session: Session, reach: Reach) -> list[Organisation]:
    """The organisations a permission reaches as a whole, by name."""
    statement = select(Organisation).order_by(Organisation.name_zh)
    if not reach.everywhere:
        statement = statement.where(Organisation.id.in_(reach.organisation_ids))
    return list(session.scalars(statement))
