"""Redemptions at random: every fen that is paid has its redemption, items stay within captures, books add up."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.charges import service as charging
from booking.charges.forms import ChargeChangeForm
from booking.charges.vouchered import fee_of
from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.core.clock import at_local, local_date
from booking.core.errors import Refused
from booking.redemptions import paying, service
from booking.redemptions.claimable import claimable
from booking.redemptions.forms import (
    ClawBackForm,
    RedemptionPaymentForm,
    RedemptionRejectionForm,
    RedemptionReviewForm,
)
from booking.web.extensions import db
from models.charges import Charge
from models.redemptions import Redemption, RedemptionItem
from models.vocabulary.redemptions import RedemptionState
from models.vouchers import VoucherCapture
from tests.counting import counting
from tests.machines import Proving, emptied
from tests.redemptions.claims import Claims

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
picks, cuts = st.integers(0, 5), st.integers(0, 4_000)
USES, FEE = 4, 10_000
KINDS_AT_LEAST = 5


class Machine(Proving):
    """A firm or a provider claims four uses in parts; two officers review, refuse, pay and claw back, in any order."""

    seen: Counter[str]

    @initialize(
        way=st.sampled_from(["home_pays", "advance_then_net"]),
        budget=st.sampled_from([None, 100_000]),
        by=st.sampled_from(["enterprise", "provider"]),
    )
    def arrange(self, way: str, budget: int | None, by: str) -> None:
        self.session = Session(db.engine, expire_on_commit=False)
        terms: dict[str, Any] = {"border_way": way, "budget_fen": budget, "redeemed_by": by}
        self.claims = Claims(self.session, START, border="510105", **terms)
        self.charges = [self.claims.used(9 + 2 * place, 1) for place in range(USES)]
        self.claims.invoice()
        self.now = self.claims.later
        self.ask(1)
        self.withdraw(0)
        self.ask(1)
        self.reject(0, is_final=False)
        self.ask(1)
        for fen in (1_500, 1_200, 1):
            self.go_on(0, fen)

    @rule(most=st.integers(1, 2))
    def ask(self, most: int) -> None:
        ready = {one.charge.id for one in self._claimable() if not one.reasons}
        wanted = [one for one in self.charges if one.id in ready][:most] or self.charges[:most]
        self._try(service.request_redemption, self.claims.form(*wanted), by=self.claims.claimant()[1])

    @rule(pick=picks, is_first=st.booleans(), cut=cuts)
    def review(self, pick: int, is_first: bool, cut: int) -> None:
        if found := self._picked(pick):
            item = self.session.scalars(select(RedemptionItem).where(RedemptionItem.redemption_id == found.id)).first()
            assert item is not None
            said = {"item_id": item.id, "approved_fen": max(0, item.claimed_fen - cut), "reason": "核减"}
            form = RedemptionReviewForm.model_validate(
                {"version": found.version, "items": [said] if cut > 1_000 else []}
            )
            self._try(service.review, found.id, form, by=self._officer(is_first))

    @rule(pick=picks, fen=st.integers(1, 3_000))
    def go_on(self, pick: int, fen: int) -> None:
        found = self._picked(pick)
        if found is None:
            return
        if found.state == RedemptionState.NOTICE:
            self.now = max(self.now, at_local(found.notice_until or local_date(self.now), 2_000))
            self.pay(pick, is_first=True)
        elif found.state == RedemptionState.PAID:
            self.claw_back(pick, fen)
        else:
            self.review(pick, is_first=found.state == RedemptionState.REQUESTED, cut=fen)

    @rule(pick=picks, is_final=st.booleans())
    def reject(self, pick: int, is_final: bool) -> None:
        if found := self._picked(pick):
            form = RedemptionRejectionForm(version=found.version, reason="材料不全", is_final=is_final)
            self._try(service.reject, found.id, form, by=self.claims.first, kind=f"reject {is_final}")

    @rule(pick=picks)
    def withdraw(self, pick: int) -> None:
        if found := self._picked(pick):
            self._try(service.withdraw, found.id, "", by=self.claims.claimant()[1])

    @rule(days=st.integers(1, 3))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(pick=picks, is_first=st.booleans())
    def pay(self, pick: int, is_first: bool) -> None:
        if found := self._picked(pick):
            form = RedemptionPaymentForm(paid_on=local_date(self.now), receipt_number="HD")
            self._try(paying.record_payment, found.id, form, by=self._officer(is_first))

    @rule(pick=picks, fen=st.integers(1, 3_500))
    def claw_back(self, pick: int, fen: int) -> None:
        if found := self._picked(pick):
            item = self.session.scalars(select(RedemptionItem).where(RedemptionItem.redemption_id == found.id)).first()
            assert item is not None
            said = {"item_id": item.id, "amount_fen": fen, "receipt_number": "TK", "reason": "退回"}
            form = ClawBackForm(paid_on=local_date(self.now), **said)
            self._try(paying.claw_back, found.id, form, by=self.claims.second)

    @rule(pick=picks, fee_fen=st.integers(1, FEE))
    def change_charge(self, pick: int, fee_fen: int) -> None:
        charge = self.session.get_one(Charge, self.charges[pick % USES].id, populate_existing=True)
        if change_fen := fee_fen - fee_of(charge):
            form, office = ChargeChangeForm(change_fen=change_fen, reason="协商"), self.claims.office
            steward, lead = office.actor(office.steward), office.actor(office.lead)
            self._try(charging.adjust_charge, charge.id, form, by=steward, windows=Windows())
            self._try(charging.accept_charge, charge.id, by=lead)
            office.bill()

    @invariant()
    def everything_adds_up(self) -> None:
        self.session.rollback()
        self.session.expire_all()
        paid = func.coalesce(func.sum(RedemptionItem.approved_fen - RedemptionItem.clawed_fen), 0)
        is_paid = Redemption.state == "paid"
        net = self.session.scalar(
            select(paid).join(Redemption, Redemption.id == RedemptionItem.redemption_id).where(is_paid)
        )
        books = self.claims.books()
        taken = self.session.scalar(select(func.coalesce(func.sum(VoucherCapture.amount_fen), 0)))
        assert (books["paid"], books["programme_paid"], books["pair_paid"]) == (net, net, net)
        assert books["captured"] + books["paid"] == taken
        open_fen = sum(one.amount_fen for one in self._claimable())
        assert 0 <= open_fen <= books["captured"]

    def _claimable(self) -> Any:
        return claimable(self.session, self.claims.claimant()[0], today=local_date(self.now))

    def _officer(self, is_first: bool) -> Actor:
        return self.claims.first if is_first else self.claims.second

    def _picked(self, pick: int) -> Redemption | None:
        rows = self.session.scalars(select(Redemption).order_by(Redemption.id.desc())).all()
        return rows[pick % len(rows)] if rows else None

    def _try(self, work: Callable[..., Any], *args: Any, by: Actor, kind: str = "", **more: Any) -> None:
        try:
            self.claims.do(work, *args, by=by, at_=self.now, **more)
        except Refused:
            return
        self.seen[kind or work.__name__] += 1


def test_redemptions_at_random_pay_no_fen_without_its_claim(engine_app: Flask) -> None:
    seen: Counter[str] = Counter()

    class OnThisEngine(Machine):
        def __init__(self) -> None:
            super().__init__()
            self.seen, self.context = seen, ExitStack()
            self.context.enter_context(emptied(engine_app))
            self.statements = self.context.enter_context(counting())

        def teardown(self) -> None:
            if hasattr(self, "session"):
                self.session.close()
            self.context.close()

    bounded = settings(max_examples=4, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_machine(OnThisEngine, settings=bounded)

    assert len(seen) >= KINDS_AT_LEAST, seen
