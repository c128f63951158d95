"""What a new use holds: in its account and in vouchers at once, from what was read for its plan."""

import pytest
from sqlalchemy import select

from booking.ledger.queries import balance_of
from booking.payers.holds import NotEnough, Purpose, Wanted
from booking.vouchers.books import standings
from booking.vouchers.covering import Plan
from booking.vouchers.holding import VoucherGone, VoucherShort, held_of, hold_new
from booking.vouchers.rules import BookStanding
from models.ledger import LedgerEntry
from models.payers import PayerAccount, PayerHold
from models.vocabulary.programmes import Limit
from models.vocabulary.vouchers import VoucherStep
from models.vouchers import Voucher, VoucherHold
from tests.factories.payers import make_payer
from tests.factories.people import make_user
from tests.vouchers.using import NOON, Bench

FEE, SHARE = 200_000, 60_000


def account(bench: Bench, fen: int) -> PayerAccount:
    return make_payer(bench.session, bench.owner, make_user(bench.session, "payer"), fen)


def hold_at_once(bench: Bench, found: Plan, payer: PayerAccount | None = None) -> Purpose:
    purpose = bench.use()
    own = Wanted(payer.id, payer.holder_id or 0, found.own_fen) if payer else Wanted(None, 0, found.own_fen)
    hold_new(bench.session, purpose, own, found, now=NOON)
    bench.session.commit()
    return purpose


def standing(bench: Bench, voucher: Voucher) -> BookStanding:
    return standings(bench.session, [voucher.programme_id], NOON.date()).books[voucher.programme_id].standing


def test_account_and_vouchers_hold_a_new_use_together_each_by_its_own_entry(bench: Bench) -> None:
    last, first = bench.issue(100_000), bench.issue(25_000, use_by="2026-11-30", reserves_budget="issue")
    payer = account(bench, FEE)

    purpose = hold_at_once(bench, bench.plan(FEE), payer)

    rows = bench.session.scalars(select(VoucherHold).order_by(VoucherHold.voucher_id)).all()
    [own] = bench.session.scalars(select(PayerHold)).all()
    entries = {one.id: one for one in bench.session.scalars(select(LedgerEntry))}
    assert held_of(bench.session, purpose) == {first.id: 25_000, last.id: 35_000}
    assert [one.decided_by for one in rows] == [[Limit.SHARE.value], [Limit.CREDIT.value]]
    assert (own.amount_fen, balance_of(bench.session, payer.held_id)) == (FEE - SHARE, FEE - SHARE)
    assert entries[own.entry_id].cause == "reservations"
    assert [entries[one.entry_id].cause for one in rows] == ["vouchers", "vouchers"]
    assert [entries[one.entry_id].key for one in rows] == [
        f"{purpose.key}:voucher:{one.voucher_id}:hold:0" for one in rows
    ]
    assert bench.faults() == []


@pytest.mark.parametrize("reserves", ["issue", "hold"])
def test_one_voucher_alone_holds_a_new_use_whatever_reserves_its_budget(bench: Bench, reserves: str) -> None:
    voucher = bench.issue(100_000, reserves_budget=reserves, budget_fen=500_000)

    purpose = hold_at_once(bench, bench.plan(FEE))

    assert held_of(bench.session, purpose) == {voucher.id: SHARE}
    assert standing(bench, voucher).committed_fen == (100_000 if reserves == "issue" else SHARE)
    assert bench.faults() == []


def test_neither_holds_where_the_account_or_a_voucher_is_short(bench: Bench) -> None:
    voucher = bench.issue(100_000)
    found, payer = bench.plan(FEE), account(bench, FEE - SHARE - 1)

    with pytest.raises(NotEnough) as poor:
        hold_at_once(bench, found, payer)
    bench.session.rollback()
    bench.hold(FEE)
    with pytest.raises(VoucherShort) as short:
        hold_at_once(bench, found)
    bench.session.rollback()

    assert (poor.value.left_fen, poor.value.is_limit) == (FEE - SHARE - 1, False)
    assert short.value.voucher_id == voucher.id
    assert bench.amounts(voucher) == (40_000, SHARE, 0)
    assert bench.faults() == []


@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize("reserves", ["issue", "hold"])
def test_a_voucher_that_was_frozen_since_it_was_read_holds_nothing(bench: Bench, others: int, reserves: str) -> None:
    voucher = bench.issue(30_000, reserves_budget=reserves, use_by="2026-11-30")
    for _ in range(others):
        bench.issue(100_000)
    found = bench.plan(FEE)
    bench.step(voucher, VoucherStep.FREEZE)

    with pytest.raises(VoucherGone) as gone:
        hold_at_once(bench, found)
    bench.session.rollback()

    assert gone.value.voucher_id == voucher.id
    assert bench.amounts(voucher) == (30_000, 0, 0)
    assert bench.faults() == []


@pytest.mark.parametrize("has_followed", [False, True])
def test_a_budget_follows_its_version_before_a_new_use_is_held(bench: Bench, has_followed: bool) -> None:
    voucher = bench.issue(500_000, budget_fen=SHARE)
    bench.hold(FEE)
    bench.write(voucher, budget_fen=5 * SHARE)
    found = bench.plan(FEE)
    if has_followed:
        bench.hold(FEE)

    purpose = hold_at_once(bench, found)

    held = (3 if has_followed else 2) * SHARE
    assert held_of(bench.session, purpose) == {voucher.id: SHARE}
    assert standing(bench, voucher) == BookStanding(5 * SHARE - held, held, 0)
    assert bench.faults() == []
