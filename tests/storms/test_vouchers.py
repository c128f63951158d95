"""Many at once against one voucher or one budget: exact on both engines, and everyone is told why."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from booking.attachments.preparing import prepare
from booking.core.actors import Actor
from booking.core.errors import Refused
from booking.database.transactions import transaction
from booking.payers.holds import Purpose, Wanted
from booking.vouchers.capturing import capture
from booking.vouchers.covering import Plan
from booking.vouchers.ending import expire_voucher
from booking.vouchers.forms import RegisterVoucherForm
from booking.vouchers.holding import hold, hold_new, release
from booking.vouchers.issuing import Issue, issue
from booking.vouchers.registering import register
from booking.web.extensions import db
from models.charges import Charge
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vouchers import Voucher
from tests.factories.people import actor_for, give, make_user
from tests.factories.vouchers import EVIDENCE, LIMITS, make_elsewhere, make_firm, make_registered
from tests.vouchers.using import DAY, NOON, Bench

WRITERS, FITTING, SHARE, FEE = 30, 10, 60_000, 200_000
OVER = datetime(2027, 1, 3, 4, tzinfo=UTC)


def at_once(engine: Engine, calls: Sequence[Callable[[Session], Any]]) -> Counter[str]:
    """Each in a transaction of its own, all beginning together; how many ended how."""
    ready = Barrier(len(calls))

    def run(call: Callable[[Session], Any]) -> str:
        ready.wait()
        try:
            transaction(engine, call)
        except Refused as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return Counter(pool.map(run, calls))


def holding(purpose: Purpose, found: Plan, *, is_new: bool = False) -> Callable[[Session], None]:
    def work(session: Session) -> None:
        locked = select(Reservation.id).where(Reservation.id == purpose.reservation_id)
        session.execute(locked.with_for_update(key_share=True))
        if is_new:
            hold_new(session, purpose, Wanted(None, 0, 0), found, now=NOON)
        else:
            hold(session, purpose, found, now=NOON)

    return work


@pytest.mark.parametrize("is_new", [False, True])
@pytest.mark.parametrize("limit", ["credit", "budget", "cap"])
def test_of_thirty_holds_ten_fit_into_what_covers_ten(session: Session, limit: str, is_new: bool) -> None:
    bench = Bench.made(session)
    small, large = FITTING * SHARE, 10 * FITTING * SHARE
    said = {"budget_fen": small if limit == "budget" else large, "year_cap_fen": small if limit == "cap" else large}
    voucher = bench.issue(small if limit == "credit" else large, **said)
    uses = [bench.use() for _ in range(WRITERS)]
    found = bench.plan(FEE)

    ended = at_once(db.engine, [holding(purpose, found, is_new=is_new) for purpose in uses])

    assert ended == {"done": FITTING, "voucher_short": WRITERS - FITTING}
    assert bench.faults() == []
    assert bench.amounts(voucher)[1] == small


def test_thirty_firms_take_the_last_of_a_budget_for_ten_under_numbers_without_gaps(session: Session) -> None:
    bench = Bench.made(session)
    first = bench.issue(SHARE, reserves_budget="issue", budget_fen=(FITTING + 1) * SHARE)
    officer, firms = bench.officer(first), [make_firm(session) for _ in range(WRITERS)]

    def issuing(firm_id: int) -> Callable[[Session], Voucher]:
        wanted = Issue(first.programme_id, firm_id, SHARE)
        return lambda opened: issue(opened, wanted, actor=officer, now=NOON)

    ended = at_once(db.engine, [issuing(firm.id) for firm in firms])

    assert ended == {"done": FITTING, "budget_spent": WRITERS - FITTING}
    assert sorted(session.scalars(select(Voucher.sequence))) == list(range(1, FITTING + 2))
    assert bench.faults() == []


def test_uses_are_captured_while_their_voucher_expires(session: Session) -> None:
    bench = Bench.made(session)
    voucher = bench.issue(2 * FITTING * SHARE, reserves_budget="issue", budget_fen=2 * FITTING * SHARE)
    day = date(2026, 12, 30)
    uses = [bench.hold(FEE, day=day) for _ in range(FITTING)]
    charges = [bench.charge(purpose, FEE).id for purpose in uses]

    def capturing(purpose: Purpose, charge_id: int) -> Callable[[Session], Any]:
        def work(opened: Session) -> None:
            held = select(Charge).where(Charge.id == charge_id).with_for_update(key_share=True)
            capture(opened, purpose, opened.scalars(held).one(), FEE, day, now=OVER)

        return work

    calls: list[Callable[[Session], Any]] = [capturing(*one) for one in zip(uses, charges, strict=True)]
    calls += [lambda opened: expire_voucher(opened, voucher.id, now=OVER)] * 3
    ended = at_once(db.engine, calls)

    assert ended == {"done": len(calls)}
    assert bench.amounts(voucher) == (0, 0, FITTING * SHARE)
    assert bench.faults() == []


def test_holds_and_releases_of_vouchers_in_two_programmes_never_wait_for_each_other_in_a_ring(session: Session) -> None:
    bench = Bench.made(session)
    for use_by in ("2026-11-30", "2026-12-31"):
        bench.issue(FITTING * SHARE, use_by=use_by, budget_fen=FITTING * SHARE)
    uses = [bench.use() for _ in range(FITTING)]
    found = bench.plan(FITTING * FEE, day=DAY)
    before = [bench.hold(FEE) for _ in range(FITTING)]

    calls = [holding(purpose, found) for purpose in uses]
    calls += [lambda opened, one=one: release(opened, one, now=NOON) for one in before]  # type: ignore[misc]
    ended = at_once(db.engine, calls)

    assert set(ended) <= {"done", "voucher_short"}
    assert bench.faults() == []


def test_of_thirty_holds_ten_fit_into_a_voucher_that_lives_elsewhere(session: Session) -> None:
    bench = Bench.made(session)
    voucher = make_registered(session, bench.firm, FITTING * SHARE, agent=_agent(bench), providers=[bench.owner])
    uses = [bench.use() for _ in range(WRITERS)]
    found = bench.plan(FEE)

    ended = at_once(db.engine, [holding(purpose, found) for purpose in uses])

    assert ended == {"done": FITTING, "voucher_short": WRITERS - FITTING}
    assert bench.faults() == []
    assert bench.amounts(voucher) == (0, FITTING * SHARE, 0)


def test_of_many_who_register_one_number_at_once_one_does(session: Session) -> None:
    bench = Bench.made(session)
    agent, programme, files = _agent(bench), make_elsewhere(session), prepare([EVIDENCE], LIMITS)
    days = {"use_by": date(2026, 12, 31), "redeem_by": date(2027, 3, 31)}
    named = {"organisation_id": bench.firm.id, "programme_id": programme.id, "number_there": "KCT-1"}
    form = RegisterVoucherForm.model_validate({**named, **days, "face_fen": SHARE})

    calls = [lambda opened: register(opened, form, files, LIMITS, actor=agent, now=NOON)] * FITTING
    ended = at_once(db.engine, calls)

    assert ended == {"done": 1, "invalid_input": FITTING - 1}
    assert session.scalars(select(Voucher.sequence)).all() == [1]
    assert bench.faults() == []


def _agent(bench: Bench) -> Actor:
    user = make_user(bench.session, "theagent")
    give(bench.session, user, Role.ENTERPRISE_AGENT, ScopeKind.ORGANISATION, bench.firm.id)
    return actor_for(bench.session, user, now=NOON)
