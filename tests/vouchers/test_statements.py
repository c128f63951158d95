"""How many statements it takes to plan, hold, take and release: as many for five vouchers as for two."""

from collections.abc import Callable

import pytest

from booking.payers.holds import Purpose
from booking.vouchers.holding import hold, release
from tests.counting import counting
from tests.vouchers.using import DAY, NOON, Bench

MOST = 19


def counts(bench: Bench) -> list[int]:
    """The statements of each step of one use with all vouchers of the firm."""
    purpose = bench.use()
    charge = bench.charge(purpose, 1_000_000)
    found = bench.plan(1_000_000)
    bench.session.commit()

    def counted(step: Callable[[Purpose], object]) -> int:
        bench.session.expire_all()
        with counting() as statements:
            step(purpose)
        bench.session.commit()
        return len(statements)

    return [
        counted(lambda purpose: bench.plan(1_000_000, purpose)),
        counted(lambda purpose: hold(bench.session, purpose, found, now=NOON)),
        counted(lambda purpose: bench.capture(purpose, charge, 1_000_000, day=DAY)),
        counted(lambda purpose: bench.capture(purpose, charge, 0, day=DAY)),
        counted(lambda purpose: release(bench.session, purpose, now=NOON)),
    ]


@pytest.mark.parametrize("reserves", ["issue", "hold"])
def test_it_takes_as_many_statements_for_five_vouchers_as_for_two(bench: Bench, reserves: str) -> None:
    said = {"reserves_budget": reserves, "budget_fen": 10_000_000}
    first = bench.issue(10_000, **said)
    bench.issue(10_000, programme=bench.programme(first))
    counts(bench)
    two = counts(bench)
    for _ in range(3):
        bench.issue(10_000, programme=bench.programme(first))

    assert counts(bench) == two
    assert max(two) <= MOST
