"""What the rows of a table meet in the database, read in a few statements for all of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from booking.catalogue.import_reading import ImportRow
from booking.catalogue.inheritance import Above
from booking.catalogue.levels import above_of
from booking.catalogue.review_queries import proposed_of
from booking.catalogue.rules import Hours
from models.catalogue import BookingPolicy, Instrument, InstrumentClass, Lane, LaneGroup, OpeningHours, Subject
from models.directory import Organisation, Place, Unit

CHUNK = 500


@dataclass(slots=True)
class Standing:
    """What is in the database that the rows of a table touch."""

    owners: dict[str, Organisation]
    owners_by_id: dict[int, Organisation]
    units: dict[tuple[int, str], Unit]
    instruments: dict[tuple[int, str], Instrument]
    policies: dict[int, BookingPolicy]
    above: dict[tuple[int, int | None], Above]
    hours: dict[int, list[Hours]]
    capacities: dict[int, int]
    proposed: dict[int, dict[str, str]]
    codes: dict[str, set[str]]


def standing_for(session: Session, rows: Sequence[ImportRow], more_owners: Sequence[int] = ()) -> Standing:
    """Everything the rows refer to, in a number of statements that grows by one per 500 rows.

    `more_owners` are organisations that rows stand for under a name which is not theirs.
    """
    owners = owners_named(session, {row.institution for row in rows})
    further = session.scalars(select(Organisation).where(Organisation.id.in_(more_owners))) if more_owners else ()
    by_id = {owner.id: owner for owner in (*owners.values(), *further)}
    instruments: dict[tuple[int, str], Instrument] = {}
    for inner_ids in chunks({row.inner_id for row in rows}):
        fitting = Instrument.organisation_id.in_(by_id), Instrument.inner_id.in_(inner_ids)
        for found in session.scalars(select(Instrument).where(*fitting)):
            instruments[found.organisation_id, found.inner_id or ""] = found
    ids = {found.id for found in instruments.values()}
    units = session.scalars(select(Unit).where(Unit.organisation_id.in_(by_id)))
    columns = {"class_code": InstrumentClass.code, "subject_code": Subject.code, "adcode": Place.adcode}
    return Standing(
        owners=owners,
        owners_by_id=by_id,
        units={(unit.organisation_id, unit.name_zh): unit for unit in units},
        instruments=instruments,
        policies=_policies(session, ids),
        above=above_of(session, [(one.organisation_id, one.unit_id) for one in instruments.values() if one.inherits]),
        hours=hours_by_instrument(session, ids),
        capacities=capacities_of(session, ids),
        proposed={key: texts for chunk in chunks(ids) for key, texts in proposed_of(session, chunk).items()},
        codes={name: set(session.scalars(select(column))) for name, column in columns.items()},
    )


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The values in parts that fit into one statement."""
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def owners_named(session: Session, names: set[str]) -> dict[str, Organisation]:
    """The organisations by both of their names, letter case aside."""
    found: dict[str, Organisation] = {}
    for chunk in chunks({name.lower() for name in names}):
        named = or_(func.lower(Organisation.name_zh).in_(chunk), func.lower(Organisation.name_en).in_(chunk))
        for owner in session.scalars(select(Organisation).where(named).order_by(Organisation.id.desc())):
            found |= {name.lower(): owner for name in (owner.name_en, owner.name_zh) if name}
    return found


def _policies(session: Session, ids: set[int]) -> dict[int, BookingPolicy]:
    """The policies of instruments by id."""
    return {
        policy.instrument_id: policy
        for chunk in chunks(ids)
        for policy in session.scalars(select(BookingPolicy).where(BookingPolicy.instrument_id.in_(chunk)))
    }


def hours_by_instrument(session: Session, ids: set[int]) -> dict[int, list[Hours]]:
    """The opening hours of instruments by id, in order."""
    found: dict[int, list[Hours]] = {}
    for chunk in chunks(ids):
        for row in session.scalars(select(OpeningHours).where(OpeningHours.instrument_id.in_(chunk))):
            hours = Hours(row.weekday, row.opens_minute, row.closes_minute)
            found.setdefault(row.instrument_id, []).append(hours)
    return {instrument_id: sorted(hours) for instrument_id, hours in found.items()}


def capacities_of(session: Session, ids: set[int]) -> dict[int, int]:
    """How many positions of its own each instrument has in service."""
    found: dict[int, int] = {}
    own = select(LaneGroup.own_instrument_id, func.count()).join(Lane, Lane.lane_group_id == LaneGroup.id)
    serving = own.where(Lane.retired_at.is_(None)).group_by(LaneGroup.own_instrument_id)
    for chunk in chunks(ids):
        for instrument_id, number in session.execute(serving.where(LaneGroup.own_instrument_id.in_(chunk))):
            if instrument_id is not None:
                found[instrument_id] = number
    return found
