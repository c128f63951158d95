"""The record as the API answers it; what its reader may not see is null."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from booking.catalogue.inheritance import HOURS, POLICY, Level
from booking.catalogue.levels import Policy
from booking.catalogue.queries import Lanes, Record
from booking.catalogue.rules import Hours, clock, write_hours
from models.catalogue import Instrument, InstrumentClass, TestItem
from models.directory import Organisation, Place
from models.vocabulary.catalogue import (
    Acquisition,
    BelongsTo,
    BookingMode,
    ContactVisibility,
    Funding,
    InstrumentKind,
    PublishingState,
    ReportMark,
    RunningState,
    ShareMode,
)


class InstitutionAnswer(BaseModel):
    """The owner of an instrument."""

    id: int
    name: str
    name_en: str
    kind: str
    country: str
    province: str
    city: str
    adcode: str | None


class UnitAnswer(BaseModel):
    """The school, centre or laboratory that runs it."""

    id: int
    name: str
    name_en: str


class PlaceAnswer(BaseModel):
    """Where it stands; street and coordinates are null where the owner hides the exact position."""

    adcode: str | None
    province: str
    city: str
    district: str
    street: str | None
    latitude: float | None
    longitude: float | None


class ClassAnswer(BaseModel):
    """One level of the national classification."""

    code: str
    name: str
    name_en: str


class ContactAnswer(BaseModel):
    """Whom to ask."""

    name: str
    phone: str
    email: str
    postcode: str


class PolicyAnswer(BaseModel):
    """The numbers a booking must keep."""

    grid_minutes: int
    shortest_minutes: int
    longest_minutes: int
    notice_minutes: int
    horizon_days: int
    setup_minutes: int
    cleanup_minutes: int
    needs_approval: bool
    decision_days: int
    allows_self: bool
    allows_assisted: bool
    closes_on_holidays: bool
    slots: str


class HoursAnswer(BaseModel):
    """Open on an ISO weekday between two local clock times; 24:00 is midnight."""

    weekday: int = Field(ge=1, le=7)
    opens: str
    closes: str


class FromAnswer(BaseModel):
    """Where a value comes from: the instrument itself, its unit, its institution, or the platform's default."""

    level: Level
    id: int | None
    name: str


class EffectiveAnswer(BaseModel):
    """A value that holds for the instrument, and where it comes from."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    value: Any
    source: FromAnswer = Field(alias="from")


class LaneGroupAnswer(BaseModel):
    """A group of positions of which a booking takes one."""

    id: int
    name: str
    is_own: bool
    capacity: int


class TestItemAnswer(BaseModel):
    """Something the instrument can test."""

    __test__ = False

    id: int
    name_zh: str
    name_en: str
    standard: str
    range_zh: str
    range_en: str
    price_zh: str
    price_en: str
    turnaround_days: int | None
    report_mark: ReportMark


class InstrumentRecord(BaseModel):
    """One instrument: the national platform's fields, its owner, timetable and test items."""

    id: int
    version: int
    name: str
    name_zh: str
    name_en: str
    model: str
    manufacturer: str
    country: str
    inner_id: str | None
    class_code: str | None
    classes: list[ClassAnswer]
    subject_code: str | None
    institution: InstitutionAnswer
    unit: UnitAnswer | None
    belongs_to: BelongsTo
    belongs_to_name: str
    place: PlaceAnswer
    original_value_fen: int | None
    acquisition: Acquisition | None
    kind: InstrumentKind | None
    funding: Funding | None
    in_use_since: date | None
    indicators_zh: str
    indicators_en: str
    functions_zh: str
    functions_en: str
    user_rules_zh: str
    user_rules_en: str
    fees_zh: str
    fees_en: str
    services_zh: str
    services_en: str
    url: str
    yearly_running_hours: int | None
    yearly_service_hours: int | None
    contact: ContactAnswer | None
    running_state: RunningState
    share_mode: ShareMode
    not_shared_reason: str
    booking_mode: BookingMode
    booking_url: str
    publishing_state: PublishingState
    is_sample: bool
    provenance: str
    updated_at: datetime
    policy: PolicyAnswer
    opening_hours: list[HoursAnswer]
    lane_groups: list[LaneGroupAnswer]
    test_items: list[TestItemAnswer]
    effective: dict[str, EffectiveAnswer]
    owner_view: "OwnerView | None"


class OwnerView(BaseModel):
    """What only the people who run the instrument read."""

    withheld_reason: str
    accepted_on: date | None
    first_published_at: datetime | None
    cleared_at: datetime | None
    not_shared_approved_by: str
    contact_visibility: ContactVisibility
    hides_position: bool
    hides_free_time: bool
    customs_declaration: str
    customs_released_on: date | None
    customs_supervised_until: date | None


PLAIN = frozenset(InstrumentRecord.model_fields) - {
    "name",
    "classes",
    "institution",
    "unit",
    "place",
    "contact",
    "policy",
    "opening_hours",
    "lane_groups",
    "test_items",
    "effective",
    "owner_view",
}


def record_answer(record: Record, *, is_owner: bool, is_signed_in: bool) -> InstrumentRecord:
    """The record for a reader: owners see everything, others what the owner shows them."""
    instrument = record.instrument
    unit = instrument.unit
    return InstrumentRecord(
        **{name: getattr(instrument, name) for name in PLAIN},
        name=instrument.name_zh or instrument.name_en,
        classes=[_class(row) for row in record.classes],
        institution=institution_answer(instrument.organisation, record.owner_places),
        unit=UnitAnswer(id=unit.id, name=unit.name_zh, name_en=unit.name_en) if unit else None,
        place=place_answer(record, shows_position=is_owner or not instrument.hides_position),
        contact=_contact(record) if is_owner or sees_contact(record, is_signed_in=is_signed_in) else None,
        policy=policy_answer(record.policy),
        opening_hours=[hours_answer(hours) for hours in record.hours],
        lane_groups=[_lane_group(lanes) for lanes in record.lanes],
        test_items=[test_item_answer(item) for item in record.test_items],
        effective=effective_answer(record),
        owner_view=_owner_view(record) if is_owner else None,
    )


def effective_answer(record: Record) -> dict[str, EffectiveAnswer]:
    """The hours and booking rules that hold, each with where it comes from; contacts stand in `contact`."""
    found = record.effective
    values: dict[str, Any] = {name: getattr(found.policy, name) for name in POLICY} | {HOURS: write_hours(found.hours)}
    return {
        name: EffectiveAnswer(value=value, source=from_answer(record.instrument, found.levels[name]))
        for name, value in values.items()
    }


def from_answer(instrument: Instrument, level: Level) -> FromAnswer:
    """The level with its number and its Chinese name."""
    rows = {
        Level.INSTRUMENT: (instrument.id, instrument.name_zh or instrument.name_en),
        Level.UNIT: (instrument.unit_id, instrument.unit.name_zh if instrument.unit else ""),
        Level.ORGANISATION: (instrument.organisation_id, instrument.organisation.name_zh),
    }
    number, name = rows.get(level, (None, ""))
    return FromAnswer(level=level, id=number, name=name)


def sees_contact(record: Record, *, is_signed_in: bool) -> bool:
    """Whether somebody who does not run the instrument may read its contact."""
    return is_signed_in or record.effective.contact_visibility == ContactVisibility.PUBLIC


def place_answer(record: Record, *, shows_position: bool) -> PlaceAnswer:
    """Place and position: the instrument's own coordinates, else its institution's."""
    instrument = record.instrument
    names = place_names(record.places)
    own = instrument if instrument.latitude is not None else instrument.organisation
    return PlaceAnswer(
        adcode=instrument.adcode or instrument.organisation.adcode,
        **names,
        street=instrument.street if shows_position else None,
        latitude=own.latitude if shows_position else None,
        longitude=own.longitude if shows_position else None,
    )


def place_names(places: list[Place]) -> dict[str, str]:
    """The Chinese names of province, city and district, empty where there is none."""
    found = {"province": "", "city": "", "district": ""}
    return found | {place.level.value: place.name_zh for place in places}


def institution_answer(organisation: Organisation, places: list[Place]) -> InstitutionAnswer:
    """The owner with the names of its province and city."""
    names = place_names(places)
    return InstitutionAnswer(
        id=organisation.id,
        name=organisation.name_zh,
        name_en=organisation.name_en,
        kind=organisation.kind.value,
        country=organisation.country,
        province=names["province"],
        city=names["city"],
        adcode=organisation.adcode,
    )


def policy_answer(policy: Policy) -> PolicyAnswer:
    """The policy that holds, as its answer."""
    return PolicyAnswer(**{name: getattr(policy, name) for name in PolicyAnswer.model_fields})


def hours_answer(hours: Hours) -> HoursAnswer:
    """Opening hours with clock times."""
    return HoursAnswer(weekday=hours.weekday, opens=clock(hours.opens_minute), closes=clock(hours.closes_minute))


def test_item_answer(item: TestItem) -> TestItemAnswer:
    """The test item as its answer."""
    return TestItemAnswer(**{name: getattr(item, name) for name in TestItemAnswer.model_fields})


def _class(row: InstrumentClass) -> ClassAnswer:
    """One level of the classification."""
    return ClassAnswer(code=row.code, name=row.name_zh, name_en=row.name_en)


def _contact(record: Record) -> ContactAnswer:
    """The contact of an instrument, its own or inherited."""
    contact = record.effective.contact
    return ContactAnswer(
        name=contact["contact_name"], phone=contact["phone"], email=contact["email"], postcode=contact["postcode"]
    )


def _lane_group(lanes: Lanes) -> LaneGroupAnswer:
    """A lane group without the other instruments that list it, which may be unpublished."""
    return LaneGroupAnswer(id=lanes.id, name=lanes.name, is_own=lanes.is_own, capacity=lanes.capacity)


def _owner_view(record: Record) -> OwnerView:
    """The fields only owners read."""
    plain = {name: getattr(record.instrument, name) for name in OwnerView.model_fields}
    return OwnerView(**(plain | {"contact_visibility": record.effective.contact_visibility}))
