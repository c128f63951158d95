"""Vouchers of a firm pay a share of its sample orders: chosen with the quote, held, and taken with what was done."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from booking.charges.verifying import faults
from booking.core.errors import InvalidInput
from booking.payers.verifying import faults as payer_faults
from booking.reservations.vouching import NO_VOUCHERS, Declared, VoucherUse, Vouching
from booking.reservations.wishes import Paying
from booking.samples import quoting
from booking.samples.queries import quotes_of
from booking.web.filters import day
from models.charges import Charge, ChargeLine
from models.ledger import LedgerAccount
from models.payers import PayerAccount
from models.samples import SampleOrder
from models.vocabulary.charges import ChargeState
from models.vocabulary.pricing import LineKind
from models.vocabulary.programmes import Exclusion, Reason
from models.vouchers import Voucher, VoucherHold, VoucherWish
from tests.charges.firms_with_vouchers import Vouchered
from tests.counting import counting
from tests.factories.payers import make_payer
from tests.factories.people import sign_in
from tests.samples.benches import FAILED, QUOTE, Bench

SHARE = 37_500
OWN = QUOTE - SHARE


class FirmBench(Bench):
    """Orders of a firm of Chongqing with a voucher, accepted by its agent, who has an account of 2,000 yuan."""

    def __init__(self, session: Session, now: datetime, faces: tuple[int, ...] = (500_000,), **terms: Any) -> None:
        super().__init__(session, now)
        self.firm = Vouchered(session, now, self.house.place, **terms)
        self.vouchers = [self.firm.voucher(face) for face in faces]
        self.payer = make_payer(session, self.house.place, self.firm.agent, 200_000, number="52170002")
        self.orders = self.by(self.firm.agent)

    @property
    def voucher(self) -> Voucher:
        return self.vouchers[0]

    def quoted_to_firm(self) -> SampleOrder:
        order = self.quoted(organisation_id=self.firm.firm.id)
        self.session.commit()
        return order

    def accept(self, order: SampleOrder, said: Vouching | None = None, **paying: Any) -> SampleOrder:
        wanted = Paying(vouching=said, **paying)
        last = quotes_of(self.session, order.id)[-1]
        quoting.accept_quote(self.session, order.id, last.id, paying=wanted, actor=self.orders.asker, now=self.now)
        self.session.commit()
        return order

    def accepted(self, said: Vouching | None = None) -> SampleOrder:
        return self.accept(self.quoted_to_firm(), said)

    def tested(self, order: SampleOrder, *failed: int) -> Charge | None:
        received = self.orders.received(self.orders.sent(order))
        self.run(received, self.orders)
        for position in failed:
            self.record(order, position, FAILED)
        self.orders.reported(order)
        return self.approve(order, self.firm.agent)

    def account(self) -> tuple[int, int]:
        """What the agent's account holds, and what it has paid; the books of charges are right."""
        self.session.expire_all()
        assert [*self.house.books()] == [200_000, 0, 0]
        assert list(faults(self.session)) == []
        found = self.session.get_one(PayerAccount, self.payer.id)
        held, captured = (self.session.get_one(LedgerAccount, one) for one in (found.held_id, found.captured_id))
        return held.balance_fen, captured.balance_fen

    def books_of_voucher(self) -> tuple[int, int, int]:
        return self.firm.balances(self.voucher)


@pytest.fixture
def bench(session: Session, now: datetime) -> FirmBench:
    return FirmBench(session, now)


def test_accepting_holds_the_share_in_the_voucher_and_the_rest_in_the_account_and_the_charge_takes_both(
    bench: FirmBench,
) -> None:
    order = bench.accepted()
    held = bench.account(), bench.books_of_voucher()

    charge = bench.tested(order)

    assert held == ((OWN, 0), (500_000 - SHARE, SHARE, 0))
    assert charge is not None
    assert (charge.state, charge.gross_fen, charge.voucher_fen, charge.captured_fen) == (
        ChargeState.FINAL,
        OWN,
        SHARE,
        OWN,
    )
    assert (bench.account(), bench.books_of_voucher()) == ((0, OWN), (500_000 - SHARE, 0, SHARE))


def test_of_a_voucher_that_lives_elsewhere_the_account_pays_all_and_the_share_is_taken_in_it(
    session: Session, now: datetime
) -> None:
    bench = FirmBench(session, now, runs_at="科创通", reserves_budget="never", redeemed_by="enterprise")
    order = bench.accepted()
    held = bench.account(), bench.books_of_voucher()

    charge = bench.tested(order)

    assert held == ((QUOTE, 0), (500_000 - SHARE, SHARE, 0))
    assert charge is not None
    assert (charge.gross_fen, charge.voucher_fen, charge.captured_fen) == (QUOTE, 0, QUOTE)
    assert (bench.account(), bench.books_of_voucher()) == ((0, QUOTE), (500_000 - SHARE, 0, SHARE))


def test_of_an_order_that_vouchers_pay_whole_the_account_holds_nothing(session: Session, now: datetime) -> None:
    bench = FirmBench(session, now, shares={"testing": 10_000})

    bench.accepted()

    assert (bench.account(), bench.books_of_voucher()) == ((0, 0), (500_000 - QUOTE, QUOTE, 0))


def test_what_vouchers_hold_for_an_order_that_is_over_is_found(bench: FirmBench) -> None:
    order = bench.accepted()
    held = bench.session.scalars(select(VoucherHold.id)).one()

    bench.session.execute(text("UPDATE sample_orders SET state = 'cancelled'"))
    found = list(payer_faults(bench.session))
    bench.session.rollback()

    assert f"voucher hold {held} of sample order {order.id} is left behind" in found


def test_what_was_not_done_is_paid_by_nobody(bench: FirmBench) -> None:
    charge = bench.tested(bench.accepted(), 2, 5)

    assert charge is not None
    assert (charge.gross_fen, charge.voucher_fen, charge.captured_fen) == (59_500, 25_500, 59_500)
    assert (bench.account(), bench.books_of_voucher()) == ((0, 59_500), (474_500, 0, 25_500))


def test_an_order_that_ends_before_anything_was_done_gives_everything_back(bench: FirmBench) -> None:
    order = bench.accepted()

    charge = bench.cancel(order)

    assert (charge, bench.account(), bench.books_of_voucher()) == (None, (0, 0), (500_000, 0, 0))


def test_an_order_that_ends_midway_keeps_its_hold_until_it_is_said_what_was_done(bench: FirmBench) -> None:
    order = bench.accepted()
    received = bench.orders.received(bench.orders.sent(order))
    bench.run(received, bench.orders)

    estimated = bench.cancel(order)
    waiting = bench.account(), bench.books_of_voucher()
    bench.say(order, [1, 2])
    charge = bench.charge(order)

    assert estimated is not None
    assert waiting == ((OWN, 0), (500_000 - SHARE, SHARE, 0))
    assert charge is not None
    assert (charge.state, charge.gross_fen, charge.voucher_fen) == (ChargeState.FINAL, 31_500, 13_500)
    assert (bench.account(), bench.books_of_voucher()) == ((0, 31_500), (486_500, 0, 13_500))


def test_of_an_order_that_ends_midway_with_nothing_done_everything_goes_back(bench: FirmBench) -> None:
    order = bench.accepted()
    received = bench.orders.received(bench.orders.sent(order))
    bench.run(received, bench.orders)
    bench.cancel(order)

    bench.say(order, [0, 0])

    charge = bench.charge(order)
    assert charge is not None
    assert (charge.state, bench.account(), bench.books_of_voucher()) == (
        ChargeState.WAIVED,
        (0, 0),
        (500_000, 0, 0),
    )


def test_results_behind_the_vouchers_last_day_are_not_paid_by_it_and_the_charge_says_why(
    session: Session, now: datetime
) -> None:
    bench = FirmBench(session, now, use_by="2026-11-24", redeem_by="2026-12-24")
    order = bench.accepted()
    held = bench.books_of_voucher()
    bench.now += timedelta(days=3)
    bench.orders = bench.by(bench.firm.agent)

    charge = bench.tested(order)

    assert held == (500_000 - SHARE, SHARE, 0)
    assert charge is not None
    last = session.scalars(select(ChargeLine).order_by(ChargeLine.id.desc()).limit(1)).one()
    assert (charge.gross_fen, charge.voucher_fen, last.kind, last.amount_fen) == (QUOTE, 0, LineKind.VOUCHER, 0)
    assert last.why["reasons"] == [
        {"reason": Reason.AFTER_USE_BY.value, "day": "2026-11-26", "limit": "2026-11-24"},
    ]
    assert bench.books_of_voucher() == (500_000, 0, 0)


def test_results_that_are_wanted_behind_the_vouchers_last_day_are_not_paid_by_it_and_it_is_said_before(
    session: Session, now: datetime, client: FlaskClient
) -> None:
    ends: dict[str, Any] = {"use_by": "2026-11-30", "redeem_by": "2026-12-24"}
    bench = FirmBench(session, now, **ends)
    late = bench.quoted(organisation_id=bench.firm.firm.id, due_on=date(2026, 12, 1))
    in_time = bench.quoted(organisation_id=bench.firm.firm.id, due_on=date(2026, 11, 30))
    session.commit()
    sign_in(client, bench.firm.agent)
    ways = [f"/sample-orders/{one.id}" for one in (late, in_time)]

    pages = [client.get(one).get_data(as_text=True) for one in ways]
    asked = [client.get(f"/api/v1{one}/vouchers").get_json() for one in ways]
    with pytest.raises(InvalidInput) as refused:
        bench.accept(late, Vouching(VoucherUse.NAMED, bench.voucher.id))
    session.rollback()
    bench.accept(late, is_later=True)
    nothing = bench.books_of_voucher()
    bench.accept(in_time)
    kept = client.get(f"/api/v1{ways[1]}").get_json()["vouchers"]

    said = f"结果须在 {day(bench.voucher.use_by)} 以前交付（含当日），否则不能用券。"
    assert [said in one for one in pages] == [False, True]
    assert f"{day(date(2026, 12, 1))} 已过使用截止日 {day(bench.voucher.use_by)}。" in pages[0]
    assert [one["results_by"] for one in asked] == [None, "2026-11-30"]
    assert [one.message for one in refused.value.problems][1:] == ["%(day)s 已过使用截止日 %(limit)s。"]
    assert (nothing, bench.books_of_voucher()) == ((500_000, 0, 0), (500_000 - SHARE, SHARE, 0))
    assert [one["use_by"] for one in kept] == ["2026-11-30"]
    assert said in client.get(ways[1]).get_data(as_text=True)


def test_none_or_nothing_covered_is_accepted_without_and_a_named_one_that_covers_nothing_is_refused(
    session: Session, now: datetime
) -> None:
    bench = FirmBench(session, now, exclusions=[Exclusion.STATUTORY_TESTING.value])
    by_law = Declared(is_statutory=True)

    with pytest.raises(InvalidInput) as refused:
        bench.accepted(Vouching(VoucherUse.NAMED, bench.voucher.id, None, by_law))
    session.rollback()
    nothing = [session.scalar(select(one.id)) for one in (VoucherWish, VoucherHold)]
    bench.accepted(NO_VOUCHERS)
    bench.accept(bench.quoted_to_firm(), Vouching(declared=by_law), is_later=True)

    assert [one.field for one in refused.value.problems] == ["voucher", "voucher"]
    assert "法律法规" in refused.value.problems[1].message
    assert nothing == [None, None]
    assert (bench.account(), bench.books_of_voucher()) == ((QUOTE, 0), (500_000, 0, 0))


def test_another_firms_voucher_is_as_unknown_as_one_that_is_not_there_and_ones_own_order_has_none(
    bench: FirmBench, session: Session, now: datetime
) -> None:
    rival = Vouchered(session, now, bench.house.place, mark="2")
    theirs = rival.voucher(100_000)
    own = bench.quoted()
    session.commit()

    told = []
    for order, voucher_id in (
        (bench.quoted_to_firm(), theirs.id),
        (bench.quoted_to_firm(), 9_999),
        (own, bench.voucher.id),
    ):
        with pytest.raises(InvalidInput) as refused:
            bench.accept(order, Vouching(VoucherUse.NAMED, voucher_id))
        session.rollback()
        told.append([one.message for one in refused.value.problems])
    bench.accept(own)

    assert told[0] == told[1] == told[2]
    assert (session.scalar(select(VoucherHold.id)), rival.balances(theirs)) == (None, (100_000, 0, 0))


def test_the_page_says_before_the_click_what_is_covered_and_the_form_sends_what_was_seen(
    bench: FirmBench, client: FlaskClient
) -> None:
    order = bench.quoted_to_firm()
    sign_in(client, bench.firm.agent)
    at = f"/sample-orders/{order.id}"

    usual = client.get(at).get_data(as_text=True)
    without = client.get(f"{at}?voucher=none").get_data(as_text=True)
    named = client.get(f"{at}?voucher={bench.voucher.id}&is_related=1").get_data(as_text=True)
    last = quotes_of(bench.session, order.id)[-1]
    sent = {"quote_id": last.id, "voucher": str(bench.voucher.id), "is_related": "1", "payer_account_id": "later"}
    bench.session.rollback()
    done = client.post(f"{at}/accept", data=sent)
    told, kept = client.get(f"/api/v1/sample-orders/{order.id}").get_json(), client.get(at).get_data(as_text=True)

    assert "由“不超过服务费 30%”决定 · 预留后券余额 ¥4,625.00 · 本年还可用 ¥199,625.00" in kept
    assert f'/vouchers/{bench.voucher.id}">创新券 {bench.voucher.number}</a>' in kept
    assert told["vouchers"][0]["service_type"] == "testing"
    assert 'aria-label="券抵扣 ¥375.00，自付 ¥875.00"' in usual
    assert "由“不超过服务费 30%”决定 · 券余额 ¥5,000.00 · 本年还可用 ¥200,000.00" in usual
    assert ("测试完成后才从券中核销。" in usual, "确认使用后才从券中核销。" in usual) == (True, False)
    assert 'name="voucher" value="auto:' in usual
    assert ("券抵扣 ¥375.00" in without, 'name="voucher" value="none"' in without) == (False, True)
    assert (f'name="voucher" value="{bench.voucher.id}"' in named, 'name="is_related" value="1"' in named) == (
        True,
        True,
    )
    assert done.status_code == 303
    assert [(one["number"], one["held_fen"]) for one in told["vouchers"]] == [(bench.voucher.number, SHARE)]
    sign_in(client, bench.house.steward)
    staffs, page = client.get(f"/api/v1/sample-orders/{order.id}").get_json(), client.get(at).text
    assert (staffs["vouchers"], staffs["vouchers_held_fen"], told["vouchers_held_fen"]) == ([], SHARE, SHARE)
    assert (bench.voucher.number in page, "¥375.00" in page) == (False, True)
    bench.session.expire_all()
    wish = bench.session.scalars(select(VoucherWish)).one()
    assert (wish.voucher_id, wish.is_related, wish.declared_by_id) == (bench.voucher.id, True, bench.firm.agent.id)
    assert bench.books_of_voucher() == (500_000 - SHARE, SHARE, 0)


def test_the_api_says_what_would_be_covered_and_accepts_with_it_as_the_page_does(
    session: Session, now: datetime, app: Flask
) -> None:
    bench = FirmBench(session, now, redeemed_by="enterprise")
    order = bench.quoted_to_firm()
    client, stranger, staff = (app.test_client() for _ in range(3))
    sign_in(client, bench.firm.agent)
    sign_in(stranger, bench.house.stranger)
    sign_in(staff, bench.house.steward)
    at = f"/api/v1/sample-orders/{order.id}"

    asked = client.get(f"{at}/vouchers").get_json()
    unknown = client.get(f"{at}/vouchers?voucher_id=9999").get_json()
    others = [one.get(f"{at}/vouchers").status_code for one in (stranger, staff, app.test_client())]
    last = quotes_of(session, order.id)[-1]
    body = {"quote_id": last.id, "voucher_use": "automatic", "pays_later": True}
    session.rollback()
    done = client.post(f"{at}/accept", json=body)
    late = client.get(f"{at}/vouchers").status_code

    assert (asked["total_fen"], asked["own_fen"], asked["is_refused"]) == (QUOTE, QUOTE, False)
    assert (asked["vouchers"]["expected_fen"], asked["vouchers"]["deducted_fen"]) == (SHARE, 0)
    assert asked["vouchers"]["parts"][0]["decided_by"] == ["share"]
    assert (unknown["is_refused"], others) == (True, [404, 403, 401])
    assert (done.status_code, late) == (200, 409)
    assert done.get_json()["vouchers"][0]["redeemed_later"] is True
    assert bench.books_of_voucher() == (500_000 - SHARE, SHARE, 0)


def test_an_order_of_nobodys_firm_asks_nothing_of_vouchers(bench: FirmBench) -> None:
    own = bench.quoted()
    bench.session.commit()

    with counting() as found:
        bench.accept(own)

    assert [one for one in found.texts if "voucher_" in one] == []
