"""Vouchers that live elsewhere, used, gathered, decided there and given back at random: nothing of ours ever moves."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from sqlalchemy.orm import Session

from booking.clearing.verifying import faults as clearing_faults
from booking.core.clock import local_date
from booking.core.errors import Refused
from booking.ledger.queries import balance_of
from booking.redemptions import elsewhere, service
from booking.redemptions.forms import (
    ClawBackForm,
    PaidElsewhereForm,
    RedemptionRejectionForm,
    SubmittedElsewhereForm,
)
from booking.web.extensions import db
from models.charges import Charge
from models.clearing import ClearingFigures
from models.redemptions import Redemption
from models.vocabulary.redemptions import RedemptionState
from models.vouchers import ProgrammeBook, ProvincePair, Voucher
from tests.machines import InEmptyDatabase, picks, run
from tests.redemptions.claims import FACE, Claims

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
TERMS: dict[str, Any] = {"runs_at": "科创通", "reserves_budget": "never", "documents": ["application", "invoice"]}
MUST = {"use", "ask", "withdraw", "submit", "pay", "refuse", "refuse for good", "give back"}
HOURS = range(9, 17)
amounts = st.integers(1, 4_000)


class Elsewhere(InEmptyDatabase):
    """A firm of Chongqing with a voucher of another system, and an instrument of its province."""

    done: Counter[str]

    @initialize()
    def arrange(self) -> None:
        """With one life of all of it."""
        self.session = self.context.enter_context(Session(db.engine, expire_on_commit=False))
        self.claims = Claims(self.session, START, **TERMS)
        self.by, self.used, self.papers = self.claims.actor(self.claims.agent), 0, 0
        for _each in range(3):
            self.use()
        self.ask(0)
        self.withdraw()
        for turn in range(3):
            self.ask(0)
            self.submit()
            if turn:
                self.refuse(is_final=turn == 2)
            else:
                self.pay(2_000)
                self.give_back(0, 500)

    def attempt(self, step: str, work: Any, *given: Any) -> None:
        try:
            self.claims.do(work, *given, by=self.by)
        except Refused:
            self.session.rollback()
        else:
            self.done[step] += 1

    @rule()
    def use(self) -> None:
        """A use that the voucher covers, accepted and invoiced."""
        if self.used < len(HOURS):
            self.used += 1
            self.claims.used(HOURS[self.used - 1], 1)
            self.papers += 1
            self.claims.invoice(number=str(self.papers))
            self.done["use"] += 1

    @rule(pick=picks)
    def ask(self, pick: int) -> None:
        """One of what can be claimed is gathered."""
        if found := [charge_id for charge_id, _fen, reasons in self.claims.claimable() if not reasons]:
            charge = self.session.get_one(Charge, found[pick % len(found)])
            self.attempt("ask", service.request_redemption, self.claims.form(charge))

    @rule()
    def withdraw(self) -> None:
        if one := self._in(RedemptionState.REQUESTED):
            self.attempt("withdraw", service.withdraw, one.id, "")

    @rule()
    def submit(self) -> None:
        if one := self._in(RedemptionState.REQUESTED):
            form = SubmittedElsewhereForm(submitted_on=local_date(self.claims.later))
            self.attempt("submit", elsewhere.record_submitted, one.id, form)

    @rule(fen=amounts)
    def pay(self, fen: int) -> None:
        """So much of it, or less, is paid there."""
        if one := self._in(RedemptionState.SUBMITTED):
            (item,) = self.claims.items(one)
            cut = [{"item_id": item.id, "approved_fen": fen, "reason": "超出范围"}]
            paid = {"paid_on": local_date(self.claims.later), "receipt_number": "SC-1", "version": one.version}
            form = PaidElsewhereForm.model_validate({**paid, "items": cut})
            self.attempt("pay", elsewhere.record_paid, one.id, form)

    @rule(is_final=st.booleans())
    def refuse(self, is_final: bool) -> None:
        if one := self._in(RedemptionState.SUBMITTED):
            form = RedemptionRejectionForm(version=one.version, reason="材料不全", is_final=is_final)
            self.attempt("refuse for good" if is_final else "refuse", elsewhere.record_refused, one.id, form)

    @rule(pick=picks, fen=amounts)
    def give_back(self, pick: int, fen: int) -> None:
        """Some of what was paid there, or too much."""
        if one := self._in(RedemptionState.PAID, pick):
            (item,) = self.claims.items(one)
            said = {"item_id": item.id, "amount_fen": fen, "receipt_number": "SC-2", "reason": "审计后退回"}
            form = ClawBackForm.model_validate({**said, "paid_on": local_date(self.claims.later)})
            self.attempt("give back", elsewhere.record_clawed_back, one.id, form)

    @invariant()
    def neither_budget_nor_book_nor_pair_of_provinces_moves(self) -> None:
        """What is right of the voucher is right in its own accounts alone."""
        if not hasattr(self, "claims"):
            return
        session = self.session
        session.rollback()
        session.expire_all()
        book = session.scalars(sa.select(ProgrammeBook)).one()
        assert [balance_of(session, one) for one in (book.budget_id, book.committed_id, book.paid_id)] == [0, 0, 0]
        assert session.scalar(sa.select(sa.func.count(ProvincePair.id))) == 0
        assert session.scalar(sa.select(sa.func.count(ClearingFigures.id))) == 0
        assert [*self.claims.faults(), *clearing_faults(session)] == []
        voucher = session.get_one(Voucher, self.claims.voucher.id)
        paid = sa.select(sa.func.sum(Redemption.approved_fen - Redemption.clawed_fen))
        told = session.scalar(paid.where(Redemption.state == RedemptionState.PAID)) or 0
        assert balance_of(session, voucher.paid_id) == told
        sides = (voucher.credit_id, voucher.held_id, voucher.captured_id, voucher.paid_id)
        assert sum(balance_of(session, one) for one in sides) <= FACE

    def _in(self, state: RedemptionState, pick: int = 0) -> Redemption | None:
        """One that stands there."""
        self.session.rollback()
        self.session.expire_all()
        rows = sa.select(Redemption).where(Redemption.state == state).order_by(Redemption.id)
        found = self.session.scalars(rows).all()
        return found[pick % len(found)] if found else None


def test_of_vouchers_that_live_elsewhere_neither_budget_nor_book_nor_pair_ever_moves(engine_app: Flask) -> None:
    done: Counter[str] = Counter()

    run(engine_app, Elsewhere, walks=3, steps=12, done=done)

    assert set(+done) >= MUST, done
