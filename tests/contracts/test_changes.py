"""What an outside booking rests on when it changes: its time, its holder, its owner, who belongs where."""

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.contracts import requirements, steps
from booking.contracts.forms import RequirementForm
from booking.contracts.grounds import last_of
from booking.contracts.order_forms import order_forms
from booking.enquiries import service as enquiries
from booking.enquiries.forms import EnquiryForm, PeriodForm, WishAnswerForm
from booking.enquiries.queries import periods_of
from booking.enquiries.wishes import answer_wish
from booking.reservations.agreed import agreed_facts
from booking.reservations.agreeing import accept_order_form
from booking.reservations.changes import period_of
from booking.reservations.moving import ask_move, move_reservation
from booking.reservations.service import request_reservation
from booking.reservations.spoken import spoken_agreement
from booking.samples import quoting
from booking.samples.queries import quotes_of
from models.accounts import User
from models.reservations import Reservation
from models.vocabulary.catalogue import BookingMode
from models.vocabulary.contracts import Need
from models.vocabulary.enquiries import WishAnswer
from tests.factories.affiliations import affiliate
from tests.factories.contracts import LIMITS
from tests.factories.instruments import make_organisation
from tests.factories.people import make_user, sign_in
from tests.factories.requiring import HOURLY, Place
from tests.factories.samples import Orders, request_form


def test_a_move_keeps_the_accepted_form_until_its_amount_asks_for_a_contract(session: Session, place: Place) -> None:
    made = place.booked(2, place.text_id)

    def moved(hours: int) -> tuple[Need, int | None, int | None]:
        period = place.at(hours, day=4)
        move_reservation(session, made.id, period, actor=place.outsider, now=place.now)
        kept = place.ground(made)
        return kept.need, kept.text_id, kept.amount_fen

    assert moved(3) == (Need.ORDER_FORM, place.text_id, 3 * HOURLY)
    assert moved(5) == (Need.CONTRACT, None, 5 * HOURLY)
    assert moved(1) == (Need.ORDER_FORM, place.text_id, HOURLY)


def test_what_was_accepted_stays_as_it_was_whoever_changes_the_booking_later(
    client: FlaskClient, session: Session, place: Place
) -> None:
    made = place.booked(2, place.text_id)
    booked = period_of(made)
    later = place.now + timedelta(hours=1)
    move_reservation(session, made.id, place.at(3, day=4), reason="检修", actor=place.steward, now=later)
    kept, facts = place.ground(made), agreed_facts(made, place.ground(made))
    session.commit()
    sign_in(client, session.get_one(User, place.outsider.id))

    printed = client.get(f"/reservations/{made.id}/order-form").text

    assert (kept.created_at, kept.amount_fen) == (later, 3 * HOURLY)
    assert (kept.accepted_at, kept.accepted_fen, kept.accepted_text_id) == (place.now, 2 * HOURLY, place.text_id)
    assert (facts.period, facts.amount_fen, facts.is_changed) == (booked, 2 * HOURLY, True)
    assert "接受之后的更改" in printed


def test_an_accepted_form_stays_enough_up_to_its_amount_when_the_threshold_falls(
    session: Session, place: Place
) -> None:
    made = place.booked(3, place.text_id)
    at: dict[str, Any] = {"actor": place.outsider, "now": place.now}
    form = RequirementForm(requires=True, threshold_fen=HOURLY)
    requirements.set_requirement(session, place.deals.place.id, form, actor=place.deals.keeper, now=place.now)

    move_reservation(session, made.id, place.at(2), **at)
    shorter = place.ground(made)
    move_reservation(session, made.id, place.at(4), **at)

    assert (shorter.need, shorter.text_id) == (Need.ORDER_FORM, place.text_id)
    assert place.ground(made).need == Need.CONTRACT


def test_a_booking_covered_by_a_contract_falls_back_on_its_accepted_form(session: Session, place: Place) -> None:
    contract = place.deals.signed()
    made = place.booked(2, place.text_id)
    covered = place.ground(made)

    steps.end_contract(session, contract.id, reason="终止", actor=place.deals.keeper, now=place.now)

    assert (covered.contract_id, covered.text_id) == (contract.id, None)
    assert (place.ground(made).text_id, place.ground(made).accepted_at) == (place.text_id, place.now)


def test_whoever_takes_a_booking_over_needs_what_an_outsider_needs(session: Session, place: Place) -> None:
    second = make_user(session, "second")
    affiliate(session, second, place.deals.firm)
    made = place.booked(3, actor=place.member)
    grounds_kept = [place.ground(made)]
    for turn, email in enumerate(("outsider@example.org", "second@example.org", "member@example.org"), start=1):
        if turn == 2:
            accept_order_form(session, made.id, place.text_id, actor=place.outsider, now=place.now)
        place.handed_over(made, email, now=place.now + timedelta(minutes=turn))
        grounds_kept.append(place.ground(made))

    found = [(one.need, one.is_lacking, one.accepted_at) for one in grounds_kept]
    needs_form = (Need.ORDER_FORM, True, None)
    assert found == [(Need.INSIDE, False, None), needs_form, needs_form, (Need.INSIDE, False, None)]


def test_a_booking_taken_over_while_nothing_is_required_rests_on_nobody_elses_click(
    session: Session, place: Place
) -> None:
    made = place.booked(2, place.text_id)
    off = RequirementForm(requires=False, threshold_fen=0)
    requirements.set_requirement(session, place.deals.place.id, off, actor=place.deals.keeper, now=place.now)

    place.handed_over(made, "agent@example.org")

    kept = place.ground(made)
    assert (kept.need, kept.text_id, kept.user_id) == (Need.NOTHING, None, place.deals.signer.id)


def test_what_was_booked_before_anything_was_required_is_free_at_its_amount_alone(
    session: Session, place: Place
) -> None:
    owner = place.deals.place.id
    at: dict[str, Any] = {"actor": place.deals.keeper, "now": place.now}
    requirements.set_requirement(session, owner, RequirementForm(requires=False, threshold_fen=0), **at)
    made = place.booked(2)
    requirements.set_requirement(session, owner, RequirementForm(requires=True, threshold_fen=4 * HOURLY), **at)

    move_reservation(session, made.id, place.at(1), actor=place.outsider, now=place.now)
    shorter = last_of(session, reservation_id=made.id)
    move_reservation(session, made.id, place.at(5), actor=place.outsider, now=place.now)

    assert shorter is None
    assert (place.ground(made).need, place.ground(made).is_lacking) == (Need.CONTRACT, True)


def test_finance_and_the_firm_read_the_order_forms_that_were_accepted_and_no_others(
    client: FlaskClient, session: Session, place: Place
) -> None:
    accepted, inside = place.booked(2, place.text_id), place.booked(1, actor=place.member, day=3)
    orders = Orders(session, place.instrument.id, place.deals.signer, place.steward, place.now)
    order = orders.quoted(orders.asked(request_form(organisation_id=place.deals.firm.id)))
    quote_id = quotes_of(session, order.id)[-1].id
    quoting.accept_quote(session, order.id, quote_id, place.text_id, actor=place.deals.signer, now=place.now)
    session.commit()
    forms = [f"/reservations/{accepted.id}/order-form", f"/sample-orders/{order.id}/form"]

    seen = {}
    for actor in (place.deals.keeper, place.deals.signer):
        sign_in(client, session.get_one(User, actor.id))
        listed = client.get(f"/organisations/{place.deals.place.id}/order-forms")
        paths = [*forms, f"/reservations/{inside.id}/order-form", f"/reservations/{accepted.id}"]
        seen[actor.id] = [client.get(path).status_code for path in paths], [one in listed.text for one in forms]

    assert seen[place.deals.keeper.id] == ([200, 200, 404, 404], [True, True])
    assert seen[place.deals.signer.id] == ([200, 200, 404, 404], [False, False])


def test_an_order_form_is_kept_in_the_name_of_the_one_organisation_to_which_who_accepts_belongs(
    session: Session, place: Place
) -> None:
    made = place.booked(2, place.text_id)
    other = make_organisation(session)
    affiliate(session, session.get_one(User, place.outsider.id), other)
    move_reservation(session, made.id, place.at(1), actor=place.outsider, now=place.now)
    moved, between = place.ground(made), place.booked(2, place.text_id, day=3)

    listed = order_forms(session, place.deals.signer, None, limit=9).items

    assert (moved.party_id, moved.accepted_fen, place.ground(between).party_id) == (
        place.deals.firm.id,
        2 * HOURLY,
        None,
    )
    assert [(one.form.reservation_id, one.form.amount_fen, one.amount_fen) for one in listed] == [
        (made.id, 2 * HOURLY, HOURLY)
    ]


def test_a_form_that_was_accepted_after_the_start_is_said_to_be_late(session: Session, place: Place) -> None:
    email = session.scalars(select(User.email).where(User.id == place.outsider.id)).one()
    late, early = (
        request_reservation(session, place.wish(2, day=day, on_behalf_of=email), actor=place.steward, now=place.now)
        for day in (2, 3)
    )
    for made, moment in ((early, place.now), (late, late.ends_at)):
        accept_order_form(session, made.id, place.text_id, actor=place.outsider, now=moment)

    assert [agreed_facts(one, place.ground(one)).is_late for one in (early, late)] == [False, True]


def test_a_move_says_beforehand_what_the_booking_would_need(session: Session, place: Place) -> None:
    made = place.booked(2, place.text_id)
    email = session.scalars(select(User.email).where(User.id == place.outsider.id)).one()
    wish = place.wish(2, day=3, on_behalf_of=email)
    waiting = request_reservation(session, wish, actor=place.steward, now=place.now)

    def told(reservation: Reservation, hours: int) -> tuple[bool, bool, bool, bool]:
        at: dict[str, Any] = {"actor": place.outsider, "now": place.now}
        answer = ask_move(session, reservation.id, place.at(hours, day=5), **at)
        spoken = spoken_agreement(answer.agreement, answer.period)
        assert spoken is not None
        return answer.allowed, spoken.wants_form, spoken.waits_for_form, spoken.wants_contract

    found = [told(made, 3), told(made, 5), told(waiting, 2)]

    assert found == [(True, False, False, False), (True, False, False, True), (True, False, True, False)]


def test_a_time_agreed_on_in_an_enquiry_waits_for_the_form_and_its_page_leads_there(
    client: FlaskClient, session: Session, place: Place
) -> None:
    place.instrument.booking_mode = BookingMode.ON_REQUEST
    period = place.at(2)
    wished = PeriodForm(starts_at=period.start, ends_at=period.end)
    form = EnquiryForm(text="能做吗？", sample="粉末", periods=[wished])
    at: dict[str, Any] = {"now": place.now}
    enquiry = enquiries.ask(session, place.instrument.id, form, [], LIMITS, days=2, actor=place.outsider, **at)
    chosen = periods_of(session, enquiry.id)[0].id
    answer = WishAnswerForm(answer=WishAnswer.ACCEPT, period_id=chosen)
    answer_wish(session, enquiry.id, answer, actor=place.steward, **at)
    session.commit()
    form_url = f"/reservations/{enquiry.reservation_id}/order-form"

    pages = []
    for actor in (place.outsider, place.steward):
        sign_in(client, session.get_one(User, actor.id))
        pages.append(form_url in client.get(f"/enquiries/{enquiry.id}").text)
    accept_order_form(session, enquiry.reservation_id or 0, place.text_id, actor=place.outsider, **at)
    session.commit()
    sign_in(client, session.get_one(User, place.outsider.id))

    assert (pages, form_url in client.get(f"/enquiries/{enquiry.id}").text) == ([True, False], False)
