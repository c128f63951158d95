"""Of several vouchers of one use what comes back moves first, and what one has claimed is nobody else's."""

from sqlalchemy import select

from booking.vouchers.holding import held_of, hold, release
from models.vouchers import VoucherCapture
from tests.vouchers.claiming import claimed
from tests.vouchers.using import NOON, Bench


def test_a_full_cap_lets_a_charge_be_taken_from_another_voucher_than_was_held(bench: Bench) -> None:
    first = bench.issue(16_000, year_cap_fen=21_000, budget_fen=21_000)
    second = bench.issue(500_000, programme=bench.programme(first))
    before = bench.hold(20_000)
    purpose, other = bench.hold(50_000), bench.use()
    release(bench.session, before, now=NOON)
    hold(bench.session, other, bench.plan(20_000, other, voucher_id=second.id), now=NOON)
    bench.session.commit()
    held = held_of(bench.session, purpose)

    found = bench.capture(purpose, bench.charge(purpose, 50_000), 50_000)

    assert held == {first.id: 10_000, second.id: 5_000}
    assert [(one.voucher_id, one.amount_fen) for one in found.parts] == [(first.id, 15_000)]
    assert bench.faults() == []


def test_a_full_cap_lets_a_use_hold_in_another_voucher_than_before(bench: Bench) -> None:
    first = bench.issue(500_000, year_cap_fen=6_000, budget_fen=6_000)
    second = bench.issue(500_000, programme=bench.programme(first))
    purpose = bench.use()
    hold(bench.session, purpose, bench.plan(20_000, purpose, voucher_id=second.id), now=NOON)
    bench.session.commit()

    hold(bench.session, purpose, bench.plan(20_000, purpose, voucher_id=first.id), now=NOON)

    assert held_of(bench.session, purpose) == {first.id: 6_000}
    assert bench.faults() == []


def test_what_one_voucher_has_claimed_leaves_no_room_in_the_cap_to_another(bench: Bench) -> None:
    first = bench.issue(20_000, year_cap_fen=60_000, budget_fen=60_000)
    second = bench.issue(500_000, programme=bench.programme(first))
    purpose, other = bench.hold(200_000), bench.use()
    charge = bench.charge(purpose, 200_000)
    bench.capture(purpose, charge, 200_000)
    claimed(bench.session, charge, second, 40_000, now=NOON)
    lowered = bench.capture(purpose, charge, 150_000)
    hold(bench.session, other, bench.plan(50_000, other, voucher_id=second.id), now=NOON)
    bench.session.commit()

    raised = bench.capture(purpose, charge, 200_000)

    for found in (lowered, raised):
        assert [(one.voucher_id, one.amount_fen) for one in found.parts] == [(first.id, 5_000), (second.id, 40_000)]
        assert found.kept_fen == 0
    rows = bench.session.scalars(select(VoucherCapture.amount_fen).order_by(VoucherCapture.id))
    assert list(rows) == [20_000, 40_000, -15_000]
    assert bench.faults() == []
