"""What a page of results says of each instrument; one statement for the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.pricing.queries import Price, Spot, prices_for
from booking.search.shelf import ABROAD, Shelf
from models.catalogue import Instrument
from models.directory import Organisation, Unit
from models.listings import InstrumentListing
from models.vocabulary.catalogue import BookingMode, RunningState
from models.vocabulary.programmes import ServiceType


@dataclass(frozen=True, slots=True)
class Result:
    """One found instrument; places are codes, `province` is `abroad` outside China."""

    id: int
    name_zh: str
    name_en: str
    model: str
    manufacturer: str
    class_code: str | None
    organisation_id: int
    unit_id: int | None
    organisation_zh: str
    organisation_en: str
    unit_zh: str
    unit_en: str
    province: str
    city: str | None
    district: str | None
    booking_mode: BookingMode
    running_state: RunningState
    is_in_service: bool
    is_sample: bool
    hides_free_time: bool
    service_type: ServiceType
    photo_id: int | None


def results_of(session: Session, instrument_ids: Sequence[int]) -> list[Result]:
    """The listed ones of these instruments, in the order given."""
    if not instrument_ids:
        return []
    rows = session.execute(
        select(
            Instrument.id,
            Instrument.name_zh,
            Instrument.name_en,
            Instrument.model,
            Instrument.manufacturer,
            Instrument.class_code,
            Organisation.id.label("organisation_id"),
            Instrument.unit_id,
            Organisation.name_zh.label("organisation_zh"),
            Organisation.name_en.label("organisation_en"),
            Unit.name_zh.label("unit_zh"),
            Unit.name_en.label("unit_en"),
            InstrumentListing.province,
            InstrumentListing.city,
            InstrumentListing.district,
            Instrument.booking_mode,
            Instrument.running_state,
            InstrumentListing.is_in_service,
            Instrument.is_sample,
            InstrumentListing.hides_free_time,
            InstrumentListing.service_type,
            InstrumentListing.photo_id,
        )
        .join(InstrumentListing, InstrumentListing.instrument_id == Instrument.id)
        .join(Organisation, Organisation.id == Instrument.organisation_id)
        .outerjoin(Unit, Unit.id == Instrument.unit_id)
        .where(Instrument.id.in_(instrument_ids))
    )
    found = {row.id: Result(**_filled(row._asdict())) for row in rows}
    return [found[number] for number in instrument_ids if number in found]


def prices_of(session: Session, results: Sequence[Result], reader: Actor | None, *, now: datetime) -> dict[int, Price]:
    """What each of them costs the reader today; two statements at most."""
    spots = [Spot(result.id, result.unit_id, result.organisation_id) for result in results]
    today = local_date(now)
    return prices_for(session, spots, reader.id if reader else None, day=today, today=today)


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    """A row with empty texts for what is not there."""
    return row | {
        "unit_zh": row["unit_zh"] or "",
        "unit_en": row["unit_en"] or "",
        "province": row["province"] or ABROAD,
    }


def owner_names(session: Session, shelf: Shelf) -> dict[int, tuple[str, str]]:
    """The Chinese and English names of everybody who owns something listed; read once per revision."""
    if not shelf.owners:
        columns = (Organisation.id, Organisation.name_zh, Organisation.name_en)
        rows = session.execute(select(*columns).where(Organisation.id.in_(shelf.values.get("institution", ()))))
        shelf.owners.update({row.id: (row.name_zh, row.name_en) for row in rows})
    return shelf.owners
