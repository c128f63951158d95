"""Making, editing and publishing records."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.catalogue import gate, lanes, queries, service, test_items, timetable
from booking.catalogue.forms import InstrumentChanges, NewInstrument, TestItemForm
from booking.catalogue.holding import NotReadyToPublish
from booking.catalogue.rules import read_hours
from booking.catalogue.timetable_forms import NewSharedGroup, PolicyForm
from booking.core.actors import Actor
from booking.core.errors import Forbidden, InvalidInput, NotFound, StaleVersion
from models.accounts import AuditEntry
from models.catalogue import BookingPolicy, Instrument, Lane, LaneGroup, OpeningHours, TestItem
from models.directory import Organisation, Unit
from models.reservations import Claim, Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.catalogue import BookingMode, PublishingState, RunningState, ShareMode
from models.vocabulary.reservations import ClaimKind, ReservationMode, ReservationState
from tests.factories.instruments import add_lane_group, make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user

COMPLETE: dict[str, Any] = {
    "functions_zh": "形貌观察",
    "user_rules_zh": "须预约",
    "fees_zh": "按机时收费",
    "contact_name": "陈老师",
    "phone": "023-00000000",
}


@pytest.fixture
def stranger(session: Session, now: datetime) -> Actor:
    user = make_user(session, "stranger")
    other = make_organisation(session)
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, other.id)
    return actor_for(session, user, now=now)


def reserve(session: Session, instrument: Instrument, actor: Actor, *, now: datetime) -> Reservation:
    """A confirmed reservation of tomorrow on the first lane of every group, as the claims would stand."""
    reservation = Reservation(
        uid=f"r{instrument.id}@test",
        instrument_id=instrument.id,
        booked_by_id=actor.id,
        starts_at=now + timedelta(days=1),
        ends_at=now + timedelta(days=1, hours=2),
        state=ReservationState.CONFIRMED,
        mode=ReservationMode.SELF,
        created_at=now,
        updated_at=now,
    )
    session.add(reservation)
    session.flush()
    for group in queries.lanes_of(session, instrument.id):
        lane_id = session.scalars(select(Lane.id).where(Lane.lane_group_id == group.id).order_by(Lane.position)).first()
        session.add(
            Claim(
                lane_id=lane_id,
                starts_at=reservation.starts_at,
                ends_at=reservation.ends_at,
                kind=ClaimKind.RESERVATION,
                reservation_id=reservation.id,
            )
        )
    session.flush()
    return reservation


def test_a_new_record_is_a_draft_on_request_with_one_position(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    new = NewInstrument(organisation_id=organisation.id, name_en="Cryostat", original_value_fen=185_500_000)

    made = service.create_instrument(session, new, actor=admin, now=now)

    record = queries.record_for(session, made.id, admin)
    assert made.publishing_state == PublishingState.DRAFT
    assert made.booking_mode == BookingMode.ON_REQUEST
    assert [(group.is_own, group.capacity) for group in record.lanes] == [(True, 1)]
    assert (record.policy.grid_minutes, record.hours) == (30, [])
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject_id) == ("catalogue.instrument_created", made.id)
    assert entry.after == {
        "organisation_id": organisation.id,
        "name_en": "Cryostat",
        "original_value_fen": 185_500_000,
        "service_type": "instrument_sharing",
        "belongs_to": "none",
        "contact_visibility": "public",
        "running_state": "normal",
        "share_mode": "external",
        "booking_mode": "on_request",
    }


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        pytest.param({}, ["name_zh"], id="no name"),
        pytest.param({"name_zh": "x", "class_code": "999999"}, ["class_code"], id="unknown class"),
        pytest.param({"name_zh": "x", "subject_code": "999", "adcode": "000000"}, ["subject_code", "adcode"], id="two"),
        pytest.param({"name_zh": "x", "booking_mode": "elsewhere"}, ["booking_url"], id="elsewhere without address"),
        pytest.param(
            {"name_zh": "x", "share_mode": "none"},
            ["not_shared_reason", "not_shared_approved_by"],
            id="not shared without reason",
        ),
        pytest.param({"name_zh": "x", "latitude": 29.5}, ["longitude"], id="half a position"),
        pytest.param({"name_zh": "x", "unit_id": 4711}, ["unit_id"], id="unknown unit"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused_and_not_stored(
    session: Session, admin: Actor, now: datetime, values: dict[str, object], fields: list[str]
) -> None:
    organisation = session.scalars(select(Organisation)).one()
    new = NewInstrument.model_validate({"organisation_id": organisation.id} | values)

    with pytest.raises(InvalidInput) as refused:
        service.create_instrument(session, new, actor=admin, now=now)

    assert [problem.field for problem in refused.value.problems] == fields
    assert session.scalar(select(func.count()).select_from(Instrument)) == 0


def test_only_who_may_add_records_there_adds_one(
    session: Session, organisation: Organisation, stranger: Actor, now: datetime
) -> None:
    with pytest.raises(Forbidden):
        service.create_instrument(
            session, NewInstrument(organisation_id=organisation.id, name_zh="x"), actor=stranger, now=now
        )

    assert session.scalar(select(func.count()).select_from(Instrument)) == 0


def test_a_draft_of_another_institution_does_not_exist_for_a_stranger(
    session: Session, organisation: Organisation, stranger: Actor, now: datetime
) -> None:
    draft = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)
    published = make_instrument(session, organisation)
    change = InstrumentChanges(model="X")

    with pytest.raises(NotFound):
        queries.record_for(session, draft.id, stranger)
    with pytest.raises(NotFound):
        queries.record_for(session, draft.id, None)
    with pytest.raises(NotFound):
        service.patch_instrument(session, draft.id, change, actor=stranger, now=now)
    with pytest.raises(Forbidden):
        service.patch_instrument(session, published.id, change, actor=stranger, now=now)

    assert queries.record_for(session, published.id, None).instrument.model == "JSM-7800F"


def test_an_edit_keeps_what_was_before_and_raises_the_version(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    instrument = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)

    service.patch_instrument(
        session, instrument.id, InstrumentChanges(model="S-4800"), actor=admin, now=now, expected_version=1
    )
    service.patch_instrument(session, instrument.id, InstrumentChanges(model="S-4800"), actor=admin, now=now)
    with pytest.raises(StaleVersion):
        service.patch_instrument(
            session, instrument.id, InstrumentChanges(model="old"), actor=admin, now=now, expected_version=1
        )

    stored = session.get_one(Instrument, instrument.id)
    assert (stored.model, stored.version) == ("S-4800", 2)
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.before, entry.after) == ({"model": "JSM-7800F"}, {"model": "S-4800"})


def test_a_number_taken_within_the_institution_is_refused(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    make_instrument(session, organisation, inner_id="A-1")
    other = make_instrument(session, organisation, inner_id="A-2", publishing_state=PublishingState.DRAFT)

    with pytest.raises(InvalidInput) as refused:
        service.patch_instrument(session, other.id, InstrumentChanges(inner_id="A-1"), actor=admin, now=now)

    assert [problem.field for problem in refused.value.problems] == ["inner_id"]


def test_a_unit_of_another_institution_is_refused(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    other = make_organisation(session)
    unit = Unit(organisation_id=other.id, name_zh="他校学院")
    session.add(unit)
    session.commit()
    draft = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)

    with pytest.raises(InvalidInput):
        service.patch_instrument(session, draft.id, InstrumentChanges(unit_id=unit.id), actor=admin, now=now)


def test_what_is_public_gets_no_gaps(session: Session, organisation: Organisation, admin: Actor, now: datetime) -> None:
    instrument = make_instrument(session, organisation, **COMPLETE)

    with pytest.raises(NotReadyToPublish):
        service.patch_instrument(session, instrument.id, InstrumentChanges(fees_zh=""), actor=admin, now=now)


def test_a_steward_edits_but_does_not_publish(session: Session, organisation: Organisation, now: datetime) -> None:
    instrument = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT, **COMPLETE)
    user = make_user(session, "steward")
    give(session, user, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    steward = actor_for(session, user, now=now)

    service.set_running_state(session, instrument.id, RunningState.TO_REPAIR, actor=steward, now=now)
    with pytest.raises(Forbidden):
        gate.unpublish_record(session, instrument.id, "x", actor=steward, now=now)

    stored = session.get_one(Instrument, instrument.id)
    assert (stored.running_state, stored.publishing_state) == (RunningState.TO_REPAIR, PublishingState.DRAFT)


def test_not_sharing_with_reason_and_approval_is_stored(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    instrument = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)
    change = InstrumentChanges(share_mode=ShareMode.NONE, not_shared_reason="专用", not_shared_approved_by="科技处")

    service.patch_instrument(session, instrument.id, change, actor=admin, now=now)

    assert session.get_one(Instrument, instrument.id).share_mode == ShareMode.NONE


def test_the_policy_is_set_whole_and_unfit_numbers_change_nothing(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    instrument = make_instrument(session, organisation)

    timetable.edit_policy(
        session, instrument.id, PolicyForm(grid_minutes=15, needs_approval=True), actor=admin, now=now
    )
    with pytest.raises(InvalidInput):
        timetable.edit_policy(session, instrument.id, PolicyForm(grid_minutes=25), actor=admin, now=now)

    policy = session.get_one(BookingPolicy, instrument.id)
    assert (policy.grid_minutes, policy.needs_approval) == (15, True)
    assert session.scalars(select(AuditEntry.after)).all() == [{"grid_minutes": 15, "needs_approval": True}]


def test_opening_hours_are_replaced_whole(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    instrument = make_instrument(session, organisation)
    hours = read_hours("1-5 09:00-12:00,14:00-18:00")

    timetable.edit_opening_hours(session, instrument.id, hours, actor=admin, now=now)
    timetable.edit_opening_hours(session, instrument.id, hours, actor=admin, now=now)

    assert queries.hours_of(session, instrument.id) == hours
    assert session.scalar(select(func.count()).select_from(OpeningHours)) == 10
    assert session.get_one(Instrument, instrument.id).version == 2


def test_two_instruments_share_a_detector_and_one_leaves_again(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    first, second = make_instrument(session, organisation), make_instrument(session, organisation)

    group = lanes.create_shared_group(session, first.id, NewSharedGroup(name="能谱探头"), actor=admin, now=now)
    lanes.join_shared_group(session, second.id, group.id, actor=admin, now=now)
    (shared,) = queries.shared_groups(session, organisation.id)
    lanes.leave_shared_group(session, first.id, group.id, actor=admin, now=now)

    assert [key for key, _, _ in shared.instruments] == [first.id, second.id]
    assert [found.is_own for found in queries.lanes_of(session, first.id)] == [True]
    assert [found.is_own for found in queries.lanes_of(session, second.id)] == [True, False]


def test_a_group_of_another_institution_cannot_be_joined(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    mine = make_instrument(session, organisation)
    theirs = make_instrument(session)
    foreign = add_lane_group(session, theirs, shared=True)
    own_of_another = session.scalars(select(LaneGroup.id).where(LaneGroup.own_instrument_id == theirs.id)).one()

    for group_id in (foreign.id, own_of_another):
        with pytest.raises(NotFound):
            lanes.join_shared_group(session, mine.id, group_id, actor=admin, now=now)

    assert len(queries.lanes_of(session, mine.id)) == 1


def test_shared_groups_do_not_change_under_standing_reservations(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    instrument = make_instrument(session, organisation)
    group = add_lane_group(session, instrument, shared=True)
    reserve(session, instrument, admin, now=now)

    with pytest.raises(lanes.HasReservations):
        lanes.leave_shared_group(session, instrument.id, group.id, actor=admin, now=now)
    with pytest.raises(lanes.HasReservations):
        lanes.create_shared_group(session, instrument.id, NewSharedGroup(name="泵"), actor=admin, now=now)

    assert len(queries.lanes_of(session, instrument.id)) == 2


def test_test_items_are_added_edited_ordered_and_removed(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    instrument = make_instrument(session, organisation, publishing_state=PublishingState.DRAFT)
    names = ("甲", "乙", "丙")
    items = [
        test_items.add_test_item(session, instrument.id, TestItemForm(name_zh=name), actor=admin, now=now)
        for name in names
    ]

    test_items.move_test_item(session, instrument.id, items[2].id, -2, actor=admin, now=now)
    test_items.remove_test_item(session, instrument.id, items[0].id, actor=admin, now=now)
    changed = TestItemForm(name_zh="乙", standard="GB/T 16594")
    test_items.edit_test_item(session, instrument.id, items[1].id, changed, actor=admin, now=now)

    found = queries.test_items_of(session, instrument.id)
    assert [(item.name_zh, item.standard) for item in found] == [("丙", ""), ("乙", "GB/T 16594")]


def test_a_test_item_without_a_name_or_of_another_instrument_is_refused(
    session: Session, organisation: Organisation, admin: Actor, now: datetime
) -> None:
    mine, other = make_instrument(session, organisation), make_instrument(session, organisation)
    item = test_items.add_test_item(session, other.id, TestItemForm(name_zh="甲"), actor=admin, now=now)

    with pytest.raises(InvalidInput):
        test_items.add_test_item(session, mine.id, TestItemForm(standard="GB/T 1"), actor=admin, now=now)
    with pytest.raises(NotFound):
        test_items.remove_test_item(session, mine.id, item.id, actor=admin, now=now)

    assert session.scalars(select(TestItem.id)).all() == [item.id]
