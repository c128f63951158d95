"""No outside use starts without what the institution requires: bookings and sample orders under one rule."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.charges.windows import Windows
from booking.contracts import grounds, queries, requirements, steps
from booking.contracts.agreeing import AgreementLacking, keep
from booking.contracts.forms import RequirementForm
from booking.contracts.needs import Ground, local_days
from booking.contracts.order_forms import order_forms
from booking.contracts.used import used_fen
from booking.core.clock import local_date, utcnow
from booking.core.errors import Forbidden, InvalidInput, StaleVersion
from booking.reservations.agreed import mismatches
from booking.reservations.agreeing import NothingToAccept, accept_order_form, lapse_unagreed
from booking.reservations.cancelling import end_reservation
from booking.reservations.forms import UseForm
from booking.reservations.reasons import Action, Code
from booking.reservations.refusals import ReservationRefused
from booking.reservations.service import ask, request_reservation
from booking.reservations.spoken import spoken_agreement
from booking.reservations.using import confirm_use
from booking.reservations.wishes import ANY_FORM, Wish
from booking.samples import queries as orders_read
from booking.samples import quoting
from booking.samples.agreeing import accept_terms
from booking.samples.whole import whole_order
from models.accounts import Grant, User
from models.charges import Charge
from models.contracts import ContractText
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.contracts import Need
from models.vocabulary.reservations import ReservationState, UseOutcome
from models.vocabulary.samples import SampleOrderState, SampleStep
from tests.factories.instruments import make_instrument
from tests.factories.letters import mailed
from tests.factories.looking import count
from tests.factories.people import actor_for, give, make_user, sign_in
from tests.factories.requiring import HOUR, HOURLY, Place
from tests.factories.samples import Orders, request_form


def codes(refused: ReservationRefused) -> list[Code]:
    return [one.code for one in refused.refusals]


def test_an_outsider_accepts_the_form_with_the_booking_and_a_member_needs_none(session: Session, place: Place) -> None:
    with pytest.raises(ReservationRefused) as refused:
        place.booked(3)
    with pytest.raises(ReservationRefused) as older:
        place.booked(3, place.text_id + 1)
    assert count(session, Reservation) == 0
    remedy = refused.value.refusals[0].remedies[0]

    made = place.booked(3, remedy.order_form)
    inside = request_reservation(
        session, Wish(place.instrument.id, place.at(3, day=3)), actor=place.member, now=place.now
    )

    assert (codes(refused.value), codes(older.value)) == ([Code.ORDER_FORM_NEEDED], [Code.ORDER_FORM_CHANGED])
    assert (remedy.action, remedy.order_form) == (Action.ACCEPT_ORDER_FORM, place.text_id)
    kept = place.ground(made)
    assert (kept.need, kept.text_id, kept.amount_fen) == (Need.ORDER_FORM, place.text_id, 3 * HOURLY)
    assert place.ground(inside).need == Need.INSIDE
    [listed] = order_forms(session, place.outsider, None, limit=9).items
    assert (listed.form.reservation_id, listed.form.number, listed.holds) == (made.id, 1, True)


def test_an_amount_from_the_threshold_on_waits_for_a_contract_and_lapses_at_its_start_without(
    session: Session, place: Place
) -> None:
    answer = ask(session, place.wish(4, ANY_FORM), actor=place.outsider, now=place.now)
    made = place.booked(4)
    lacking = place.ground(made)
    start, early = made.starts_at, mailed(session, now=place.now)

    assert answer.allowed
    assert (lacking.need, lacking.is_lacking) == (Need.CONTRACT, True)
    assert [grounds.started_lacking(session, now=at) for at in (start - HOUR, start, made.ends_at)] == [
        [],
        [made.id],
        [],
    ]
    assert [lapse_unagreed(session, made.id, now=at) for at in (start - HOUR, start, start)] == [False, True, False]
    assert session.get_one(Reservation, made.id).state == ReservationState.LAPSED
    told = [(one.recipient.partition("@")[0], one.template) for one in [*early, *mailed(session, now=start)]]
    assert ("finance", "contracts/lacking") in told
    assert [one for one in told if one[0] == "outsider"] == [
        ("outsider", "contracts/lacking"),
        ("outsider", "reservations/confirmed"),
        ("outsider", "reservations/lapsed"),
    ]
    place.deals.signed()
    assert grounds.in_force_where_lacking(session, today=local_date(place.now)) == []


def test_a_request_that_nobody_decided_in_time_is_not_said_to_have_lacked_its_contract(
    session: Session, place: Place
) -> None:
    lapsed, waits = ReservationState.LAPSED, place.booked(4)
    end_reservation(session, waits, lapsed, reason="", actor=None, now=place.now)
    agreed = place.booked(4)
    lapse_unagreed(session, agreed.id, now=agreed.starts_at)

    told = [one.values for one in mailed(session, now=agreed.starts_at) if one.template == "reservations/lapsed"]

    assert [one["is_unagreed"] for one in told] == [False, True]


def test_all_agents_of_a_firm_are_told_that_its_order_lacks_a_contract(session: Session, place: Place) -> None:
    second = make_user(session, "second")
    give(session, second, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, place.deals.firm.id)
    orders = Orders(session, place.instrument.id, place.deals.signer, place.steward, place.now)
    orders.accepted(orders.quoted(orders.asked(request_form(organisation_id=place.deals.firm.id)), unit_fen=4 * HOURLY))

    told = [one for one in mailed(session, now=place.now) if one.template == "contracts/lacking"]

    who = sorted((one.recipient.partition("@")[0], one.values["is_user"]) for one in told)
    assert who == [("admin", False), ("agent", True), ("finance", False), ("second", True)]


def test_a_contract_covers_what_waits_up_to_its_amount_and_its_end_takes_the_ground_away(
    session: Session, place: Place
) -> None:
    first = place.booked(4)
    contract = place.deals.signed(amount_fen=6 * HOURLY)
    second = request_reservation(
        session, Wish(place.instrument.id, place.at(4, day=3)), actor=place.outsider, now=place.now
    )
    covered = place.ground(first).contract_id, place.ground(second).is_lacking
    seen = queries.whole_contract(session, contract.id, place.deals.signer)

    steps.end_contract(session, contract.id, reason="提前终止", actor=place.deals.keeper, now=place.now)

    assert covered == (contract.id, True)
    used = [(one.reservation_id, one.cost_fen) for one in seen.uses]
    assert (used, seen.used_fen) == ([(first.id, 4 * HOURLY)], 4 * HOURLY)
    assert (place.ground(first).is_lacking, used_fen(session, contract.id)) == (True, 0)


def test_a_contract_ended_while_a_use_is_booked_leaves_it_to_another_contract_or_to_none(
    session: Session, place: Place
) -> None:
    contract = place.deals.signed()
    made, today = place.booked(4), local_date(place.now)
    use = grounds.Use(place.deals.place.id, place.instrument.id, place.outsider.id, None, made.id)
    days = local_days(place.at(4))
    seen = Ground(Need.CONTRACT, None, grounds.covers_for(session, use, today=today)[0])
    steps.end_contract(session, contract.id, reason="终止", actor=place.deals.keeper, now=place.now)

    alone = keep(session, use, seen, 4 * HOURLY, days, now=place.now)
    other = place.deals.signed()
    replaced = keep(session, use, seen, 4 * HOURLY, days, now=place.now)

    assert (alone.contract_id, alone.is_lacking, replaced.contract_id) == (None, True, other.id)


def test_what_a_steward_books_for_an_outsider_waits_for_their_click(session: Session, place: Place) -> None:
    email = session.scalar(select(User.email).where(User.id == place.outsider.id))
    wish = place.wish(2, place.text_id, on_behalf_of=email)
    made = request_reservation(session, wish, actor=place.steward, now=place.now)
    at: dict[str, Any] = {"now": place.now}
    with pytest.raises(Forbidden):
        accept_order_form(session, made.id, place.text_id, actor=place.steward, **at)
    waited = place.ground(made).is_lacking

    accept_order_form(session, made.id, place.text_id, actor=place.outsider, **at)

    with pytest.raises(NothingToAccept):
        accept_order_form(session, made.id, place.text_id, actor=place.outsider, **at)
    assert (waited, place.ground(made).text_id) == (True, place.text_id)
    assert "contracts/lacking" not in {one.template for one in mailed(session, now=place.now)}


def test_finance_is_told_when_who_booked_does_not_belong_to_the_contracts_party(session: Session, place: Place) -> None:
    place.deals.signed()
    made = place.booked(4)
    right = mismatches(session, made, place.ground(made), now=place.now)
    made.booked_by_id = place.member.id

    assert (right, len(mismatches(session, made, place.ground(made), now=place.now))) == ([], 1)


def test_samples_of_a_firm_are_accepted_with_the_form_and_not_sent_without_a_contract(
    session: Session, place: Place
) -> None:
    orders = Orders(session, place.instrument.id, place.deals.signer, place.steward, place.now)
    small = orders.quoted(orders.asked(request_form(organisation_id=place.deals.firm.id)))
    large = orders.quoted(orders.asked(request_form(organisation_id=place.deals.firm.id)), unit_fen=4 * HOURLY)
    quote_id = orders_read.quotes_of(session, small.id)[-1].id
    at: dict[str, Any] = {"actor": place.deals.signer, "now": place.now}
    with pytest.raises(InvalidInput):
        quoting.accept_quote(session, small.id, quote_id, **at)
    assert small.state == SampleOrderState.QUOTED

    quoting.accept_quote(session, small.id, quote_id, place.text_id, **at)
    orders.accepted(large)
    orders.sent(small)
    with pytest.raises(AgreementLacking):
        orders.sent(large)
    open_before = orders_read.open_steps(session, large, place.steward)
    contract = place.deals.signed()
    orders.sent(large)

    assert (small.state, large.state) == (SampleOrderState.SENT, SampleOrderState.SENT)
    assert SampleStep.RECEIVE not in open_before
    last = grounds.last_of(session, sample_order_id=large.id)
    assert last is not None
    assert (last.contract_id, last.party_id) == (contract.id, place.deals.firm.id)


def test_the_agent_who_accepts_is_kept_even_if_another_asked_and_has_left(session: Session, place: Place) -> None:
    orders = Orders(session, place.instrument.id, place.deals.signer, place.steward, place.now)
    order = orders.quoted(orders.asked(request_form(organisation_id=place.deals.firm.id)))
    second = make_user(session, "second")
    give(session, second, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, place.deals.firm.id)
    session.execute(delete(Grant).where(Grant.user_id == place.deals.signer.id))
    session.commit()
    quote_id = orders_read.quotes_of(session, order.id)[-1].id

    actor = actor_for(session, second, now=place.now)
    quoting.accept_quote(session, order.id, quote_id, place.text_id, actor=actor, now=place.now)

    last = grounds.last_of(session, sample_order_id=order.id)
    assert last is not None
    assert (last.user_id, last.text_id) == (second.id, place.text_id)


def test_a_small_order_that_loses_its_contract_needs_the_form_before_it_goes_on(session: Session, place: Place) -> None:
    contract = place.deals.signed()
    orders = Orders(session, place.instrument.id, place.deals.signer, place.steward, place.now)
    order = orders.sent(orders.accepted(orders.quoted(orders.asked(request_form(organisation_id=place.deals.firm.id)))))
    steps.end_contract(session, contract.id, reason="终止", actor=place.deals.keeper, now=place.now)
    with pytest.raises(AgreementLacking):
        orders.received(order)

    accept_terms(session, order.id, place.text_id, actor=place.deals.signer, now=place.now)
    orders.received(order)

    assert order.state == SampleOrderState.QUEUED


def test_a_use_that_lacks_its_ground_is_confirmed_only_once_it_has_one(session: Session, place: Place) -> None:
    made = place.booked(4)
    session.commit()
    over = made.ends_at + HOUR
    at: dict[str, Any] = {"windows": Windows(), "actor": place.steward, "now": over}
    for outcome in (UseOutcome.USED, UseOutcome.NO_SHOW):
        with pytest.raises(AgreementLacking):
            confirm_use(session, made.id, UseForm(outcome=outcome), **at)
        session.rollback()

    contract = place.deals.signed()
    confirm_use(session, made.id, UseForm(), **at)
    quoted = used_fen(session, contract.id)
    session.scalars(select(Charge)).one().gross_fen += 500
    session.flush()

    assert session.get_one(Reservation, made.id).state == ReservationState.COMPLETED
    assert (quoted, used_fen(session, contract.id)) == (4 * HOURLY, 4 * HOURLY + 500)
    assert type(quoted) is int


def test_a_use_without_a_price_waits_for_a_contract_and_costs_nobody_who_could_not_use_it(
    session: Session, place: Place
) -> None:
    unpriced = make_instrument(session, place.deals.place, policy={"closes_on_holidays": False})
    give_steward(session, place, unpriced.id)
    wish = Wish(unpriced.id, place.at(1), order_form=ANY_FORM)
    answer = ask(session, wish, actor=place.outsider, now=place.now)
    made = request_reservation(session, replace(wish, order_form=place.text_id), actor=place.outsider, now=place.now)
    kept, over = place.ground(made), made.ends_at + HOUR
    told = {one.template for one in mailed(session, now=place.now)}
    steward = actor_for(session, session.get_one(User, place.steward.id), now=place.now)

    form = UseForm(outcome=UseOutcome.UNUSABLE, note="没有合同")
    confirm_use(session, made.id, form, windows=Windows(), actor=steward, now=over)

    spoken = spoken_agreement(answer.agreement, answer.period)
    assert spoken is not None
    assert (spoken.wants_form, spoken.wants_contract, spoken.has_price) == (False, True, False)
    assert (kept.need, kept.amount_fen, kept.is_lacking) == (Need.CONTRACT, None, True)
    assert session.get_one(Reservation, made.id).state == ReservationState.CANCELLED
    assert "contracts/lacking" in told


def give_steward(session: Session, place: Place, instrument_id: int) -> None:
    give(session, session.get_one(User, place.steward.id), Role.STEWARD, ScopeKind.INSTRUMENT, instrument_id)


def test_an_order_is_covered_on_the_day_on_which_its_contract_begins(session: Session, place: Place) -> None:
    orders = Orders(session, place.instrument.id, place.deals.signer, place.steward, place.now)
    asked = orders.asked(request_form(organisation_id=place.deals.firm.id))
    order = orders.accepted(orders.quoted(asked, unit_fen=4 * HOURLY))
    tomorrow = place.now + timedelta(days=1)
    contract = place.deals.signed(starts_on=local_date(tomorrow))
    waits = [grounds.in_force_where_lacking(session, today=local_date(day)) for day in (place.now, tomorrow)]

    covered = [steps.cover_again(session, contract.id, now=tomorrow) for _turn in range(2)]

    last = grounds.last_of(session, sample_order_id=order.id)
    assert last is not None
    assert (waits, covered, last.contract_id) == ([[], [contract.id]], [True, False], contract.id)


def test_what_was_lacking_is_lacking_no_longer_where_nothing_is_required_any_more(
    session: Session, place: Place
) -> None:
    orders = Orders(session, place.instrument.id, place.deals.signer, place.steward, place.now)
    asked = orders.asked(request_form(organisation_id=place.deals.firm.id))
    order, made = orders.accepted(orders.quoted(asked, unit_fen=4 * HOURLY)), place.booked(4)

    def told() -> list[bool]:
        whole = whole_order(session, order.id, place.deals.signer)
        return [grounds.lacks(session, place.ground(made)), whole.lacks]

    before = told()
    off = RequirementForm(requires=False, threshold_fen=0)
    requirements.set_requirement(session, place.deals.place.id, off, actor=place.deals.keeper, now=place.now)

    assert (before, told()) == ([True, True], [False, False])


def test_what_is_required_is_set_by_finance_at_the_version_that_was_seen(session: Session, place: Place) -> None:
    at: dict[str, Any] = {"actor": place.deals.keeper, "now": place.now}
    off, owner = RequirementForm(requires=False, threshold_fen=0), place.deals.place.id
    with pytest.raises(Forbidden):
        requirements.set_requirement(session, owner, off, actor=place.steward, now=place.now)
    with pytest.raises(StaleVersion):
        requirements.set_requirement(session, owner, off, version=0, **at)

    requirements.set_requirement(session, owner, off, version=1, **at)
    made = place.booked(3)

    assert grounds.last_of(session, reservation_id=made.id) is None
    assert count(session, ContractText) == 1


def test_the_form_is_ticked_on_the_booking_page_and_printed_with_the_booking(
    client: FlaskClient, session: Session, place: Place
) -> None:
    sign_in(client, session.get_one(User, place.outsider.id))
    day = local_date(utcnow()) + timedelta(days=2)
    times = {"starts_at": f"{day}T08:00", "ends_at": f"{day}T10:00"}

    seen = client.get(f"/instruments/{place.instrument.id}", query_string=times).text
    refused = client.post(f"/instruments/{place.instrument.id}/reservations", data=times)
    made = client.post(f"/instruments/{place.instrument.id}/reservations", data={**times, "order_form": place.text_id})
    printed = client.get(f"{made.location}/order-form").text

    assert 'name="order_form"' in seen
    assert (refused.status_code, made.status_code) == (422, 303)
    assert 'data-code="order_form_needed"' in refused.text
    assert "接受第 1 版条款" in printed
