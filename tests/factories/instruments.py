"""Organisations and instruments for tests."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from models.catalogue import BookingPolicy, Instrument, InstrumentLaneGroup, Lane, LaneGroup, OpeningHours
from models.directory import Organisation
from models.vocabulary.catalogue import BookingMode, PublishingState
from models.vocabulary.directory import OrganisationKind

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ALL_WEEK = tuple((weekday, 0, 1440) for weekday in range(1, 8))
_numbers = count(1)


def make_organisation(session: Session, **columns: Any) -> Organisation:
    """A university in Beibei, committed."""
    number = next(_numbers)
    values: dict[str, Any] = {
        "name_zh": f"示例大学{number}",
        "name_en": f"Example University {number}",
        "kind": OrganisationKind.UNIVERSITY,
        "adcode": "500109",
        "latitude": 29.82,
        "longitude": 106.42,
        "created_at": LONG_AGO,
    }
    organisation = Organisation(**(values | columns))
    session.add(organisation)
    session.commit()
    return organisation


def make_instrument(
    session: Session,
    organisation: Organisation | None = None,
    *,
    capacity: int = 1,
    hours: tuple[tuple[int, int, int], ...] = ALL_WEEK,
    policy: dict[str, Any] | None = None,
    **columns: Any,
) -> Instrument:
    """A published instrument bookable here, open all week, on a 30-minute grid, committed."""
    owner = organisation or make_organisation(session)
    values: dict[str, Any] = {
        "organisation_id": owner.id,
        "name_zh": "场发射扫描电子显微镜",
        "name_en": "Field emission scanning electron microscope",
        "class_code": "010102",
        "model": "JSM-7800F",
        "booking_mode": BookingMode.HERE,
        "publishing_state": PublishingState.PUBLISHED,
        "created_at": LONG_AGO,
        "updated_at": LONG_AGO,
    }
    instrument = Instrument(**(values | columns))
    session.add(instrument)
    session.flush()
    add_lane_group(session, instrument, capacity=capacity)
    session.add(BookingPolicy(instrument_id=instrument.id, **(policy or {})))
    for weekday, opens, closes in hours:
        session.add(
            OpeningHours(instrument_id=instrument.id, weekday=weekday, opens_minute=opens, closes_minute=closes)
        )
    session.commit()
    return instrument


def add_lane_group(
    session: Session, *instruments: Instrument, capacity: int = 1, shared: bool = False, name: str = ""
) -> LaneGroup:
    """A group of lanes: the own one of the first instrument, or one shared by all of them, committed."""
    group = LaneGroup(
        organisation_id=instruments[0].organisation_id,
        own_instrument_id=None if shared else instruments[0].id,
        name=name,
    )
    session.add(group)
    session.flush()
    session.add_all(Lane(lane_group_id=group.id, position=position) for position in range(1, capacity + 1))
    session.add_all(InstrumentLaneGroup(instrument_id=i.id, lane_group_id=group.id) for i in instruments)
    session.commit()
    return group
