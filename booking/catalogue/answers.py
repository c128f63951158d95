"""The record as the API answers it; what its reader may not see is null."""

from datetime import date, datetime

from pydantic import BaseModel

from booking.catalogue.place_answers import InstitutionAnswer, PlaceAnswer, institution_answer, place_answer
from booking.catalogue.queries import Record
from booking.catalogue.timetable_answers import (
    EffectiveAnswer,
    HoursAnswer,
    LaneGroupAnswer,
    PolicyAnswer,
    effective_answer,
    hours_answer,
    lane_group_answer,
    policy_answer,
)
from booking.catalogue.waiting_items import is_waiting, values_of
from models.catalogue import InstrumentClass, TestItem
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
from models.vocabulary.programmes import ServiceType


class UnitAnswer(BaseModel):
    """The school, centre or laboratory that runs it."""

    id: int
    name: str
    name_en: str


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


class EditedTestItemAnswer(TestItemAnswer):
    """A test item as its editors left it; while something of it waits for reviewers, the public reads it without."""

    is_waiting: bool


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
    test_items: list[EditedTestItemAnswer]


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
    service_type: ServiceType
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
    owner_view: OwnerView | None


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
        lane_groups=[lane_group_answer(lanes) for lanes in record.lanes],
        test_items=[test_item_answer(item) for item in record.test_items],
        effective=effective_answer(record),
        owner_view=_owner_view(record) if is_owner else None,
    )


def sees_contact(record: Record, *, is_signed_in: bool) -> bool:
    """Whether somebody who does not run the instrument may read its contact."""
    return is_signed_in or record.effective.contact_visibility == ContactVisibility.PUBLIC


def test_item_answer(item: TestItem) -> TestItemAnswer:
    """The test item as its answer."""
    return TestItemAnswer(**{name: getattr(item, name) for name in TestItemAnswer.model_fields})


def edited_item_answer(item: TestItem) -> EditedTestItemAnswer:
    """The test item as its editors left it."""
    return EditedTestItemAnswer(id=item.id, is_waiting=is_waiting(item), **values_of(item))


def _class(row: InstrumentClass) -> ClassAnswer:
    """One level of the classification."""
    return ClassAnswer(code=row.code, name=row.name_zh, name_en=row.name_en)


def _contact(record: Record) -> ContactAnswer:
    """The contact of an instrument, its own or inherited."""
    contact = record.effective.contact
    return ContactAnswer(
        name=contact["contact_name"], phone=contact["phone"], email=contact["email"], postcode=contact["postcode"]
    )


def _owner_view(record: Record) -> OwnerView:
    """The fields only owners read."""
    plain = {name: getattr(record.instrument, name) for name in OwnerView.model_fields if name != "test_items"}
    items = [edited_item_answer(item) for item in record.edited_items]
    return OwnerView(**(plain | {"contact_visibility": record.effective.contact_visibility, "test_items": items}))
