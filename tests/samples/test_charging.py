"""What sample orders cost in the end: the quote is held, what was done is charged, the rest goes back."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.queries import due_to_finish
from booking.core.clock import local_date
from booking.core.errors import Forbidden, InvalidInput
from booking.reservations.wishes import Paying
from booking.samples import charging, handling, quoting
from booking.samples.forms import QuoteLineForm, RecordForm, SampleQuoteForm
from booking.samples.queries import due_to_approve, quotes_of
from booking.samples.stepping import NotNow
from models.charges import Charge, ChargeLine
from models.payers import PayerHold
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.charges import ChargeKind, ChargeState
from models.vocabulary.pricing import LineKind
from models.vocabulary.samples import SampleOrderState, SampleState, SampleStep
from tests.counting import counting
from tests.factories.instruments import make_organisation
from tests.factories.letters import mailed
from tests.factories.looking import count, look_again
from tests.factories.payers import make_payer
from tests.factories.people import give, sign_in
from tests.factories.samples import request_form
from tests.samples.benches import FAILED, LATER, LOST, QUOTE, USUAL, WINDOWS, Bench

WEEKS = timedelta(days=21)


@pytest.fixture
def bench(session: Session, now: datetime) -> Bench:
    return Bench(session, now)


def made(charge: Charge | None) -> Charge:
    assert charge is not None
    return charge


def test_accepting_a_quote_holds_it_in_the_usual_account_or_in_none(bench: Bench) -> None:
    order = bench.orders.accepted(bench.quoted(), USUAL)
    bench.session.commit()
    held = bench.books()

    later = bench.orders.accepted(bench.quoted(), LATER)
    bench.session.commit()

    assert (order.payer_account_id, order.accepted_by_id) == (bench.house.payer.id, bench.house.student.id)
    assert held == (75_000, QUOTE, 0)
    assert (later.payer_account_id, later.accepted_by_id) == (None, bench.house.student.id)
    assert bench.books() == held


def test_two_samples_failed_the_other_four_and_the_set_up_are_charged_and_the_rest_goes_back(bench: Bench) -> None:
    order = bench.reported(2, 5)

    charge = made(bench.approve(order))

    rows = bench.session.scalars(select(ChargeLine).order_by(ChargeLine.id)).all()
    assert [(one.kind, one.count, one.amount_fen) for one in rows] == [
        (LineKind.SETUP, 1, 5_000),
        (LineKind.SAMPLES, 4, 80_000),
    ]
    assert (charge.kind, charge.state, charge.estimated_fen, charge.gross_fen, charge.captured_fen) == (
        ChargeKind.SAMPLES,
        ChargeState.FINAL,
        QUOTE,
        85_000,
        85_000,
    )
    assert (charge.sample_order_id, charge.reservation_id, charge.user_id) == (order.id, None, bench.house.student.id)
    assert bench.books() == (115_000, 0, 85_000)


def test_the_lead_accepts_the_charge_and_nobody_else_does(bench: Bench) -> None:
    charge = made(bench.approve(bench.reported()))
    student, lead = bench.house.actor(bench.house.student), bench.house.actor(bench.house.lead)

    with pytest.raises(Forbidden):
        service.accept_charge(bench.session, charge.id, actor=student, now=bench.now)
    bench.session.rollback()
    service.accept_charge(bench.session, charge.id, actor=lead, now=bench.now)
    bench.session.commit()

    assert made(bench.session.get(Charge, charge.id)).state == ChargeState.ACCEPTED
    assert bench.books() == (75_000, 0, QUOTE)


def test_what_staff_say_was_done_is_charged_but_no_sample_that_they_lost(bench: Bench) -> None:
    order = bench.testing()
    bench.record(order, 1, FAILED)
    bench.record(order, 2, LOST)

    with pytest.raises(InvalidInput):
        bench.say(order, [1, 6])
    bench.session.rollback()
    with pytest.raises(InvalidInput):
        bench.say(order, [1, 5], note="")
    bench.session.rollback()
    bench.say(order, [1, 5], "未测出的样品也做了全部步骤")
    bench.orders.reported(order)
    bench.record(order, 3, LOST)

    assert made(bench.approve(order)).gross_fen == 5_000 + 4 * 20_000


def test_who_answers_for_the_account_that_pays_does_not_say_what_was_done(bench: Bench) -> None:
    lead = bench.house.lead
    give(bench.session, lead, Role.STEWARD, ScopeKind.INSTRUMENT, bench.house.instrument.id)
    order = bench.testing()

    with pytest.raises(Forbidden):
        bench.say(order, [0, 0], by=lead)
    bench.session.rollback()

    assert SampleStep.COUNT not in bench.open_steps(order, lead)
    assert SampleStep.COUNT in bench.open_steps(order, bench.house.steward)


def test_silence_accepts_results_after_seven_working_days_and_a_dispute_stops_it(bench: Bench) -> None:
    silent, disputed = bench.reported(), bench.reported(paying=LATER)
    asker: dict[str, Any] = {"actor": bench.orders.asker, "now": bench.now}
    handling.dispute_results(bench.session, disputed.id, reason="偏高", **asker)
    bench.session.commit()
    due = silent.answer_by
    assert due is not None

    early = due_to_approve(bench.session, now=due - timedelta(minutes=1))
    late = due_to_approve(bench.session, now=due)
    done = [charging.accept_silently(bench.session, silent.id, windows=WINDOWS, now=due) for _ in range(2)]
    bench.session.commit()

    assert local_date(due) == local_date(bench.now) + timedelta(days=9)
    assert (early, late, done) == ([], [silent.id], [True, False])
    assert (silent.state, disputed.answer_by) == (SampleOrderState.DONE, None)
    assert made(bench.charge(silent)).gross_fen == QUOTE
    assert bench.charge(disputed) is None
    assert [one.values["step"] for one in mailed(bench.session, now=due) if one.template == "samples/changed"][-1:] == [
        "approve"
    ]


def test_upheld_results_are_asked_about_anew(bench: Bench) -> None:
    order = bench.reported()
    handling.dispute_results(bench.session, order.id, reason="偏高", actor=bench.orders.asker, now=bench.now)
    later = bench.now + timedelta(days=3)

    handling.uphold_results(
        bench.session, order.id, reason="无误", windows=WINDOWS, actor=bench.orders.staff, now=later
    )
    bench.session.commit()

    assert order.answer_by is not None
    assert local_date(order.answer_by) > local_date(bench.now) + timedelta(days=9)


def test_an_order_that_ends_before_anything_was_tested_costs_nothing(bench: Bench) -> None:
    order = bench.orders.received(bench.orders.sent(bench.orders.accepted(bench.quoted(), USUAL)))

    charge = bench.cancel(order)

    assert charge is None
    assert bench.books() == (200_000, 0, 0)
    assert count(bench.session, PayerHold) == 2


def test_an_order_cancelled_in_testing_waits_for_what_was_done(bench: Bench) -> None:
    order = bench.testing()
    bench.record(order, 1, RecordForm(state=SampleState.TESTED))

    waiting = made(bench.cancel(order))
    estimated = (waiting.state, waiting.estimated_fen, waiting.gross_fen, bench.books())
    steps = bench.open_steps(order, bench.house.steward)
    bench.say(order, [1, 2], "第二个样品已做到一半")
    charge = made(bench.charge(order))

    assert estimated == (ChargeState.ESTIMATED, QUOTE, 0, (75_000, QUOTE, 0))
    assert SampleStep.COUNT in steps
    assert (charge.state, charge.gross_fen) == (ChargeState.FINAL, 45_000)
    assert bench.books() == (155_000, 0, 45_000)
    with pytest.raises(NotNow):
        bench.say(order, [1, 1])


def test_an_order_cancelled_in_testing_is_charged_by_its_samples_when_nobody_says_what_was_done(bench: Bench) -> None:
    some, none = bench.testing(), bench.testing(LATER)
    bench.record(some, 1, RecordForm(state=SampleState.TESTED))
    for order in (some, none):
        bench.cancel(order)

    later = bench.now + WEEKS
    for charge_id in due_to_finish(bench.session, now=later):
        service.go_on(bench.session, charge_id, windows=WINDOWS, now=later)
    bench.session.commit()

    assert (made(bench.charge(some)).state, made(bench.charge(some)).gross_fen) == (ChargeState.FINAL, 25_000)
    assert (made(bench.charge(none)).state, made(bench.charge(none)).gross_fen) == (ChargeState.WAIVED, 0)
    assert bench.books() == (175_000, 0, 25_000)


@pytest.mark.parametrize("name", ["short", "elsewhere", "stranger"])
def test_an_account_that_cannot_pay_is_refused_and_the_quote_stays_open(bench: Bench, name: str) -> None:
    session, student = bench.session, bench.house.student
    other = make_organisation(session, adcode="510700")
    payers = {
        "short": lambda: make_payer(session, bench.house.place, student, 90_000, number="2"),
        "elsewhere": lambda: make_payer(session, other, student, 900_000, number="3"),
        "stranger": lambda: make_payer(session, bench.house.place, bench.house.stranger, 900_000, number="4"),
    }
    payer, order = payers[name](), bench.quoted()
    session.commit()

    with pytest.raises(InvalidInput) as refused:
        bench.orders.accepted(order, Paying(payer.id))
    session.rollback()

    look_again(session)
    assert [one.field for one in refused.value.problems] == ["payer_account_id"]
    assert (order.state, order.number, order.payer_account_id) == (SampleOrderState.QUOTED, None, None)
    assert count(session, PayerHold) == 0


def test_one_order_has_one_charge_however_often_it_is_asked_for(bench: Bench) -> None:
    order = bench.reported()
    first = made(bench.approve(order))

    with pytest.raises(NotNow):
        bench.approve(order)
    bench.session.rollback()
    charging.charge_done(bench.session, order, windows=WINDOWS, actor=None, now=bench.now)
    bench.session.commit()

    assert [one.id for one in bench.session.scalars(select(Charge))] == [first.id]
    assert bench.books() == (75_000, 0, QUOTE)


def test_either_side_sees_the_charge_and_the_account_shows_the_order(bench: Bench, app: Flask) -> None:
    held = bench.testing()
    order = bench.reported(paying=LATER)
    charge_id = made(bench.approve(order)).id
    bench.session.commit()
    student, steward, lead = (app.test_client() for _ in range(3))
    for client, user in ((student, "student"), (steward, "steward"), (lead, "lead")):
        sign_in(client, getattr(bench.house, user))

    pages = [one.get(f"/sample-orders/{order.id}").get_data(as_text=True) for one in (student, steward)]
    charge_page = student.get(f"/charges/{charge_id}").get_data(as_text=True)
    answer = student.get(f"/api/v1/sample-orders/{order.id}").get_json()
    answered = student.get(f"/api/v1/charges/{charge_id}").get_json()
    account = lead.get(f"/payer-accounts/{bench.house.payer.id}").get_data(as_text=True)
    holds = lead.get(f"/api/v1/payer-accounts/{bench.house.payer.id}/holds").get_json()

    assert [f"/charges/{charge_id}" in page for page in pages] == [True, True]
    assert f"/sample-orders/{order.id}" in charge_page
    amounts = {"estimated_fen": QUOTE, "gross_fen": QUOTE, "voucher_fen": 0, "own_fen": QUOTE}
    assert answer["charge"] == {"id": charge_id, "state": "final", **amounts}
    assert (answered["sample_order_id"], answered["reservation_id"], answered["kind"]) == (order.id, None, "samples")
    assert bench.house.instrument.name_zh in account
    assert [(one["sample_order_id"], one["amount_fen"]) for one in holds["items"]] == [(held.id, QUOTE)]


def test_the_page_accepts_with_an_account_and_staff_say_on_it_what_was_done(bench: Bench, app: Flask) -> None:
    order = bench.quoted()
    bench.session.commit()
    student, steward = app.test_client(), app.test_client()
    sign_in(student, bench.house.student)
    sign_in(steward, bench.house.steward)
    here, quote_id = f"/sample-orders/{order.id}", quotes_of(bench.session, order.id)[-1].id

    offered = student.get(here).get_data(as_text=True)
    wrong = student.post(f"{here}/accept", data={"quote_id": quote_id, "payer_account_id": "999999"})
    accepted = student.post(f"{here}/accept", data={"quote_id": quote_id, "payer_account_id": bench.house.payer.id})
    look_again(bench.session)
    bench.orders.received(bench.orders.sent(order))
    bench.record(order, 1, RecordForm(state=SampleState.TESTED))
    bad = steward.post(f"{here}/count", data={"counts.0": "1", "counts.1": "7", "count_note": "x"})
    good = steward.post(f"{here}/count", data={"counts.0": "1", "counts.1": "3", "count_note": "三个"})
    shown = steward.get(here).get_data(as_text=True)

    look_again(bench.session)
    assert f'value="{bench.house.payer.id}"' in offered
    assert (wrong.status_code, accepted.status_code, bad.status_code, good.status_code) == (422, 303, 422, 303)
    assert 'id="problems-counts.1"' in bad.get_data(as_text=True)
    assert ("三个" in shown, "样品 3/6" in shown) == (True, True)
    assert order.payer_account_id == bench.house.payer.id


def test_a_line_of_a_kind_that_the_page_does_not_offer_has_a_name_there_too(bench: Bench, app: Flask) -> None:
    order = bench.orders.asked(request_form(count=2))
    lines = [QuoteLineForm(kind=kind, count=1, unit_fen=100) for kind in (LineKind.PACKAGE, LineKind.TIME)]
    until = local_date(bench.now) + timedelta(days=9)
    form = SampleQuoteForm(last_quote_id=0, lines=lines, valid_until=until, reason="包时")
    quoting.quote_order(bench.session, order.id, form, actor=bench.orders.staff, now=bench.now)
    bench.session.commit()
    client = app.test_client()
    sign_in(client, bench.house.student)

    page = client.get(f"/sample-orders/{order.id}")

    assert page.status_code == 200
    assert ("包时" in page.get_data(as_text=True), "机时" in page.get_data(as_text=True)) == (True, True)


def test_a_list_of_holds_asks_as_much_for_five_orders_as_for_two(bench: Bench, app: Flask) -> None:
    lead = app.test_client()
    sign_in(lead, bench.house.lead)
    house, asked = bench.house, []
    big = make_payer(bench.session, house.place, house.lead, 2_000_000, [house.student], number="9")
    for number in (2, 5):
        while count(bench.session, PayerHold) < number:
            bench.orders.accepted(bench.quoted(), Paying(big.id))
            bench.session.commit()
        with counting() as counted:
            lead.get(f"/api/v1/payer-accounts/{big.id}/holds")
        asked.append(len(counted.texts))

    assert asked[0] == asked[1]


def test_letters_of_a_charge_speak_of_the_order(bench: Bench) -> None:
    bench.approve(bench.reported())

    told: list[Any] = [one for one in mailed(bench.session, now=bench.now) if one.template == "charges/changed"]

    assert [(one.recipient.partition("@")[0], one.values["step"], one.values["is_order"]) for one in told] == [
        ("lead", "make", True),
        ("student", "make", True),
    ]
