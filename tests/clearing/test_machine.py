"""Vouchers at random on both sides of a border: whatever is done, clearing is what captures and payments say."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import product

from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.clearing import queries, service, settling
from booking.clearing.forms import ClearingReversalForm, ClearingSettlementForm
from booking.clearing.rules import Border, month_of, months_between
from booking.core.clock import local_date
from booking.core.errors import Refused
from booking.web.extensions import db
from models.clearing import ClearingStatement
from models.vocabulary.clearing import Figure
from models.vocabulary.programmes import BorderWay
from models.vouchers import VoucherCapture
from tests import databases
from tests.clearing.across import BORDER, Across, Use

START = datetime(2026, 9, 28, 4, tzinfo=UTC)
LESS = (Figure.GIVEN_BACK, Figure.NOT_APPROVED, Figure.CLAWED_BACK)
BORDERS = (BORDER, Border("50", "50"), Border("51", "51"))
codes, ways, picks, amounts = (
    st.sampled_from(["50", "51"]),
    st.sampled_from(BorderWay),
    st.integers(0, 9),
    st.integers(1, 90),
)
STEPS_AT_LEAST, KINDS_AT_LEAST = 15, 4
"""So many steps, of so many kinds, must have taken effect, or the machine proves nothing."""


class Machine(RuleBasedStateMachine):
    """Uses are captured, given back, paid in full and in part, and clawed back; months pass and are closed."""

    @initialize()
    def arrange(self) -> None:
        self.session = Session(db.engine, expire_on_commit=False)
        self.across, self.uses, self.done = Across(self.session, START), list[Use](), Counter[str]()
        self.left, self.standing = Counter[int](), Counter[int]()
        for issuer, provider, way in product(["50", "51"], ["50", "51"], BorderWay):
            self._capture(issuer, provider, 60, way)
        self.session.commit()

    @rule(issuer=codes, provider=codes, amount=amounts, way=ways)
    def capture(self, issuer: str, provider: str, amount: int, way: BorderWay) -> None:
        self._capture(issuer, provider, amount, way)
        self._did("capture")

    def _capture(self, issuer: str, provider: str, amount: int, way: BorderWay) -> None:
        self.uses.append(self.across.captured(issuer, provider, amount, self._at(), way))
        self.left[len(self.uses) - 1] = amount

    @rule(pick=picks, amount=amounts)
    def give_back(self, pick: int, amount: int) -> None:
        if (place := self._open(pick)) is not None:
            part = min(amount, self.left[place])
            self.across.given_back(self.uses[place], part, self._at())
            self.left[place] -= part
            self._did("give_back")

    @rule(pick=picks, other=picks, cut=amounts)
    def pay(self, pick: int, other: int, cut: int) -> None:
        """One or two uses of one programme, of the first of which less may be approved."""
        first, second = self._open(pick), self._open(other)
        if first is None:
            return
        claimed = self.left[first]
        parts = [(self.uses[first], claimed, max(claimed - cut, 1))]
        places = [first]
        if second not in {None, first} and self.uses[second or 0].voucher.id == self.uses[first].voucher.id:
            second = second or 0
            parts.append((self.uses[second], self.left[second], self.left[second]))
            places.append(second)
        self.across.paid(parts, self._at())
        for place, (_use, _claimed, approved) in zip(places, parts, strict=True):
            self.left[place] = 0
            self.standing[place] += approved
        self._did("pay")

    @rule(pick=picks, amount=amounts)
    def claw_back(self, pick: int, amount: int) -> None:
        places = [one for one, held in self.standing.items() if held]
        if places:
            place = places[pick % len(places)]
            part = min(amount, self.standing[place])
            self.across.clawed_back(self.uses[place], part, self._at())
            self.standing[place] -= part
            self._did("claw_back")

    @rule(days=st.integers(1, 25))
    def pass_days(self, days: int) -> None:
        self.across.now += timedelta(days=days)

    @rule(by=codes)
    def close(self, by: str) -> None:
        last = queries.last_statement(self.session, BORDER)
        first = queries.first_month(self.session, queries.pairs_of(self.session, BORDER))
        for month in months_between(last.month if last else first or self._month(), self._month()):
            self._try("close", service.close_month, month, by=by)

    @rule(by=codes)
    def confirm_and_settle(self, by: str) -> None:
        for month in self.session.scalars(select(ClearingStatement.month)).all():
            self._try("confirm", service.confirm, month, by=by)
            form = ClearingSettlementForm(settled_on=local_date(self.across.now), receipt="1")
            self._try("settle", settling.settle, month, form, by=by)

    @rule(by=codes)
    def take_back(self, by: str) -> None:
        for month in self.session.scalars(select(ClearingStatement.month)).all():
            self._try("reverse", settling.reverse, month, ClearingReversalForm(reason="款项没有到账"), by=by)

    @invariant()
    def clearing_is_what_captures_and_payments_say(self) -> None:
        if not hasattr(self, "across"):
            return
        assert self.across.faults() == []
        captured = Counter[tuple[str, str]]()
        for row in self.session.scalars(select(VoucherCapture)):
            captured[row.issuer_province, row.provider_province] += row.amount_fen
        owed = Counter[str]()
        for place, held in self.standing.items():
            use = self.uses[place]
            if use.way == BorderWay.ADVANCE_THEN_NET and use.pair.issuer != use.pair.provider:
                owed[use.pair.issuer] += held
        total, said = Counter[tuple[str, str]](), Counter[str]()
        for border in BORDERS:
            self._add(border, total, said)
        assert {one: left for one, left in total.items() if left} == {one: fen for one, fen in captured.items() if fen}
        assert {one: left for one, left in said.items() if left} == {one: fen for one, fen in owed.items() if fen}

    def _add(self, border: Border, total: Counter[tuple[str, str]], owed: Counter[str]) -> None:
        """Every month from the first to the present one: nothing is counted twice or left out."""
        pairs = queries.pairs_of(self.session, border)
        for month in months_between(month_of(local_date(START)), self._month()):
            found = queries.figures_of(self.session, pairs, queries.span_of(self.session, border, month))
            for course, said in found.items():
                total[course.issuer, course.provider] += said[Figure.CAPTURED] - sum(said[one] for one in LESS)
                owed[course.issuer] += said[Figure.OWED]

    def _month(self) -> date:
        return month_of(local_date(self.across.now))

    def _at(self) -> datetime:
        self.across.now += timedelta(hours=1)
        return self.across.now

    def _open(self, pick: int) -> int | None:
        places = [one for one, left in self.left.items() if left]
        return places[pick % len(places)] if places else None

    def _did(self, what: str) -> None:
        self.session.commit()
        self.done[what] += 1

    def _try(self, what: str, step: object, month: date, *given: object, by: str) -> None:
        """Do it as an officer would; what is refused changes nothing, which the invariant sees."""
        try:
            self.across.do(step, month, *given, by=by)
        except Refused:
            self.session.rollback()
        else:
            self.done[what] += 1


@contextmanager
def emptied(app: Flask) -> Iterator[None]:
    databases.empty(app)
    with app.app_context():
        yield
        db.session.remove()


def test_clearing_is_the_sum_of_captures_by_pair_whatever_is_done(engine_app: Flask) -> None:
    took_effect: Counter[str] = Counter()

    class OnThisEngine(Machine):
        def __init__(self) -> None:
            super().__init__()
            self.context = ExitStack()
            self.context.enter_context(emptied(engine_app))

        def teardown(self) -> None:
            took_effect.update(getattr(self, "done", {}))
            if hasattr(self, "session"):
                self.session.close()
            self.context.close()

    bounded = settings(
        max_examples=8,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    run_machine(OnThisEngine, settings=bounded)
    assert took_effect.total() >= STEPS_AT_LEAST, took_effect
    assert len(took_effect) >= KINDS_AT_LEAST, took_effect
