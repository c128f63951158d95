"""Uses that rest on what is no longer so: who belongs where, what a contract leaves, whose the instrument is."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.charges.windows import Windows
from booking.contracts import grounds, requirements, steps, straying
from booking.contracts.agreeing import AgreementLacking
from booking.contracts.forms import RequirementForm
from booking.core.clock import local_date
from booking.reservations.agreeing import lapse_unagreed, weigh_reservation
from booking.reservations.forms import UseForm
from booking.reservations.service import cancel_reservation, request_reservation
from booking.reservations.using import confirm_use
from booking.samples import quoting
from booking.samples.agreeing import accept_terms, weigh_order
from booking.samples.forms import RecordForm
from booking.samples.handling import record_sample
from booking.samples.queries import quotes_of
from models.affiliations import Affiliation
from models.custody import OwnerChange
from models.directory import Organisation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.contracts import Need
from models.vocabulary.custody import OwnerChangeState
from models.vocabulary.samples import SampleOrderState, SampleState
from tests.factories.affiliations import affiliate
from tests.factories.instruments import make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.factories.requiring import HOURLY, Place
from tests.factories.samples import Orders, request_form

DAY = timedelta(days=1)


def required_by(session: Session, place: Place, organisation: Organisation, *, requires: bool = True) -> None:
    keeper = place.deals.keeper
    if organisation.id != place.deals.place.id:
        user = make_user(session, "keeper")
        give(session, user, Role.INSTITUTION_FINANCE, ScopeKind.ORGANISATION, organisation.id)
        keeper = actor_for(session, user, now=place.now)
    form = RequirementForm(requires=requires, threshold_fen=4 * HOURLY)
    requirements.set_requirement(session, organisation.id, form, actor=keeper, now=place.now)


def taken_over(session: Session, place: Place, taker: Organisation, at: datetime) -> None:
    change = OwnerChange(
        instrument_id=place.instrument.id,
        from_organisation_id=place.deals.place.id,
        to_organisation_id=taker.id,
        starts_on=local_date(at),
        reason="学科调整",
        state=OwnerChangeState.APPLIED,
        proposed_at=place.now,
        applied_at=at,
    )
    session.add(change)
    place.instrument.organisation_id, place.instrument.unit_id = taker.id, None
    session.commit()
    session.expire_all()


def test_who_has_become_one_of_the_institutions_own_needs_no_order_form_at_the_start(
    session: Session, place: Place
) -> None:
    newcomer = make_user(session, "newcomer")
    wish = place.wish(2, on_behalf_of=newcomer.email)
    made = request_reservation(session, wish, actor=place.steward, now=place.now)
    waited = place.ground(made).is_lacking
    affiliate(session, newcomer, place.deals.place)

    has_lapsed = lapse_unagreed(session, made.id, now=made.starts_at)

    assert (waited, has_lapsed, place.ground(made).need) == (True, False, Need.INSIDE)


def test_what_a_cancelled_booking_leaves_of_a_contract_covers_another_at_its_start(
    session: Session, place: Place
) -> None:
    contract = place.deals.signed(amount_fen=6 * HOURLY)
    first, second = place.booked(4), place.booked(4, day=3)
    waited = place.ground(second).is_lacking
    cancel_reservation(session, first.id, reason="", actor=place.outsider, now=place.now)

    has_lapsed = lapse_unagreed(session, second.id, now=second.starts_at)

    assert (waited, has_lapsed, place.ground(second).contract_id) == (True, False, contract.id)


def test_bookings_of_people_who_left_lose_what_they_rested_on(session: Session, place: Place) -> None:
    place.deals.signed()
    inside, covered = place.booked(1, actor=place.member), place.booked(4, day=3)
    today, tomorrow = local_date(place.now), place.now + DAY
    session.execute(update(Affiliation).values(ends_on=today))
    session.commit()
    at_first = straying.reservations_of_leavers(session, today=today, now=place.now)

    left = straying.reservations_of_leavers(session, today=local_date(tomorrow), now=tomorrow)
    weighed = [weigh_reservation(session, one, now=tomorrow) for one in left]

    assert (at_first, left, weighed) == ([], [inside.id, covered.id], [True, True])
    kept = [place.ground(one) for one in (inside, covered)]
    assert [(one.need, one.is_lacking) for one in kept] == [(Need.ORDER_FORM, True), (Need.CONTRACT, True)]
    assert straying.reservations_of_leavers(session, today=local_date(tomorrow), now=tomorrow) == []


def test_bookings_that_go_to_another_institution_are_weighed_by_what_that_one_requires(
    session: Session, place: Place
) -> None:
    taker, later = make_organisation(session, name_zh="另一大学", name_en="Another University"), place.now + DAY / 2
    inside, accepted = place.booked(1, actor=place.member), place.booked(2, place.text_id, day=3)
    required_by(session, place, place.deals.place, requires=False)
    free = place.booked(2, day=4)
    required_by(session, place, taker)
    session.commit()
    before = straying.reservations_of_other_owners(session, now=place.now)
    taken_over(session, place, taker, later)

    due = straying.reservations_of_other_owners(session, now=later)
    weighed = [weigh_reservation(session, one, now=later) for one in due]

    assert (before, due, weighed) == ([], [inside.id, accepted.id, free.id], [True] * 3)
    kept = [place.ground(one) for one in (inside, accepted, free)]
    found = [(one.organisation_id, one.need, one.is_lacking, one.accepted_text_id) for one in kept]
    assert found == [(taker.id, Need.ORDER_FORM, True, None)] * 3
    assert straying.reservations_of_other_owners(session, now=later) == []


def test_a_use_before_the_change_of_owner_is_weighed_by_whose_the_instrument_was_then(
    session: Session, place: Place
) -> None:
    taker = make_organisation(session, name_zh="另一大学", name_en="Another University")
    accepted, lacking = place.booked(2, place.text_id), place.booked(4, day=3)
    required_by(session, place, taker)
    later = lacking.ends_at + 2 * DAY
    taken_over(session, place, taker, later)
    at: dict[str, Any] = {"windows": Windows(), "actor": place.steward, "now": later}

    confirm_use(session, accepted.id, UseForm(), **at)
    with pytest.raises(AgreementLacking):
        confirm_use(session, lacking.id, UseForm(), **at)
    session.commit()
    theirs, ours = place.ground(accepted), place.ground(lacking)
    contract = place.deals.signed()
    confirm_use(session, lacking.id, UseForm(), **at)

    owner_id = place.deals.place.id
    assert (theirs.organisation_id, theirs.text_id, theirs.is_lacking) == (owner_id, place.text_id, False)
    assert (ours.organisation_id, ours.need, ours.is_lacking) == (owner_id, Need.CONTRACT, True)
    assert place.ground(lacking).contract_id == contract.id


def test_a_use_that_lacks_its_ground_is_not_let_off_because_the_next_owner_requires_nothing(
    session: Session, place: Place
) -> None:
    taker = make_organisation(session, name_zh="另一大学", name_en="Another University")
    made = place.booked(4)
    later = made.ends_at + 2 * DAY
    taken_over(session, place, taker, later)

    with pytest.raises(AgreementLacking):
        confirm_use(session, made.id, UseForm(), windows=Windows(), actor=place.steward, now=later)

    session.rollback()
    assert place.ground(made).organisation_id == place.deals.place.id


def test_an_order_that_goes_to_another_institution_needs_the_form_of_that_one(session: Session, place: Place) -> None:
    taker, later = make_organisation(session, name_zh="另一大学", name_en="Another University"), place.now + DAY / 2
    orders = Orders(session, place.instrument.id, place.deals.signer, place.steward, later)
    order = orders.quoted(orders.asked(request_form(organisation_id=place.deals.firm.id)))
    quote_id = quotes_of(session, order.id)[-1].id
    quoting.accept_quote(session, order.id, quote_id, place.text_id, actor=place.deals.signer, now=place.now)
    required_by(session, place, taker)
    taken_over(session, place, taker, later)

    due = straying.orders_of_other_owners(session, now=later)
    weighed = [weigh_order(session, one, now=later) for one in due]
    with pytest.raises(AgreementLacking):
        orders.sent(order)
    theirs = grounds.text_id_now(session, taker.id)
    accept_terms(session, order.id, theirs, actor=place.deals.signer, now=later)
    orders.sent(order)

    assert (due, weighed, order.state) == ([order.id], [True], SampleOrderState.SENT)
    last = grounds.last_of(session, sample_order_id=order.id)
    assert last is not None
    assert (last.organisation_id, last.text_id) == (taker.id, theirs)
    assert straying.orders_of_other_owners(session, now=later) == []


def test_an_order_of_somebody_who_left_the_institution_needs_the_form_before_it_goes_on(
    session: Session, place: Place
) -> None:
    orders = Orders(session, place.instrument.id, place.member, place.steward, place.now)
    order = orders.accepted()
    kept = grounds.last_of(session, sample_order_id=order.id)
    session.execute(update(Affiliation).values(ends_on=local_date(place.now) - DAY))
    session.commit()

    with pytest.raises(AgreementLacking):
        orders.sent(order)
    session.rollback()
    left = straying.orders_out_of_date(session, today=local_date(place.now))
    weighed = [weigh_order(session, one, now=place.now) for one in left]
    accept_terms(session, order.id, place.text_id, actor=place.member, now=place.now)
    orders.sent(order)

    assert kept is not None
    assert (kept.need, left, weighed) == (Need.INSIDE, [order.id], [True])
    assert order.state == SampleOrderState.SENT


def test_an_order_needs_its_ground_on_the_days_of_its_run_and_before_its_samples_are_tested(
    session: Session, place: Place
) -> None:
    contract = place.deals.signed(ends_on=local_date(place.now) + DAY)
    orders = Orders(session, place.instrument.id, place.deals.signer, place.steward, place.now)
    order = orders.quoted(orders.asked(request_form(organisation_id=place.deals.firm.id)))
    orders.received(orders.sent(orders.accepted(order)))
    session.commit()
    with pytest.raises(AgreementLacking) as refused:
        orders.run(order, period=place.at(1, day=7))
    assert refused.value.values == {"number": order.number}
    session.rollback()
    steps.end_contract(session, contract.id, reason="终止", actor=place.deals.keeper, now=place.now)
    tested, lost = [RecordForm(state=state, note="记录") for state in (SampleState.TESTED, SampleState.LOST)]

    with pytest.raises(AgreementLacking):
        record_sample(session, order.id, 1, tested, actor=place.steward, now=place.now)
    record_sample(session, order.id, 2, lost, actor=place.steward, now=place.now)
    place.deals.signed()
    orders.run(order, period=place.at(1, day=7))

    assert order.state == SampleOrderState.TESTING


def test_an_order_whose_contract_is_over_waits_for_another_ground(session: Session, place: Place) -> None:
    today, later = local_date(place.now), place.now + 2 * DAY
    place.deals.signed(ends_on=today + DAY)
    orders = Orders(session, place.instrument.id, place.deals.signer, place.steward, place.now)
    order = orders.accepted(orders.quoted(orders.asked(request_form(organisation_id=place.deals.firm.id))))

    due = [straying.orders_out_of_date(session, today=day) for day in (today + DAY, local_date(later))]
    weigh_order(session, order.id, now=later)

    last = grounds.last_of(session, sample_order_id=order.id)
    assert last is not None
    assert (due, last.need, last.is_lacking) == ([[], [order.id]], Need.ORDER_FORM, True)
