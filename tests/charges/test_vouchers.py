"""What vouchers pay of uses: taken with the charge, again with every change of it, and nothing of a fee."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from booking.charges import service
from booking.charges.forms import ChargeChangeForm, ResolveForm
from booking.charges.queries import whole_charge
from booking.charges.verifying import faults
from booking.charges.windows import Windows
from booking.core.clock import local_date
from booking.core.errors import InvalidInput
from booking.payers.holds import for_reservation
from booking.reservations.cancelling import cancel_reservation
from booking.reservations.service import reserve_agreed
from booking.reservations.wishes import Wish
from booking.vouchers.holding import release
from models.charges import Charge, ChargeLine
from models.reservations import Reservation
from models.vocabulary.charges import ChargeKind, ChargeProblem, ChargeState
from models.vocabulary.pricing import LineKind, Offer
from models.vocabulary.programmes import Limit, Reason
from models.vouchers import Voucher, VoucherCapture
from tests.charges.firms_with_vouchers import Vouchered
from tests.charges.houses import House
from tests.counting import counting
from tests.factories.people import sign_in
from tests.factories.prices import make_hourly_price
from tests.reservations.acting import at

FEE, SHARE = 200_000, 60_000
OWN = FEE - SHARE
SET_UP = FEE - 20_000
"""With two hours at 100 yuan the fee is 2,000 yuan."""


class Charging:
    """Bookings of a house that cost 2,000 yuan, of which a firm's vouchers pay a share."""

    def __init__(self, session: Session, now: datetime, faces: tuple[int, ...] = (500_000,), **terms: Any) -> None:
        price = {name: terms.pop(name) for name in ("setup_fen", "no_show_share") if name in terms}
        self.session = session
        self.house = House(session, now, payer_fen=1_000_000, **{"setup_fen": SET_UP, **price})
        self.firm = Vouchered(session, now, self.house.place, **terms)
        self.vouchers = [self.firm.voucher(face) for face in faces]
        self.hours = 8

    @property
    def voucher(self) -> Voucher:
        return self.vouchers[0]

    def held(self, day: int = 1, fee_fen: int = FEE) -> Reservation:
        self.hours += 2
        made = self.house.book(self.hours, day=day)
        self.firm.hold_for(made, fee_fen)
        return made

    def charged(self, **said: Any) -> Charge:
        charge: Charge = self.house.confirm(self.held(), **said)
        return charge

    def adjust(self, charge: Charge, change_fen: int) -> Charge:
        form = ChargeChangeForm(change_fen=change_fen, reason="协商")
        return self.do(service.adjust_charge, charge, form, windows=Windows())

    def do(self, step: Any, charge: Charge, *given: Any, by: Any = None, **more: Any) -> Charge:
        when = charge.booked_ends_at + timedelta(days=1)
        self.house.do(step, charge.id, *given, by=by or self.house.steward, at_=when, **more)
        return self.session.get_one(Charge, charge.id, populate_existing=True)

    def parts(self, charge: Charge) -> tuple[int, int, int]:
        """What vouchers and the account pay of a charge, and what it is without vouchers; the books are right."""
        self.house.books()
        return charge.voucher_fen, charge.captured_fen, charge.gross_fen + charge.voucher_fen

    def lines(self, charge: Charge) -> list[tuple[LineKind, int]]:
        rows = select(ChargeLine).where(ChargeLine.charge_id == charge.id).order_by(ChargeLine.id)
        return [(one.kind, one.amount_fen) for one in self.session.scalars(rows)]


@pytest.fixture
def charging(session: Session, now: datetime) -> Charging:
    return Charging(session, now)


def test_thirty_percent_of_two_thousand_yuan_are_taken_off_and_the_account_pays_the_rest(charging: Charging) -> None:
    charge = charging.charged()

    assert charging.parts(charge) == (SHARE, OWN, FEE)
    assert charging.lines(charge) == [
        (LineKind.TIME, 20_000),
        (LineKind.SETUP, SET_UP),
        (LineKind.VOUCHER, -SHARE),
    ]
    (line,) = charging.session.scalars(select(ChargeLine).where(ChargeLine.kind == LineKind.VOUCHER))
    told = {"number": charging.voucher.number, "amount_fen": SHARE, "decided_by": [Limit.SHARE.value]}
    assert line.why == {"vouchers": [told]}
    assert charging.firm.balances(charging.voucher) == (500_000 - SHARE, 0, SHARE)
    assert charging.house.books() == (1_000_000 - OWN, 0, OWN)


def test_half_a_fen_is_rounded_up(session: Session, now: datetime) -> None:
    charging = Charging(session, now, setup_fen=5)

    charge = charging.house.confirm(charging.held(fee_fen=20_005))

    assert charging.parts(charge) == (6_002, 14_003, 20_005)


def test_the_cap_of_the_year_is_reached_inside_a_charge_and_the_rest_is_the_firms_own(
    session: Session, now: datetime
) -> None:
    charging = Charging(session, now, year_cap_fen=80_000)
    charging.charged()

    charge = charging.charged()

    assert charging.parts(charge) == (20_000, FEE - 20_000, FEE)
    assert charging.firm.balances(charging.voucher) == (500_000 - 80_000, 0, 80_000)


def test_the_second_of_two_vouchers_fills_what_the_first_one_left_of_the_share(session: Session, now: datetime) -> None:
    charging = Charging(session, now, faces=(25_000, 500_000))

    charge = charging.charged()
    actor = charging.house.actor(charging.house.steward)
    found = whole_charge(session, charge.id, actor, today=local_date(now)).vouchers

    assert charging.parts(charge) == (SHARE, OWN, FEE)
    assert [(one.number, one.amount_fen, one.decided_by) for one in found] == [
        (charging.vouchers[0].number, 25_000, (Limit.CREDIT,)),
        (charging.vouchers[1].number, 35_000, (Limit.SHARE,)),
    ]
    assert [charging.firm.balances(one) for one in charging.vouchers] == [(0, 0, 25_000), (465_000, 0, 35_000)]


def test_vouchers_that_change_places_for_the_same_sum_are_named_anew(session: Session, now: datetime) -> None:
    charging = Charging(session, now, faces=(50_000, 50_000))
    first, second = charging.vouchers
    other = charging.held(fee_fen=66_667)
    charge = charging.charged()
    release(session, for_reservation(other.id), now=now)
    session.commit()

    charge = charging.adjust(charge, 1)

    lines = session.scalars(select(ChargeLine).where(ChargeLine.kind == LineKind.VOUCHER).order_by(ChargeLine.id)).all()
    named = [[(one["number"], one["amount_fen"]) for one in line.why["vouchers"]] for line in lines]
    assert (charging.parts(charge), [line.amount_fen for line in lines]) == ((SHARE, OWN, FEE + 1), [-SHARE, 0])
    assert named == [
        [(first.number, 30_000), (second.number, 30_000)],
        [(first.number, 50_000), (second.number, 10_000)],
    ]


def test_a_use_of_december_the_thirtieth_that_is_confirmed_in_january_is_paid_by_the_voucher_that_ended(
    session: Session,
) -> None:
    charging = Charging(session, datetime(2026, 12, 28, 1, 30, tzinfo=UTC))
    made = charging.held(day=37)

    charge = charging.house.confirm(made, after=timedelta(days=9))

    assert (local_date(made.starts_at).isoformat(), local_date(charge.created_at).isoformat()) == (
        "2026-12-30",
        "2027-01-08",
    )
    assert charging.parts(charge) == (SHARE, OWN, FEE)


def test_a_use_that_runs_on_beyond_midnight_of_the_last_day_is_paid_as_it_was_booked(session: Session) -> None:
    charging = Charging(session, datetime(2026, 12, 30, 1, 30, tzinfo=UTC))
    charging.hours = 20
    made = charging.held(day=38)
    ran_on: dict[str, Any] = {
        "actual_starts_at": made.starts_at,
        "actual_ends_at": made.ends_at + timedelta(minutes=10),
    }

    charge = charging.house.confirm(made, **ran_on)

    assert (local_date(made.starts_at).isoformat(), local_date(charge.used_ends_at).isoformat()) == (
        "2026-12-31",
        "2027-01-01",
    )
    assert charge.voucher_fen > 0


def test_a_use_over_the_midnight_of_the_last_day_is_of_the_day_on_which_it_began(session: Session) -> None:
    charging = Charging(session, datetime(2026, 12, 30, 1, 30, tzinfo=UTC))
    charging.hours = 21
    made = charging.held(day=38)

    charge = charging.house.confirm(made)

    days = [local_date(one).isoformat() for one in (made.starts_at, charge.booked_ends_at - timedelta(minutes=1))]
    assert days == ["2026-12-31", "2027-01-01"]
    assert charging.parts(charge) == (SHARE, OWN, FEE)
    assert session.scalars(select(VoucherCapture.counts_on)).one().isoformat() == "2026-12-31"


def test_a_use_behind_the_vouchers_last_day_is_not_paid_by_it_and_the_charge_says_why(
    session: Session, now: datetime, app: Flask
) -> None:
    charging = Charging(session, now, use_by="2026-11-24", redeem_by="2026-12-24")
    made = charging.house.book(9, day=2)
    charging.firm.hold(for_reservation(made.id), FEE, local_date(made.starts_at) - timedelta(days=1))

    charge = charging.house.confirm(made)
    client = app.test_client()
    sign_in(client, charging.house.steward)
    told = client.get(f"/api/v1/charges/{charge.id}").get_json()
    page = client.get(f"/charges/{charge.id}").get_data(as_text=True)

    assert charging.parts(charge) == (0, FEE, FEE)
    assert charging.lines(charge)[-1] == (LineKind.VOUCHER, 0)
    assert charging.lines(charging.adjust(charge, -100))[-2:] == [(LineKind.VOUCHER, 0), (LineKind.ADJUSTMENT, -100)]
    assert (told["not_covered"], told["vouchers"], told["voucher_fen"]) == ([Reason.AFTER_USE_BY.value], [], 0)
    assert "创新券没有抵扣" in page
    assert charging.firm.balances(charging.voucher) == (500_000, 0, 0)


def test_an_adjustment_takes_more_or_gives_back_in_proportion(charging: Charging) -> None:
    charge = charging.charged()

    less = charging.parts(charging.adjust(charge, -150_000))
    of_less = charging.firm.balances(charging.voucher)
    more = charging.parts(charging.adjust(charge, 350_000))
    agreed = charging.parts(charging.do(service.accept_charge, charge, by=charging.house.lead))

    assert (less, of_less) == ((15_000, 35_000, 50_000), (485_000, 0, 15_000))
    assert more == (120_000, 35_000, 400_000)
    assert agreed == (120_000, 280_000, 400_000)
    assert charging.firm.balances(charging.voucher) == (380_000, 0, 120_000)


def test_a_charge_is_lowered_by_its_whole_fee_at_most_and_not_only_by_what_vouchers_leave(charging: Charging) -> None:
    charge = charging.charged()

    with pytest.raises(InvalidInput):
        charging.adjust(charge, -FEE - 1)
    charging.session.rollback()
    lowered = charging.adjust(charge, -OWN - 10_000)

    assert charging.parts(lowered) == (15_000, 35_000, 50_000)


def test_a_disputed_charge_is_lowered_and_then_waived_and_everything_is_free_again(charging: Charging) -> None:
    charge = charging.charged()
    charging.do(service.dispute_charge, charge, "只用了一半", by=charging.house.lead)
    form = ResolveForm(reason="属实", change_fen=-100_000)

    half = charging.parts(charging.do(service.resolve_dispute, charge, form, windows=Windows()))
    waived = charging.do(service.waive_charge, charge, "停电")

    assert half == (30_000, 70_000, 100_000)
    assert (waived.state, *charging.parts(waived)) == (ChargeState.WAIVED, 0, 0, 0)
    assert charging.lines(waived)[-2:] == [(LineKind.WAIVER, -100_000), (LineKind.VOUCHER, 30_000)]
    assert charging.firm.balances(charging.voucher) == (500_000, 0, 0)
    assert charging.house.books() == (1_000_000, 0, 0)


def test_nobody_came_or_it_was_cancelled_too_late_and_no_voucher_pays_any_of_it(
    session: Session, now: datetime
) -> None:
    charging = Charging(session, now)
    absent, late = charging.held(), charging.held()
    house = charging.house

    soon = late.starts_at - timedelta(hours=1)
    house.do(cancel_reservation, late.id, by=house.student, at_=soon)
    house.confirm(absent, outcome="no_show")
    charges = [house.charge(one) for one in (absent, late)]
    of_absence = charging.parts(charges[0])
    house.go_on(late.ends_at + timedelta(hours=1))

    assert [one.kind for one in charges] == [ChargeKind.NO_SHOW, ChargeKind.LATE_CANCELLATION]
    assert (of_absence[0], charging.parts(charges[1])[0]) == (0, 0)
    assert charging.firm.balances(charging.voucher) == (500_000, 0, 0)


def test_what_costs_nothing_in_the_end_has_no_charge_and_holds_no_voucher(session: Session, now: datetime) -> None:
    charging = Charging(session, now, no_show_share=0)

    charge = charging.house.confirm(charging.held(), outcome="no_show")

    assert (charge, charging.firm.balances(charging.voucher)) == (None, (500_000, 0, 0))


def test_what_the_enterprise_redeems_is_paid_in_full_first_and_the_page_says_what_comes_back(
    session: Session, now: datetime, app: Flask
) -> None:
    charging = Charging(session, now, redeemed_by="enterprise")

    charge = charging.charged()
    client = app.test_client()
    sign_in(client, charging.house.steward)
    told = client.get(f"/api/v1/charges/{charge.id}").get_json()
    page = client.get(f"/charges/{charge.id}").get_data(as_text=True)

    assert charging.parts(charge) == (0, FEE, FEE)
    assert [kind for kind, _ in charging.lines(charge)] == [LineKind.TIME, LineKind.SETUP]
    assert (told["gross_fen"], told["voucher_fen"], told["own_fen"], told["expected_fen"]) == (FEE, 0, FEE, SHARE)
    assert [one["number"] for one in told["vouchers"]] == [charging.voucher.number]
    assert ("预计兑付" in page, "¥600.00" in page) == (True, True)
    assert charging.firm.balances(charging.voucher) == (500_000 - SHARE, 0, SHARE)


def test_page_and_api_say_the_fee_the_part_of_each_voucher_and_what_is_left(charging: Charging, app: Flask) -> None:
    charge = charging.charged()
    client = app.test_client()
    sign_in(client, charging.house.steward)

    told = client.get(f"/api/v1/charges/{charge.id}").get_json()
    page = client.get(f"/charges/{charge.id}").get_data(as_text=True)
    table = client.get("/charges/staffed.csv").get_data(as_text=True).splitlines()

    assert (told["gross_fen"], told["voucher_fen"], told["own_fen"], told["missing_fen"]) == (FEE, SHARE, OWN, 0)
    assert sum(one["amount_fen"] for one in told["lines"]) == OWN
    assert told["vouchers"] == [
        {
            "number": charging.voucher.number,
            "amount_fen": SHARE,
            "redeemed_by": "provider",
            "counts_on": "2026-11-24",
            "invoice_by": None,
            "decided_by": ["share"],
        }
    ]
    assert [one in page for one in (charging.voucher.number, "¥600.00", "¥1,400.00")] == [True, True, True]
    assert table[1].split(",")[-2:] == ["2000.00", "600.00"]


def test_what_has_no_price_keeps_its_hold_until_it_gets_one(session: Session, now: datetime) -> None:
    charging = Charging(session, now)
    house = charging.house
    make_hourly_price(session, house.instrument, 0, house.admin, revision=2, offer=Offer.NOT_OFFERED)
    wish, who = Wish(house.instrument.id, at(9, 120)), house.student.id
    made = house.do(reserve_agreed, wish, holder_id=who, by=house.steward, at_=now)
    charging.firm.hold_for(made, FEE)
    unpriced = house.confirm(made)
    before = unpriced.problem, charging.firm.balances(charging.voucher)

    adjusted = charging.adjust(unpriced, FEE)

    assert before == (ChargeProblem.NOT_PRICED, (440_000, SHARE, 0))
    assert (adjusted.state, *charging.parts(adjusted)) == (ChargeState.FINAL, SHARE, 0, FEE)


def test_a_charge_without_vouchers_asks_for_none_however_it_changes(session: Session, now: datetime) -> None:
    house = House(session, now)
    made = house.book(9)

    with counting() as found:
        charge = house.confirm(made)
        form = ChargeChangeForm(change_fen=-100, reason="协商")
        when = made.ends_at + timedelta(days=1)
        house.do(service.adjust_charge, charge.id, form, windows=Windows(), by=house.steward, at_=when)
        house.do(service.waive_charge, charge.id, "停电", by=house.steward, at_=when)

    asked = [one for one in found.texts if "voucher_" in one.partition("FROM")[2] and "INSERT" not in one]
    assert [one for one in asked if "charges.voucher_fen" not in one] == []


def test_lines_captures_and_holds_that_do_not_agree_are_found(charging: Charging) -> None:
    charge = charging.charged()

    charging.session.execute(text("UPDATE charges SET voucher_fen = voucher_fen + 1"))
    one_off = list(faults(charging.session))
    charging.session.rollback()
    charging.session.execute(text("UPDATE charges SET uses_vouchers = false"))
    unsaid = list(faults(charging.session))
    charging.session.rollback()

    assert one_off == [
        f"charge {charge.id} says that vouchers took off {SHARE + 1} fen, its lines {SHARE}",
        f"charge {charge.id} says that vouchers took off {SHARE + 1} fen, they captured {SHARE}",
    ]
    assert unsaid == [f"voucher capture 1 of charge {charge.id} has no hold"]
