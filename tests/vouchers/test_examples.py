"""Worked examples by hand: what vouchers cover, hold, take and give back, on both engines."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.ledger.service import post_entries
from booking.vouchers.books import standings
from booking.vouchers.due import Claims
from booking.vouchers.ending import due_to_expire, expire_voucher
from booking.vouchers.holding import VoucherGone, VoucherShort, held_of, hold, release
from booking.vouchers.issuing import BudgetSpent, ProgrammeOver
from booking.vouchers.moving import budgets_locked
from booking.vouchers.rules import BookStanding
from models.vocabulary.programmes import Limit, Reason
from models.vocabulary.vouchers import VoucherState, VoucherStep
from models.vouchers import ProvincePair, Voucher, VoucherCapture, VoucherHold, VoucherRelation
from tests.vouchers.using import NOON, Bench

OVER = datetime(2027, 1, 3, 4, tzinfo=UTC)


def books(session: Session, voucher: Voucher) -> BookStanding:
    session.commit()
    return standings(session, [voucher.programme_id], NOON.date()).books[voucher.programme_id].standing


def test_thirty_per_cent_of_two_thousand_yuan_are_covered_and_the_share_decides(bench: Bench) -> None:
    voucher = bench.issue(10_000_000)

    found = bench.plan(200_000)

    assert (found.covered_fen, found.deducted_fen, found.expected_fen, found.own_fen) == (60_000, 60_000, 0, 140_000)
    assert found.limits == (Limit.SHARE,)
    assert [one.voucher_id for one in found.paying] == [voucher.id]


def test_where_the_enterprise_redeems_it_pays_in_full_and_may_expect_its_share(bench: Bench) -> None:
    bench.issue(10_000_000, redeemed_by="enterprise")

    found = bench.plan(100_000)

    assert (found.own_fen, found.expected_fen, found.deducted_fen) == (100_000, 30_000, 0)


def test_the_cap_of_the_year_is_reached_inside_one_booking(bench: Bench) -> None:
    voucher = bench.issue(10_000_000, year_cap_fen=100_000)
    bench.hold(200_000)

    found = bench.plan(200_000)

    assert (found.covered_fen, found.limits) == (40_000, (Limit.YEAR_CAP,))
    bench.hold(200_000)
    assert bench.amounts(voucher) == (9_900_000, 100_000, 0)
    assert (bench.plan(200_000).covered_fen, bench.plan(200_000).limits) == (0, (Limit.YEAR_CAP,))
    assert bench.faults() == []


def test_half_a_fen_is_rounded_up(bench: Bench) -> None:
    bench.issue(1_000)

    assert bench.plan(5).covered_fen == 2
    assert bench.plan(4).covered_fen == 1


def test_a_second_voucher_fills_what_the_first_left_of_the_share(bench: Bench) -> None:
    last = bench.issue(100_000)
    first = bench.issue(25_000, use_by="2026-11-30")

    purpose = bench.hold(200_000)

    assert held_of(bench.session, purpose) == {first.id: 25_000, last.id: 35_000}
    assert [one.covered.decided_by for one in bench.plan(200_000, purpose).parts] == [(Limit.CREDIT,), (Limit.SHARE,)]
    assert bench.faults() == []


def test_what_a_use_holds_itself_counts_as_left_and_only_the_difference_moves(bench: Bench) -> None:
    voucher = bench.issue(60_000, year_cap_fen=60_000, budget_fen=60_000)
    purpose = bench.hold(200_000)
    assert bench.plan(200_000).covered_fen == 0

    assert bench.plan(200_000, purpose).covered_fen == 60_000
    bench.hold(100_000, purpose)

    assert bench.amounts(voucher) == (30_000, 30_000, 0)
    assert books(bench.session, voucher) == BookStanding(30_000, 30_000, 0)
    bench.hold(100_000, purpose)
    assert len(bench.session.scalars(select(VoucherHold)).all()) == 2
    release(bench.session, purpose, now=NOON)
    assert bench.amounts(voucher) == (60_000, 0, 0)
    assert bench.faults() == []


def test_each_reason_is_said_and_an_own_instrument_is_not_covered(bench: Bench) -> None:
    bench.issue(60_000)

    found = bench.plan(200_000, day=date(2027, 2, 1), is_statutory=True, is_related=True)

    assert found.covered_fen == 0
    assert [one.reason for one in found.reasons] == [
        Reason.STATUTORY_TESTING,
        Reason.RELATED_DECLARED,
        Reason.AFTER_USE_BY,
    ]


def test_a_provider_that_is_not_recognised_that_day_or_is_flagged_is_not_covered(bench: Bench) -> None:
    voucher = bench.issue(60_000)
    authority_id = bench.programme(voucher).organisation_id
    assert bench.plan(200_000, day=date(2025, 12, 31)).reasons[0].reason == Reason.NOT_RECOGNISED

    for is_related, reasons in ((True, [Reason.RELATED_FLAGGED]), (False, [])):
        officer = bench.officer(voucher)
        said = {"authority_id": authority_id, "organisation_id": bench.firm.id, "provider_id": bench.owner.id}
        row = VoucherRelation(**said, is_related=is_related, created_at=NOON, created_by_id=officer.id)
        bench.session.add(row)
        bench.session.commit()
        assert [one.reason for one in bench.plan(200_000).reasons] == reasons


def test_a_voucher_of_somebody_else_covers_nothing(bench: Bench) -> None:
    theirs = Bench.made(bench.session).issue(60_000)

    assert bench.plan(200_000, voucher_id=theirs.id).parts == ()
    assert bench.plan(200_000).parts == ()
    assert bench.plan(200_000, is_used=False).parts == ()


def test_a_cap_rises_with_the_version_of_the_next_voucher_and_never_falls(bench: Bench) -> None:
    first = bench.issue(10_000_000, year_cap_fen=50_000)
    of_first = bench.plan(1_000_000).covered_fen

    bench.write(first, year_cap_fen=200_000)
    unreached = bench.plan(1_000_000).covered_fen
    bench.issue(10_000_000, programme=bench.programme(first), now=NOON)
    raised = bench.plan(1_000_000).covered_fen
    bench.write(first, year_cap_fen=10_000)
    bench.issue(10_000_000, programme=bench.programme(first), now=NOON)

    assert (of_first, unreached, raised) == (50_000, 50_000, 200_000)
    assert bench.plan(1_000_000).covered_fen == 200_000
    assert bench.faults() == []


def test_a_service_of_december_is_captured_in_january_after_its_voucher_has_expired(bench: Bench) -> None:
    voucher = bench.issue(100_000, reserves_budget="issue", budget_fen=100_000)
    day = date(2026, 12, 30)
    purpose = bench.hold(200_000, day=day)
    assert books(bench.session, voucher) == BookStanding(0, 100_000, 0)

    assert due_to_expire(bench.session, now=OVER) == [voucher.id]
    assert expire_voucher(bench.session, voucher.id, now=OVER)
    assert not expire_voucher(bench.session, voucher.id, now=OVER)

    assert bench.amounts(voucher) == (0, 60_000, 0)
    assert books(bench.session, voucher) == BookStanding(40_000, 60_000, 0)
    charge = bench.charge(purpose, 180_000)
    found = bench.capture(purpose, charge, 180_000, day=day, now=OVER)
    assert (found.deducted_fen, found.expected_fen) == (54_000, 0)
    assert bench.amounts(voucher) == (0, 0, 54_000)
    assert books(bench.session, voucher) == BookStanding(46_000, 54_000, 0)
    assert bench.faults() == []


def test_more_than_was_held_is_taken_only_as_far_as_credit_is_left(bench: Bench) -> None:
    voucher = bench.issue(70_000)
    purpose = bench.hold(200_000)
    charge = bench.charge(purpose, 300_000)

    found = bench.capture(purpose, charge, 300_000)

    assert [(one.amount_fen, one.decided_by) for one in found.parts] == [(70_000, (Limit.CREDIT,))]
    assert bench.amounts(voucher) == (0, 0, 70_000)
    assert bench.faults() == []


def test_what_a_charge_is_lowered_by_goes_back_and_may_be_used_again(bench: Bench) -> None:
    voucher = bench.issue(70_000, budget_fen=500_000)
    purpose = bench.hold(200_000)
    charge = bench.charge(purpose, 200_000)
    bench.capture(purpose, charge, 200_000)

    lowered = bench.capture(purpose, charge, 100_000)
    again = bench.capture(purpose, charge, 100_000)

    assert (lowered.deducted_fen, again) == (30_000, lowered)
    assert bench.amounts(voucher) == (40_000, 0, 30_000)
    assert bench.capture(purpose, charge, 0).deducted_fen == 0
    assert bench.amounts(voucher) == (70_000, 0, 0)
    taken = bench.session.scalars(select(VoucherCapture.amount_fen).order_by(VoucherCapture.id)).all()
    assert taken == [60_000, -30_000, -30_000]
    assert bench.faults() == []


def test_what_was_given_back_to_an_ended_voucher_goes_on_to_where_it_came_from(bench: Bench) -> None:
    voucher = bench.issue(60_000, budget_fen=60_000)
    purpose = bench.hold(200_000)
    charge = bench.charge(purpose, 200_000)
    bench.capture(purpose, charge, 200_000)
    bench.step(voucher, VoucherStep.REVOKE)

    bench.capture(purpose, charge, 100_000)

    assert bench.amounts(voucher) == (0, 0, 30_000)
    assert books(bench.session, voucher) == BookStanding(30_000, 30_000, 0)
    assert bench.faults() == []


def test_what_a_redemption_has_asked_for_stays_taken(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    voucher = bench.issue(60_000)
    purpose = bench.hold(200_000)
    charge = bench.charge(purpose, 200_000)
    bench.capture(purpose, charge, 200_000)
    claims = {voucher.id: Claims(50_000)}
    monkeypatch.setattr("booking.vouchers.capturing.claims_on", lambda session, charge_id: claims)

    found = bench.capture(purpose, charge, 0)

    assert (found.deducted_fen, found.kept_fen) == (50_000, 0)
    assert bench.amounts(voucher) == (10_000, 0, 50_000)
    assert bench.faults() == []


def test_a_service_after_the_last_day_takes_nothing_of_what_was_held(bench: Bench) -> None:
    voucher = bench.issue(60_000)
    purpose = bench.hold(200_000)

    found = bench.capture(purpose, bench.charge(purpose, 200_000), 200_000, day=date(2027, 1, 2))

    assert found.parts == ()
    assert bench.amounts(voucher) == (60_000, 0, 0)
    assert bench.faults() == []


def test_a_use_that_held_nothing_takes_nothing(bench: Bench) -> None:
    bench.issue(60_000)
    purpose = bench.use()

    assert bench.capture(purpose, bench.charge(purpose, 200_000), 200_000).parts == ()


def test_the_budget_is_held_first_come_until_it_is_spent(bench: Bench) -> None:
    voucher = bench.issue(500_000, budget_fen=100_000)
    bench.hold(200_000)

    found = bench.plan(200_000)

    assert (found.covered_fen, found.limits) == (40_000, (Limit.BUDGET,))
    stale = bench.plan(200_000)
    bench.hold(200_000)
    with pytest.raises(VoucherShort) as short:
        hold(bench.session, bench.use(), stale, now=NOON)
    bench.session.rollback()
    assert short.value.voucher_id == voucher.id
    assert books(bench.session, voucher) == BookStanding(0, 100_000, 0)
    assert bench.faults() == []


def test_a_lowered_budget_takes_what_is_free_now_and_the_rest_when_it_comes_back(bench: Bench) -> None:
    voucher = bench.issue(500_000, budget_fen=200_000)
    purpose = bench.hold(200_000)
    bench.write(voucher, budget_fen=50_000)

    assert bench.plan(10_000).covered_fen == 0
    bench.hold(150_000, purpose)
    assert books(bench.session, voucher) == BookStanding(15_000, 45_000, 0)

    assert bench.plan(100_000).covered_fen == 5_000
    follow(bench, voucher)
    assert books(bench.session, voucher) == BookStanding(5_000, 45_000, 0)
    bench.write(voucher, budget_fen=300_000)
    assert bench.plan(100_000).covered_fen == 30_000
    bench.hold(100_000)
    assert books(bench.session, voucher) == BookStanding(225_000, 75_000, 0)
    bench.write(voucher, budget_fen=None)
    bench.hold(100_000)
    assert books(bench.session, voucher) == BookStanding(0, 105_000, 0)
    assert bench.faults() == []


def test_numbers_have_no_gap_and_a_spent_budget_issues_no_more(bench: Bench) -> None:
    first = bench.issue(60_000, reserves_budget="issue", budget_fen=100_000)
    programme = first.programme_id

    with pytest.raises(BudgetSpent) as spent:
        bench.issue(50_000, programme=bench.programme(first))
    bench.session.rollback()
    second = bench.issue(40_000, programme=bench.programme(first))

    assert spent.value.left_fen == 40_000
    assert [first.number, second.number] == [f"V2026-{programme}-00001", f"V2026-{programme}-00002"]
    assert bench.faults() == []


def test_a_programme_whose_last_day_is_over_issues_nothing(bench: Bench) -> None:
    first = bench.issue(60_000)

    with pytest.raises(ProgrammeOver):
        bench.issue(60_000, programme=bench.programme(first), now=OVER)


def test_a_frozen_voucher_pays_for_what_it_holds_and_for_nothing_more(bench: Bench) -> None:
    voucher = bench.issue(100_000)
    purpose, stale = bench.hold(200_000), bench.plan(100_000)
    bench.step(voucher, VoucherStep.FREEZE)

    assert bench.plan(100_000).parts == ()
    [part] = bench.plan(300_000, purpose).parts
    assert (part.amount_fen, part.unusable) == (60_000, VoucherState.FROZEN)
    with pytest.raises(VoucherGone):
        hold(bench.session, bench.use(), stale, now=NOON)
    bench.session.rollback()
    assert bench.capture(purpose, bench.charge(purpose, 300_000), 300_000).deducted_fen == 60_000
    bench.step(voucher, VoucherStep.THAW)
    assert bench.amounts(voucher) == (40_000, 0, 60_000)
    assert bench.plan(100_000).covered_fen == 30_000
    assert bench.faults() == []


def test_clearing_counts_what_was_taken_between_the_two_provinces(bench: Bench) -> None:
    bench.issue(60_000)
    purpose = bench.hold(200_000)
    bench.capture(purpose, bench.charge(purpose, 200_000), 200_000)

    [pair] = bench.session.scalars(select(ProvincePair)).all()

    assert (pair.issuer, pair.provider) == ("50", "51")
    assert bench.faults() == []


def follow(bench: Bench, voucher: Voucher) -> None:
    found = budgets_locked(bench.session, [voucher.programme_id], now=NOON)
    post_entries(bench.session, "vouchers", found.following, now=NOON)
    bench.session.commit()
