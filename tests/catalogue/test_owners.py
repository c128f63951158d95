"""Giving an instrument to another institution: offered, answered, in effect on its day, and the past kept."""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.accounts import audit_log
from booking.accounts.audit_log import Wanted
from booking.catalogue import lanes, owner_queries, owners
from booking.catalogue.forms import InstrumentChanges
from booking.catalogue.owners import ChangeClosed, ChangeStands
from booking.catalogue.queries import record_for
from booking.catalogue.service import patch_instrument
from booking.catalogue.step_forms import OwnerAcceptance, OwnerProposal
from booking.charges.windows import Windows
from booking.core.actors import Actor, Reach
from booking.core.clock import at_local
from booking.core.errors import Forbidden, InvalidInput, NotFound
from booking.core.period import Period
from booking.enquiries import service as enquiries
from booking.enquiries.forms import EnquiryForm
from booking.enquiries.queries import staffed_enquiries, thread_for
from booking.reservations.service import request_reservation
from booking.reservations.wishes import Wish
from booking.samples.handling import cancel_order, dispute_results
from booking.samples.lists import Show, staffed_orders
from booking.samples.lists import Wanted as WantedOrders
from booking.samples.queries import open_steps, order_for
from booking.samples.service import add_message as write_to_staff
from booking.samples.stepping import HasNoInstrument, begin
from models.accounts import User
from models.attachments import Attachment
from models.catalogue import Instrument, LaneGroup, SharedSettings
from models.custody import OwnerChange, Stewardship
from models.directory import Organisation, Unit
from models.enquiries import Enquiry
from models.reservations import Claim, Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.attachments import OwnerKind
from models.vocabulary.catalogue import PublishingState
from models.vocabulary.custody import OwnerChangeState, StewardRank
from models.vocabulary.enquiries import WishState
from models.vocabulary.samples import SampleOrderState, SampleStep
from tests.factories.instruments import add_lane_group, make_instrument, make_organisation
from tests.factories.letters import mailed
from tests.factories.people import actor_for, give, make_user, sign_in, stand_in
from tests.factories.samples import LIMITS, Orders, pdf

DAY = date(2026, 12, 1)


class House(NamedTuple):
    instrument: Instrument
    giver: Organisation
    receiver: Organisation
    unit: Unit
    gives: Actor
    takes: Actor


def admin_of(session: Session, name: str, organisation: Organisation, now: datetime) -> Actor:
    user = make_user(session, name)
    give(session, user, Role.INSTITUTION_ADMIN, ScopeKind.ORGANISATION, organisation.id)
    return actor_for(session, user, now=now)


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    giver, receiver = make_organisation(session), make_organisation(session, adcode="510703", latitude=31.5)
    instrument = make_instrument(
        session,
        giver,
        policy={"closes_on_holidays": False},
        inherits="contact notice_minutes",
        inner_id="E-1",
        in_use_since=date(2024, 1, 1),
        functions_zh="形貌观察",
        user_rules_zh="须预约",
        fees_zh="面议",
    )
    unit = Unit(organisation_id=receiver.id, name_zh="测试中心", name_en="Test Centre")
    session.add(unit)
    for owner, name in ((giver, "原"), (receiver, "新")):
        contact = {"contact_name": f"{name}老师", "phone": "023-1"}
        session.add(SharedSettings(organisation_id=owner.id, policy={"notice_minutes": owner.id * 60}, **contact))
    session.commit()
    people = admin_of(session, "gives", giver, now), admin_of(session, "takes", receiver, now)
    return House(instrument, giver, receiver, unit, *people)


def offer(session: Session, house: House, now: datetime, **more: Any) -> OwnerChange:
    values = {"to_organisation_id": house.receiver.id, "starts_on": DAY, "reason": "学科调整"} | more
    made = owners.propose_owner(session, house.instrument.id, OwnerProposal(**values), actor=house.gives, now=now)
    session.commit()
    return made


def accept(session: Session, house: House, change: OwnerChange, now: datetime) -> OwnerChange:
    form = OwnerAcceptance(unit_id=house.unit.id)
    return owners.accept_owner(session, change.id, form, actor=house.takes, now=now)


def test_an_accepted_instrument_is_the_new_institutions_from_its_day_on_with_its_reservations(
    session: Session, house: House, now: datetime
) -> None:
    instrument, giver, receiver, unit, *_ = house
    local, central = make_user(session, "local"), make_user(session, "central")
    give(session, local, Role.STEWARD, ScopeKind.INSTRUMENT, instrument.id)
    give(session, central, Role.STEWARD, ScopeKind.ORGANISATION, giver.id)
    named = (StewardRank.PRIMARY, central), (StewardRank.DEPUTY, local)
    session.add_all(Stewardship(instrument_id=instrument.id, rank=rank, user_id=user.id) for rank, user in named)
    holder = make_user(session, "holder")
    wish = Wish(instrument.id, Period(at_local(date(2026, 12, 2), 600), at_local(date(2026, 12, 2), 660)))
    request_reservation(session, wish, actor=actor_for(session, holder, now=now), now=now)
    claims = session.scalar(select(func.count()).select_from(Claim))
    change = offer(session, house, now)
    accept(session, house, change, now)
    early = owners.apply_change(session, change.id, now=now)
    mailed(session, now=now)

    day = now + timedelta(days=8)
    applied = owners.changes_due(session, now=day), [owners.apply_change(session, change.id, now=day) for _ in "12"]

    session.commit()
    session.expire_all()
    record = record_for(session, instrument.id, None)
    assert (early, applied) == (False, ([change.id], [True, False]))
    assert (record.instrument.organisation_id, record.instrument.unit_id) == (receiver.id, unit.id)
    assert (record.effective.contact["contact_name"], record.policy.notice_minutes) == ("新老师", receiver.id * 60)
    assert (record.instrument.adcode, record.instrument.latitude) == (giver.adcode, giver.latitude)
    assert session.scalars(select(LaneGroup.organisation_id)).all() == [receiver.id]
    assert session.scalars(select(Stewardship.user_id)).all() == [local.id]
    assert session.scalar(select(func.count()).select_from(Claim)) == claims
    assert session.scalars(select(Reservation.instrument_id)).all() == [instrument.id]
    assert [
        (one.organisation.id, one.starts_on, one.ends_on) for one in owner_queries.owners_of(session, record.instrument)
    ] == [(receiver.id, DAY, None), (giver.id, date(2024, 1, 1), date(2026, 11, 30))]
    assert [(letter.recipient.partition("@")[0], letter.template) for letter in mailed(session, now=day)] == [
        ("gives", "catalogue/owner_changed"),
        ("takes", "catalogue/owner_changed"),
        ("holder", "reservations/owner_changed"),
    ]


def test_each_institution_reads_in_the_log_what_happened_while_the_instrument_was_its_own(
    session: Session, house: House, now: datetime
) -> None:
    patch_instrument(session, house.instrument.id, InstrumentChanges(model="A"), actor=house.gives, now=now)
    change = offer(session, house, now)
    accept(session, house, change, now)
    day = now + timedelta(days=8)
    owners.apply_change(session, change.id, now=day)
    takes = actor_for(session, session.get_one(User, house.takes.id), now=day)
    patch_instrument(
        session, house.instrument.id, InstrumentChanges(model="B"), actor=takes, now=day + timedelta(hours=1)
    )
    session.commit()

    both = ["owner_change_applied", "owner_change_accepted", "owner_change_proposed"]
    read = {
        owner.id: [
            entry.action.removeprefix("catalogue.")
            for entry in audit_log.page(
                session, Wanted(action="catalogue."), Reach(organisation_ids=frozenset({owner.id})), limit=9
            ).items
        ]
        for owner in (house.giver, house.receiver)
    }

    assert read == {
        house.giver.id: [*both, "record_edited"],
        house.receiver.id: ["record_edited", both[0], "owner_changed", *both[1:]],
    }


def test_until_the_day_both_sides_can_leave_it_as_it_was_and_are_told(
    session: Session, house: House, now: datetime
) -> None:
    first = offer(session, house, now)
    owners.decline_owner(session, first.id, "没有场地", actor=house.takes, now=now)
    second = offer(session, house, now)
    accept(session, house, second, now)
    owners.withdraw_owner(session, second.id, actor=house.gives, now=now)

    letters = [(one.recipient.partition("@")[0], one.template) for one in mailed(session, now=now)]
    assert letters == [
        ("gives", "catalogue/owner_change_answered"),
        ("takes", "catalogue/owner_change_answered"),
    ]
    assert [(row.state, row.answer) for row in session.scalars(select(OwnerChange).order_by(OwnerChange.id))] == [
        (OwnerChangeState.DECLINED, "没有场地"),
        (OwnerChangeState.WITHDRAWN, ""),
    ]
    assert owners.changes_due(session, now=now + timedelta(days=30)) == []
    assert session.get_one(Instrument, house.instrument.id).organisation_id == house.giver.id
    with pytest.raises(ChangeClosed):
        accept(session, house, second, now)


def test_only_the_right_side_acts_and_strangers_learn_nothing(session: Session, house: House, now: datetime) -> None:
    change = offer(session, house, now)
    stranger = admin_of(session, "stranger", make_organisation(session), now)

    with pytest.raises(Forbidden):
        owners.accept_owner(session, change.id, OwnerAcceptance(), actor=house.gives, now=now)
    with pytest.raises(Forbidden):
        owners.withdraw_owner(session, change.id, actor=house.takes, now=now)
    with pytest.raises(NotFound):
        owners.decline_owner(session, change.id, actor=stranger, now=now)
    with pytest.raises(ChangeStands):
        offer(session, house, now)
    session.rollback()

    assert session.scalars(select(OwnerChange.state)).all() == [OwnerChangeState.PROPOSED]


def test_who_stands_in_for_an_administrator_reads_changes_of_owner_and_neither_gives_nor_takes(
    session: Session, house: House, now: datetime
) -> None:
    gives, takes = (stand_in(session, one, now=now) for one in (house.gives, house.takes))
    with pytest.raises(Forbidden):
        offer(session, house._replace(gives=gives), now)
    session.rollback()
    change = offer(session, house, now)

    with pytest.raises(Forbidden):
        accept(session, house._replace(takes=takes), change, now)
    with pytest.raises(Forbidden):
        owners.decline_owner(session, change.id, actor=takes, now=now)
    with pytest.raises(Forbidden):
        owners.withdraw_owner(session, change.id, actor=gives, now=now)
    session.rollback()

    seen = [owner_queries.changes_within(session, one, limit=9).items for one in (gives, takes)]
    assert [[row.id for row in rows] for rows in seen] == [[change.id], [change.id]]
    assert session.scalars(select(OwnerChange.state)).all() == [OwnerChangeState.PROPOSED]
    assert session.get_one(Instrument, house.instrument.id).organisation_id == house.giver.id


def test_what_would_not_stand_in_the_new_institution_is_refused_at_its_field(
    session: Session, house: House, now: datetime
) -> None:
    change = offer(session, house, now)
    make_instrument(session, house.receiver, inner_id="E-1")
    foreign = Unit(organisation_id=house.giver.id, name_zh="外部门")
    settings = session.scalars(select(SharedSettings).where(SharedSettings.organisation_id == house.receiver.id)).one()
    settings.contact_name = settings.phone = ""
    session.add(foreign)
    session.commit()

    refused = []
    for unit_id in (None, foreign.id):
        with pytest.raises(InvalidInput) as found:
            owners.accept_owner(session, change.id, OwnerAcceptance(unit_id=unit_id), actor=house.takes, now=now)
        refused.append([problem.field for problem in found.value.problems])

    assert refused == [["inner_id", "unit_id"], ["unit_id"]]
    assert session.scalars(select(OwnerChange.state)).all() == [OwnerChangeState.PROPOSED]


def test_a_number_taken_in_the_same_moment_is_refused_at_its_field(
    session: Session, house: House, now: datetime
) -> None:
    change = offer(session, house, now, starts_on=date(2026, 11, 23))
    rival = make_instrument(session, house.receiver, inner_id="E-2")

    with session.no_autoflush:
        rival.inner_id = "E-1"
        with pytest.raises(InvalidInput) as refused:
            accept(session, house, change, now)

    session.rollback()
    assert [problem.field for problem in refused.value.problems] == ["inner_id"]
    assert session.scalars(select(OwnerChange.state)).all() == [OwnerChangeState.PROPOSED]


def test_no_part_is_shared_while_an_instrument_is_on_its_way(session: Session, house: House, now: datetime) -> None:
    other = make_instrument(session, house.giver)
    group, parts = add_lane_group(session, other, shared=True), add_lane_group(session, house.instrument, shared=True)
    offer(session, house, now)

    for instrument_id, group_id in ((house.instrument.id, group.id), (other.id, parts.id)):
        with pytest.raises(ChangeStands):
            lanes.join_shared_group(session, instrument_id, group_id, actor=house.gives, now=now)
        session.rollback()

    assert owner_queries.parts_shared(session, house.instrument.id) == []


def test_a_change_that_is_over_does_not_tell_what_became_of_a_record_that_is_not_public(
    client: FlaskClient, session: Session, house: House, now: datetime
) -> None:
    change = offer(session, house, now)
    sign_in(client, session.get_one(User, house.takes.id))
    paths = (
        "/owner-changes",
        f"/owner-changes/{change.id}",
        "/api/v1/owner-changes",
        f"/api/v1/owner-changes/{change.id}",
    )
    house.instrument.publishing_state, house.instrument.name_zh = PublishingState.DRAFT, "密名"
    house.instrument.model = "密号"
    session.commit()

    open_ones = ["密名" in client.get(path).get_data(as_text=True) for path in paths]
    owners.decline_owner(session, change.id, actor=house.takes, now=now)
    session.commit()
    texts = [client.get(path).get_data(as_text=True) for path in paths]

    assert open_ones == [True] * 4
    assert ["密名" in text or "密号" in text for text in texts] == [False] * 4
    assert [f"仪器 #{house.instrument.id}" in text for text in texts[:2]] == [True] * 2


def test_the_new_owner_is_told_that_prices_do_not_go_along_and_where_to_set_them(
    client: FlaskClient, session: Session, house: House, now: datetime
) -> None:
    change = offer(session, house, now, starts_on=date(2026, 11, 23))
    path = f"/instruments/{house.instrument.id}/prices/edit"
    asked = [letter.values["prices_link"].endswith(path) for letter in mailed(session, now=now)]
    accept(session, house, change, now)
    session.commit()

    shown = []
    for reader in (house.takes, house.gives):
        sign_in(client, session.get_one(User, reader.id))
        shown.append(path in client.get(f"/owner-changes/{change.id}").get_data(as_text=True))

    assert (asked, shown) == ([True], [True, False])


def test_only_what_waits_for_the_staffs_work_goes_along_and_the_rest_stays_with_the_institution_of_its_time(
    session: Session, house: House, now: datetime
) -> None:
    asker = actor_for(session, make_user(session, "asker"), now=now)
    over, answered, offered, still = (_ask(session, house, asker, now) for _ in range(4))
    enquiries.close(session, over, actor=asker, now=now)
    for thread in (answered, offered):
        enquiries.add_message(session, thread, "能做。", [], LIMITS, days=2, actor=house.gives, now=now)
    session.get_one(Enquiry, offered).wish_state = WishState.OFFERED
    orders = Orders(session, house.instrument.id, asker, house.gives, now)
    cancelled, reported, expired, sent = orders.asked(files=pdf()).id, orders.received(), orders.quoted(), orders.sent()
    reported.state, expired.state = SampleOrderState.REPORTED, SampleOrderState.EXPIRED
    cancel_order(session, cancelled, reason="不做了", windows=Windows(), actor=asker, now=now)
    session.commit()
    mailed(session, now=now)
    with pytest.raises(InvalidInput) as too_soon:
        offer(session, house, now, starts_on=date(2026, 11, 25))
    session.rollback()
    change = offer(session, house, now)
    before = [letter.recipient for letter in mailed(session, now=now) if letter.template == "catalogue/goes_along"]
    accept(session, house, change, now)

    day = now + timedelta(days=8)
    owners.apply_change(session, change.id, now=day)
    session.commit()

    gives, takes = (actor_for(session, session.get_one(User, one.id), now=day) for one in (house.gives, house.takes))
    found = {
        side.name: (
            {one.id for one in staffed_enquiries(session, side, limit=9).items},
            {one.order.id for one in staffed_orders(session, side, WantedOrders(show=Show.ALL), limit=9).items},
        )
        for side in (gives, takes)
    }
    assert ([one.field for one in too_soon.value.problems], before) == (["starts_on"], ["asker@example.org"])
    assert found == {
        "Gives": ({over, answered}, {cancelled, reported.id, expired.id}),
        "Takes": ({offered, still}, {sent.id}),
    }
    for side, thread in ((gives, still), (takes, over), (takes, answered)):
        with pytest.raises(NotFound):
            thread_for(session, thread, side)
    for order_id in (cancelled, reported.id):
        with pytest.raises(NotFound):
            order_for(session, order_id, takes)
    dispute_results(session, reported.id, reason="铁含量不对", actor=asker, now=day)
    assert SampleStep.UPHOLD in open_steps(session, reported, gives)
    assert SampleStep.RUN not in open_steps(session, reported, gives)
    with pytest.raises(HasNoInstrument):
        begin(session, expired.id, SampleStep.QUOTE, actor=gives, now=day)
    with pytest.raises(enquiries.StaysClosed):
        enquiries.reopen(session, over, days=2, actor=asker, now=day)
    kept = select(Attachment.organisation_id).where(Attachment.owner_kind == OwnerKind.SAMPLE_ORDER)
    assert session.scalars(kept).all() == [house.giver.id]
    write_to_staff(session, cancelled, "样品还在吗？", [], LIMITS, actor=asker, now=day)
    session.commit()
    told = [(letter.recipient, letter.template) for letter in mailed(session, now=day)]
    to_giver = ("gives@example.org", "samples/changed")
    assert told[-3:] == [("asker@example.org", "catalogue/goes_along"), to_giver, to_giver]


def test_who_asks_while_an_instrument_is_on_its_way_is_told_and_has_the_same_notice(
    session: Session, house: House, now: datetime
) -> None:
    asker = actor_for(session, make_user(session, "asker"), now=now)
    change = offer(session, house, now)
    first_day = change.starts_on
    session.commit()
    mailed(session, now=now)
    late = at_local(first_day - timedelta(days=1))
    _ask(session, house, asker, late)
    Orders(session, house.instrument.id, asker, house.gives, late).asked()
    session.commit()
    told = [one.recipient for one in mailed(session, now=late) if one.template == "catalogue/goes_along"]

    accept(session, house, change, late)

    assert told == ["asker@example.org"] * 2
    assert (change.starts_on, change.state) == (first_day + timedelta(days=2), OwnerChangeState.ACCEPTED)


def _ask(session: Session, house: House, asker: Actor, now: datetime) -> int:
    form = EnquiryForm(text="能做这种合金吗？", periods=[])
    return enquiries.ask(session, house.instrument.id, form, [], LIMITS, days=2, actor=asker, now=now).id
