"""Charges: made once with the confirmed use, paid from what was held, accepted, disputed, changed and let off."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.forms import ChargeChangeForm, ResolveForm
from booking.charges.refusals import NotOpen
from booking.charges.windows import Windows
from booking.core.clock import SHANGHAI
from booking.core.errors import Forbidden, InvalidInput, NotFound, Refused
from booking.payers import amounts
from booking.payers.forms import PayerAmountForm
from booking.privacy.queries import HindranceKind, hindrances
from booking.reservations.blocks import add_block
from booking.reservations.cancelling import cancel_reservation
from booking.reservations.forms import UseForm
from booking.reservations.refusals import NotOver, UseConfirmed
from booking.reservations.service import request_reservation, reserve_agreed
from booking.reservations.using import confirm_use
from booking.reservations.wishes import Wish
from booking.web.extensions import transaction
from models.charges import Charge, ChargeEvent, ChargeLine
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.charges import ChargeKind, ChargeProblem, ChargeState
from models.vocabulary.pricing import BilledOn, Offer
from models.vocabulary.reservations import BlockKind, ReservationState, UseOutcome
from tests.charges.houses import ALONE, House
from tests.factories.instruments import make_instrument
from tests.factories.people import give
from tests.factories.prices import make_hourly_price
from tests.reservations.acting import at


@pytest.fixture
def house(session: Session, now: datetime) -> House:
    return House(session, now)


def test_a_use_as_booked_is_charged_what_was_held_and_two_stewards_make_one_charge(house: House) -> None:
    made = house.book(9)
    with pytest.raises(NotOver):
        house.confirm(made, timedelta(minutes=-1))
    house.session.rollback()
    with pytest.raises(Forbidden):
        house.do(confirm_use, made.id, UseForm(), windows=Windows(), by=house.student, at_=made.ends_at)
    house.session.rollback()
    charge = house.confirm(made)

    assert (charge.state, charge.kind, charge.estimated_fen) == (ChargeState.FINAL, ChargeKind.USE, 20_000)
    assert (charge.gross_fen, charge.captured_fen, charge.paper_fen, charge.problem) == (20_000, 20_000, 0, None)
    assert house.books() == (30_000, 0, 20_000)
    assert house.session.get_one(Reservation, made.id).state == ReservationState.COMPLETED
    with pytest.raises(UseConfirmed):
        house.confirm(made)
    house.session.rollback()
    assert house.session.scalars(sa.select(sa.func.count(Charge.id))).all() == [1]
    assert house.books() == (30_000, 0, 20_000)


def at_once(app: Flask, *steps: Callable[[], object]) -> list[str]:
    """How steps end that begin in the same moment: done, or what they were refused with."""
    together = Barrier(len(steps))

    def take(step: Callable[[], object]) -> str:
        with app.app_context():
            together.wait(timeout=30)
            try:
                step()
            except Refused as refused:
                return type(refused).__name__
            return "done"

    with ThreadPoolExecutor(len(steps)) as pool:
        return sorted(one.result() for one in [pool.submit(take, step) for step in steps])


def test_of_two_stewards_who_confirm_at_once_one_makes_the_charge_and_the_other_is_told(
    app: Flask, house: House
) -> None:
    made, steward = house.book(9), house.actor(house.steward)

    def confirm() -> None:
        transaction(confirm_use, made.id, UseForm(), windows=Windows(), actor=steward, now=made.ends_at)

    outcomes = at_once(app, confirm, confirm)

    house.session.commit()
    assert outcomes == ["UseConfirmed", "done"]
    assert house.charge(made).captured_fen == 20_000
    assert house.books() == (30_000, 0, 20_000)


def test_of_a_payer_who_accepts_and_a_steward_who_adjusts_or_waives_at_once_exactly_one_is_heard(
    app: Flask, house: House
) -> None:
    made, now = house.book(9), house.now + timedelta(days=3)
    charge = house.confirm(made)
    lead, steward, seen = house.actor(house.lead), house.actor(house.steward), {"version": charge.version, "now": now}
    form = ChargeChangeForm(change_fen=7_000, reason="加时")
    told = {**seen, "actor": steward}
    outcomes = at_once(
        app,
        lambda: transaction(service.accept_charge, charge.id, actor=lead, **seen),
        lambda: transaction(service.adjust_charge, charge.id, form, windows=Windows(), **told),
        lambda: transaction(service.waive_charge, charge.id, "补偿", **told),
    )

    house.session.commit()
    found = house.charge(made)
    ends = {
        ChargeState.ACCEPTED: (30_000, 0, 20_000),
        ChargeState.ADJUSTED: (30_000, 0, 20_000),
        ChargeState.WAIVED: (50_000, 0, 0),
    }
    assert outcomes == ["StaleVersion", "StaleVersion", "done"]
    assert house.books() == ends[found.state]
    assert found.version == seen["version"] + 1


def test_what_goes_beyond_what_was_held_is_taken_once_the_payer_agrees_and_the_rest_waits_as_a_problem(
    session: Session, now: datetime
) -> None:
    house = House(session, now, payer_fen=25_000, billed_on=BilledOn.LARGER)
    made = house.book(9)
    actual = {"actual_starts_at": made.starts_at, "actual_ends_at": made.ends_at + timedelta(minutes=60)}
    charge = house.confirm(made, timedelta(hours=2), **{name: value.isoformat() for name, value in actual.items()})

    assert (charge.gross_fen, charge.captured_fen, charge.problem) == (30_000, 20_000, None)
    assert house.books() == (5_000, 0, 20_000)
    later = made.ends_at + timedelta(days=1)
    house.do(service.accept_charge, charge.id, by=house.lead, at_=later)
    found = house.charge(made)
    assert (found.state, found.captured_fen, found.problem) == (
        ChargeState.ACCEPTED,
        25_000,
        ChargeProblem.PAYER_SHORT,
    )
    assert house.books() == (0, 0, 25_000)
    house.do(
        amounts.set_amount, house.payer.id, PayerAmountForm(amount_fen=28_000, reason="追加"), by=house.admin, at_=later
    )
    with pytest.raises(amounts.ChargesWait):
        house.do(amounts.close_payer, house.payer.id, "结题", by=house.admin, at_=later)
    house.session.rollback()
    house.do(service.take_rest, charge.id, by=house.steward, at_=later)
    assert house.charge(made).captured_fen == 28_000
    house.do(service.settle_on_paper, charge.id, "余款线下收取", by=house.steward, at_=later)
    found = house.charge(made)
    assert (found.captured_fen, found.paper_fen, found.problem) == (28_000, 2_000, None)
    form = ChargeChangeForm(change_fen=-3_000, name="优惠", reason="协商")
    house.do(service.adjust_charge, charge.id, form, windows=Windows(), by=house.steward, at_=later)
    found = house.charge(made)
    assert (found.gross_fen, found.captured_fen, found.paper_fen) == (27_000, 27_000, 0)
    assert house.books() == (1_000, 0, 27_000)


def test_an_added_line_takes_nothing_from_the_account_until_it_is_accepted_by_silence(house: House) -> None:
    made = house.book(9)
    charge = house.confirm(made)
    later = made.ends_at + timedelta(days=1)
    form = ChargeChangeForm(change_fen=12_000, name="耗材", reason="多用了铜网")
    house.do(service.adjust_charge, charge.id, form, windows=Windows(), by=house.steward, at_=later)
    found = house.charge(made)

    assert (found.state, found.gross_fen, found.captured_fen, found.problem) == (
        ChargeState.ADJUSTED,
        32_000,
        20_000,
        None,
    )
    assert house.books() == (30_000, 0, 20_000)
    house.go_on(found.due_at)
    assert (house.charge(made).state, house.charge(made).captured_fen) == (ChargeState.ACCEPTED, 32_000)
    assert house.books() == (18_000, 0, 32_000)


def test_a_use_ends_a_day_after_it_was_booked_to_end_at_most(house: House) -> None:
    made, day = house.book(9), timedelta(days=1)

    def until(end: datetime) -> dict[str, str]:
        return {"actual_starts_at": made.starts_at.isoformat(), "actual_ends_at": end.isoformat()}

    with pytest.raises(InvalidInput) as refused:
        house.confirm(made, 2 * day, **until(made.ends_at + day + timedelta(minutes=1)))
    house.session.rollback()

    assert [one.field for one in refused.value.problems] == ["actual_ends_at"]
    assert house.confirm(made, 2 * day, **until(made.ends_at + day)).used_ends_at == made.ends_at + day


def test_a_late_cancellation_costs_a_share_less_what_somebody_else_takes_of_the_time(
    session: Session, now: datetime
) -> None:
    house = House(session, now, payer_fen=60_000)
    part, whole, none = house.book(9), house.book(12), house.book(15, 1)
    late = house.book(20, 1, day=3)
    house.do(cancel_reservation, late.id, by=house.student, at_=house.now)
    assert (house.charge(late), house.books()) == (None, (10_000, 50_000, 0))
    for one in (part, whole, none):
        house.do(cancel_reservation, one.id, by=house.student, at_=one.starts_at - timedelta(hours=2))
    assert house.books() == (35_000, 25_000, 0)
    assert house.charge(part).state == ChargeState.ESTIMATED
    house.book(9, 1, by=house.stranger, paying=ALONE)
    house.book(12, 2, by=house.stranger, paying=ALONE)
    house.book(15, 1)
    with pytest.raises(NotOpen):
        house.do(service.accept_charge, house.charge(part).id, by=house.lead, at_=house.now)
    house.session.rollback()

    house.go_on(none.ends_at + timedelta(minutes=1))

    # Half of 200 is 100, an hour of two was taken: 50 remain. All taken: waived. Booked again by oneself: all of it.
    told = [(house.charge(one).state, house.charge(one).gross_fen) for one in (part, whole, none)]
    assert told == [(ChargeState.FINAL, 5_000), (ChargeState.WAIVED, 0), (ChargeState.FINAL, 5_000)]
    assert house.books() == (40_000, 10_000, 10_000)


def test_a_steward_who_cancels_and_a_block_that_lies_there_cost_the_holder_nothing(house: House) -> None:
    by_steward, blocked = house.book(9), house.book(12)
    soon = by_steward.starts_at - timedelta(hours=2)
    house.do(cancel_reservation, by_steward.id, reason="停电", by=house.steward, at_=soon)
    block = (house.instrument.id, at(12, 120), BlockKind.OUTAGE, "故障")
    house.do(add_block, *block, by=house.steward, at_=soon)
    house.do(cancel_reservation, blocked.id, by=house.student, at_=soon)

    assert (house.charge(by_steward), house.charge(blocked), house.books()) == (None, None, (50_000, 0, 0))


def test_nobody_coming_costs_its_share_and_what_costs_nothing_holds_nothing(session: Session, now: datetime) -> None:
    house = House(session, now, no_show_share=3_000)
    first, second = house.book(9), house.book(12)
    charge = house.confirm(first, outcome=UseOutcome.NO_SHOW)
    house.do(service.waive_charge, charge.id, "误记", by=house.steward, at_=first.ends_at + timedelta(hours=2))

    waived = house.charge(first)
    assert (charge.kind, waived.state, waived.gross_fen) == (ChargeKind.NO_SHOW, ChargeState.WAIVED, 0)
    lines = session.scalars(sa.select(ChargeLine.amount_fen).order_by(ChargeLine.id)).all()
    assert (lines, session.get_one(Reservation, first.id).state) == ([6_000, -6_000], ReservationState.NO_SHOW)
    assert house.books() == (30_000, 20_000, 0)
    house.do(cancel_reservation, second.id, by=house.student, at_=house.now)
    assert house.books() == (50_000, 0, 0)


def test_a_price_that_changes_between_booking_and_use_does_not_change_the_charge(house: House) -> None:
    made = house.book(9)
    day = made.starts_at.date()
    make_hourly_price(house.session, house.instrument, 99_900, house.admin, valid_from=day, revision=2)
    charge = house.confirm(made)

    assert (charge.gross_fen, charge.price_policy_id, charge.captured_fen) == (20_000, house.price.id, 20_000)


def test_without_an_account_a_charge_is_settled_on_paper_and_answered_by_who_booked(house: House) -> None:
    made = house.book(9, by=house.stranger, paying=ALONE)
    later = made.ends_at + timedelta(days=1)
    unconfirmed = [one.kind for one in hindrances(house.session, house.stranger, now=later)]
    charge = house.confirm(made)
    assert unconfirmed == [HindranceKind.UNCONFIRMED_USE]
    assert (charge.captured_fen, charge.paper_fen, charge.problem) == (0, 20_000, None)
    with pytest.raises(NotFound):
        house.do(service.accept_charge, charge.id, by=house.lead, at_=later)
    house.session.rollback()
    waits = [one.kind for one in hindrances(house.session, house.stranger, now=later)]

    house.do(service.accept_charge, charge.id, by=house.stranger, at_=later)

    still = [one.kind for one in hindrances(house.session, house.stranger, now=later)]
    assert (waits, still) == ([HindranceKind.CHARGE], [HindranceKind.CHARGE])
    assert house.charge(made).state == ChargeState.ACCEPTED
    assert house.books() == (50_000, 0, 0)


def test_a_dispute_stops_silence_from_accepting_until_it_is_answered(house: House) -> None:
    made = house.book(9)
    charge = house.confirm(made)
    day = timedelta(days=1)
    with pytest.raises(Forbidden):
        house.do(service.accept_charge, charge.id, by=house.student, at_=made.ends_at + day)
    house.session.rollback()
    house.do(service.dispute_charge, charge.id, "只用了一小时", by=house.student, at_=made.ends_at + day)
    house.go_on(made.ends_at + 30 * day)
    assert house.charge(made).state == ChargeState.DISPUTED
    house.do(service.write_about, charge.id, "记录在此", by=house.steward, at_=made.ends_at + 30 * day)
    form = ResolveForm(reason="按记录减一小时", change_fen=-10_000)
    house.do(service.resolve_dispute, charge.id, form, windows=Windows(), by=house.steward, at_=made.ends_at + 31 * day)
    found = house.charge(made)
    assert (found.state, found.gross_fen, found.captured_fen) == (ChargeState.ADJUSTED, 10_000, 10_000)
    house.go_on(found.due_at - timedelta(minutes=1))
    assert house.charge(made).state == ChargeState.ADJUSTED
    house.go_on(found.due_at)

    assert house.charge(made).state == ChargeState.ACCEPTED
    steps = house.session.scalars(sa.select(ChargeEvent.step).order_by(ChargeEvent.id)).all()
    assert [str(step) for step in steps] == ["make", "dispute", "write", "adjust", "accept"]
    assert house.books() == (40_000, 0, 10_000)


def test_seven_working_days_of_silence_accept(house: House) -> None:
    made = house.book(9)
    charge = house.confirm(made)

    # Confirmed on Tuesday 24 November 2026; the seventh working day after it is Thursday 3 December.
    assert charge.due_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M") == "12-03 23:59"


def test_a_change_is_a_new_line_never_below_zero_and_withdrawn_at_once_from_a_closed_account(house: House) -> None:
    made = house.book(9)
    charge = house.confirm(made)
    later = made.ends_at + timedelta(days=1)
    less = ChargeChangeForm(change_fen=-20_001, reason="太多")
    with pytest.raises(InvalidInput):
        house.do(service.adjust_charge, charge.id, less, windows=Windows(), by=house.steward, at_=later)
    house.session.rollback()
    with pytest.raises(amounts.ChargesWait):
        house.do(amounts.close_payer, house.payer.id, "结题", by=house.admin, at_=later)
    house.session.rollback()
    house.do(service.accept_charge, charge.id, by=house.lead, at_=later)
    house.do(amounts.close_payer, house.payer.id, "结题", by=house.admin, at_=later)
    assert house.books() == (0, 0, 20_000)

    house.do(service.waive_charge, charge.id, "补偿", by=house.steward, at_=later)

    found = house.charge(made)
    assert (found.state, found.gross_fen, found.captured_fen) == (ChargeState.WAIVED, 0, 0)
    assert house.books() == (0, 0, 0)


def test_what_is_not_offered_to_somebody_waits_as_a_problem_and_what_has_no_price_is_free(house: House) -> None:
    make_hourly_price(house.session, house.instrument, 0, house.admin, revision=2, offer=Offer.NOT_OFFERED)
    unpriced = make_instrument(house.session, house.place, policy={"closes_on_holidays": False})
    give(house.session, house.steward, Role.STEWARD, ScopeKind.INSTRUMENT, unpriced.id)
    wish, who = Wish(house.instrument.id, at(9, 120)), house.student.id
    made = house.do(reserve_agreed, wish, holder_id=who, by=house.steward, at_=house.now)
    free = house.do(request_reservation, Wish(unpriced.id, at(9, 120)), by=house.student, at_=house.now)
    charge = house.confirm(made)
    later = made.ends_at + timedelta(days=1)

    assert (charge.state, charge.gross_fen, charge.problem) == (ChargeState.ESTIMATED, 0, ChargeProblem.NOT_PRICED)
    assert house.confirm(free) is None
    form = ChargeChangeForm(change_fen=8_000, name="协议价", reason="按协议")
    house.do(service.adjust_charge, charge.id, form, windows=Windows(), by=house.steward, at_=later)
    found = house.charge(made)
    assert (found.state, found.gross_fen, found.problem) == (ChargeState.FINAL, 8_000, None)
    assert house.books() == (50_000, 0, 0)
