"""Vouchers at random, over their whole life: transfers and balances agree, and every capture was held before."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Refused
from booking.ledger import verifying as ledger
from booking.payers.holds import Purpose
from booking.programmes.service import write_version
from booking.vouchers import verifying
from booking.vouchers.capturing import capture
from booking.vouchers.covering import Ask, Wish, plan
from booking.vouchers.ending import due_to_expire, expire_voucher, take_step
from booking.vouchers.forms import VoucherReasonForm
from booking.vouchers.holding import held_of, hold, release
from booking.vouchers.issuing import Issue, issue
from booking.vouchers.wishing import store_wish
from booking.web.extensions import db, transaction
from models.charges import Charge
from models.directory import Organisation
from models.vocabulary.programmes import ServiceType
from models.vocabulary.vouchers import VoucherStep
from models.vouchers import Voucher
from tests.counting import counting
from tests.factories.people import actor_for, make_user
from tests.factories.programmes import make_authority, make_officer, make_programme, version_form
from tests.factories.vouchers import accept, make_charge, make_use
from tests.machines import Proving, emptied
from tests.vouchers.using import NOON, Bench

STEPS_AT_LEAST, KINDS_AT_LEAST = 25, 5
USES = 4
picks, fees = st.integers(0, 5), st.integers(0, 400_000)
WAYS: tuple[dict[str, Any], ...] = (
    {"reserves_budget": "issue", "redeemed_by": "provider", "budget_fen": 400_000, "year_cap_fen": 150_000},
    {"reserves_budget": "hold", "redeemed_by": "enterprise", "budget_fen": 120_000, "use_by": "2026-08-31"},
)


class Machine(Proving):
    """A firm with vouchers of two programmes uses an instrument; officers and time take vouchers away."""

    @initialize()
    def arrange(self) -> None:
        with Session(db.engine, expire_on_commit=False) as session:
            bench = Bench.made(session)
            self.firm_id, self.owner_id = bench.firm.id, bench.owner.id
            self.officers: dict[int, Actor] = {}
            for number, way in enumerate(WAYS):
                authority = make_authority(session)
                officer = make_officer(session, authority, f"officer{number}", now=NOON)
                made = make_programme(session, authority, officer, now=NOON, name_zh=f"创新券{number}", **way)
                accept(session, session.get_one(Organisation, authority.id), [bench.owner], now=NOON)
                self.officers[made.id] = officer
            self.agent = actor_for(session, make_user(session, "agent"), now=NOON)
            self.uses = [make_use(session, bench.instrument, NOON + timedelta(hours=n)) for n in range(USES)]
            session.commit()
        self.charges: dict[Purpose, int] = {}
        self.now, self.done = NOON, Counter[str]()
        self.issue(0, 100_000)
        self.issue(1, 200_000)

    @rule(pick=picks, fen=st.integers(1, 200_000))
    def issue(self, pick: int, fen: int) -> None:
        programme_id = sorted(self.officers)[pick % 2]
        self._try(issue, Issue(programme_id, self.firm_id, fen), actor=self.officers[programme_id])

    @rule(pick=picks, fee=fees, kind=st.sampled_from([ServiceType.INSTRUMENT_SHARING, ServiceType.TESTING]))
    def hold(self, pick: int, fee: int, kind: ServiceType) -> None:
        purpose = self.uses[pick % USES]
        if purpose not in self.charges:
            self._try(planned_and_held, purpose, Wish(self.firm_id, kind), self.owner_id, fee, actor=self.agent)

    @rule(pick=picks)
    def release(self, pick: int) -> None:
        self._try(release, self.uses[pick % USES])

    @rule(pick=picks, fee=fees, days=st.integers(-3, 3))
    def charge(self, pick: int, fee: int, days: int) -> None:
        purpose = self.uses[pick % USES]
        with Session(db.engine, expire_on_commit=False) as session:
            if purpose not in self.charges and not held_of(session, purpose):
                return
            if purpose not in self.charges:
                self.charges[purpose] = make_charge(session, purpose, 0).id
        self._try(captured, purpose, self.charges[purpose], fee, days)

    @rule(pick=picks, step=st.sampled_from(list(VoucherStep)))
    def take_step(self, pick: int, step: VoucherStep) -> None:
        with Session(db.engine, expire_on_commit=False) as session:
            found = session.scalars(select(Voucher).order_by(Voucher.id)).all()
        if found and (step in {VoucherStep.FREEZE, VoucherStep.THAW} or pick == 0):
            one = found[pick % len(found)]
            form = VoucherReasonForm(reason="审计")
            self._try(take_step, one.id, step, form, actor=self.officers[one.programme_id], name=f"step_{step}")

    @rule(pick=picks, fen=st.one_of(st.none(), st.integers(1, 500_000)))
    def change_budget(self, pick: int, fen: int | None) -> None:
        number = pick % 2
        programme_id = sorted(self.officers)[number]
        form = version_form(**{**WAYS[number], "valid_from": local_date(self.now), "budget_fen": fen})
        self._try(write_version, programme_id, form, actor=self.officers[programme_id])

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)
        with Session(db.engine) as session:
            due = list(due_to_expire(session, now=self.now))
        for voucher_id in due:
            self.done["expired"] += transaction(expire_voucher, voucher_id, now=self.now)

    @invariant()
    def the_books_are_right(self) -> None:
        if hasattr(self, "now"):
            with Session(db.engine) as session:
                assert [*ledger.faults(session), *verifying.faults(session)] == []

    def finish(self) -> None:
        """When everything was released nothing is held any more."""
        for purpose in self.uses:
            self._try(release, purpose)
        with Session(db.engine) as session:
            assert [held_of(session, purpose) for purpose in self.uses] == [{}] * USES
        self.the_books_are_right()

    def _try(self, work: Callable[..., Any], *given: Any, name: str = "", **named: Any) -> None:
        with suppress(Refused):
            if transaction(work, *given, now=self.now, **named) is not False:
                self.done[name or work.__name__] += 1
                event(name or work.__name__)


def planned_and_held(
    session: Session, purpose: Purpose, wish: Wish, owner_id: int, fee: int, *, actor: Actor, now: Any
) -> bool:
    day = local_date(now)
    store_wish(session, purpose, wish, actor=actor, now=now)
    found = plan(session, Ask(wish, purpose, owner_id, fee, day), today=day)
    hold(session, purpose, found, now=now)
    assert sum(held_of(session, purpose).values()) == found.covered_fen
    return found.covered_fen > 0


def captured(session: Session, purpose: Purpose, charge_id: int, fee: int, days: int, *, now: Any) -> bool:
    day = local_date(now) + timedelta(days=days)
    found = capture(session, purpose, session.get_one(Charge, charge_id), fee, day, now=now)
    assert held_of(session, purpose) == {}
    assert sum(one.amount_fen for one in found.parts) <= (fee * 3_000 + 5_000) // 10_000
    return bool(found.parts)


def test_the_books_are_right_whatever_happens_to_vouchers(engine_app: Flask) -> None:
    took_effect: Counter[str] = Counter()

    class OnThisEngine(Machine):
        def __init__(self) -> None:
            super().__init__()
            self.context = ExitStack()
            self.context.enter_context(emptied(engine_app))
            self.statements = self.context.enter_context(counting())

        def teardown(self) -> None:
            if hasattr(self, "now"):
                took_effect.update(self.done)
                self.finish()
            self.context.close()

    bounded = settings(max_examples=5, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_machine(OnThisEngine, settings=bounded)
    assert took_effect.total() >= STEPS_AT_LEAST, took_effect
    assert len(took_effect) >= KINDS_AT_LEAST, took_effect
