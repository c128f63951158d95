"""Billing at random: whatever a payer owes equals what the statements say, and every account its transfers."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.forms import ChargeChangeForm
from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.core.errors import Refused
from booking.ledger.queries import balance_of
from booking.payers.amounts import close_payer
from booking.statements import receipts, service
from booking.statements.forms import DraftsForm, ReceiptForm
from booking.web.extensions import db, transaction
from models.charges import Charge
from models.statements import Debtor, Receipt, Statement, StatementDraft, StatementSeries
from models.vocabulary.charges import ChargeState
from models.vocabulary.payers import PayerKind
from models.vocabulary.statements import ReceiptKind
from tests import databases
from tests.statements.office import Office, faults_of

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
picks = st.integers(0, 5)
amounts = st.integers(1, 40_000)
STEPS_AT_LEAST, KINDS_AT_LEAST = 15, 3
"""So many steps, of so many kinds, must have taken effect, or the machine proves nothing."""


class Machine(RuleBasedStateMachine):
    """Two payers use an instrument; they are billed, pay in parts and too much, and are paid back; one is closed."""

    @initialize(kind=st.sampled_from([PayerKind.ON_ACCOUNT, PayerKind.PREPAID, PayerKind.GRANT]))
    def arrange(self, kind: PayerKind) -> None:
        with Session(db.engine, expire_on_commit=False) as session:
            office = Office(session, START, kind, 90_000)
            self.kind, self.payer_id, self.instrument_id = kind, office.payer.id, office.instrument.id
            self.place_id, self.now, self.papers = office.place.id, office.later, 0
            self.done = Counter[str]()
            people = {"lead": office.lead, "other": office.other, "steward": office.steward, "finance": office.finance}
            for hour in (9, 12, 15):
                office.used(hour)
                office.used(hour + 1, by=office.other)
            self.who: dict[str, Actor] = {name: office.actor(person) for name, person in people.items()}

    @rule(pick=picks, change=st.integers(-15_000, 15_000).filter(bool))
    def adjust(self, pick: int, change: int) -> None:
        form = ChargeChangeForm(change_fen=change, reason="协商")
        self._step(pick, charges.adjust_charge, form, windows=Windows())

    @rule(pick=picks, by=st.sampled_from(["lead", "other"]))
    def accept(self, pick: int, by: str) -> None:
        self._step(pick, charges.accept_charge, by=by)

    @rule(pick=picks, change=st.integers(-15_000, 15_000).filter(bool), comes_back=st.booleans())
    def change_and_accept(self, pick: int, change: int, comes_back: bool) -> None:
        """Once, or there and back: then it stands as it stood before."""
        for fen in (change, -change) if comes_back else (change,):
            self._step(pick, charges.adjust_charge, ChargeChangeForm(change_fen=fen, reason="协商"), windows=Windows())
            self._step(pick, charges.accept_charge, by=("lead", "other")[pick % 2])
            self._step(pick, charges.settle_on_paper, "现场付款")

    @rule()
    def bill_everybody(self) -> None:
        self._try(service.make_drafts, self.place_id, DraftsForm(until_on=self.now.date()))
        for draft_id in self._ids(StatementDraft):
            self._try(service.issue_statement, draft_id)

    @rule(pick=picks)
    def pay_what_is_open(self, pick: int) -> None:
        def paid(session: Session, statement_id: int, **who: Any) -> Any:
            statement = session.get_one(Statement, statement_id)
            fen = balance_of(session, statement.open_id) if statement.open_id else 0
            if not fen:
                return None
            return receipts.record_receipt(session, statement.debtor_id, self._paper(fen), **who)

        self._at(Statement, pick, paid)

    @rule()
    def close(self) -> None:
        self._try(close_payer, self.payer_id, "结题")

    @rule(pick=picks, step=st.sampled_from([charges.waive_charge, charges.settle_on_paper]))
    def end(self, pick: int, step: Callable[..., Any]) -> None:
        self._step(pick, step, "说明")

    @rule()
    def draft(self) -> None:
        self._try(service.make_drafts, self.place_id, DraftsForm(until_on=self.now.date()))

    @rule(pick=picks)
    def issue(self, pick: int) -> None:
        self._at(StatementDraft, pick, service.issue_statement)

    @rule(pick=picks)
    def drop(self, pick: int) -> None:
        self._at(StatementDraft, pick, service.drop_draft)

    @rule(pick=picks, fen=amounts)
    def receive(self, pick: int, fen: int) -> None:
        def paid(session: Session, statement_id: int, **who: Any) -> Any:
            debtor_id = session.get_one(Statement, statement_id).debtor_id
            return receipts.record_receipt(session, debtor_id, self._paper(fen), statement_id=statement_id, **who)

        self._at(Statement, pick, paid)

    @rule(pick=picks, fen=amounts)
    def pay_back(self, pick: int, fen: int) -> None:
        self._at(Debtor, pick, receipts.refund, self._paper(fen))

    @rule(pick=picks)
    def correct(self, pick: int) -> None:
        self._at(Receipt, pick, receipts.correct_receipt, "录错")

    @invariant()
    def what_is_owed_is_what_statements_and_receipts_say(self) -> None:
        if not hasattr(self, "who"):
            return
        with Session(db.engine) as session:
            assert faults_of(session) == []
            for debtor in session.scalars(select(Debtor)):
                asked = sum(session.scalars(select(Statement.due_fen).where(Statement.debtor_id == debtor.id)))
                owed = -balance_of(session, debtor.billed_id) - balance_of(session, debtor.credit_id)
                assert owed == asked - self._came(session, debtor.id)
            rows = session.execute(select(Statement.year, Statement.number)).all()
            kept = session.scalars(select(StatementSeries)).all()
            assert {year for year, _ in rows} == {series.year for series in kept if series.last_number}
            for series in kept:
                numbers = sorted(number for year, number in rows if year == series.year)
                assert numbers == list(range(1, series.last_number + 1))

    @invariant()
    def what_is_paid_frees_the_credit_limit(self) -> None:
        if getattr(self, "kind", None) != PayerKind.ON_ACCOUNT:
            return
        with Session(db.engine) as session:
            paid = select(Charge.captured_fen).where(Charge.state == ChargeState.PAID)
            assert set(session.scalars(paid)) <= {0}

    def _came(self, session: Session, debtor_id: int) -> int:
        """What was received less what was paid back, each unless it was taken back."""
        rows = session.scalars(select(Receipt).where(Receipt.debtor_id == debtor_id)).all()
        wrong = {one.corrects_id for one in rows}
        signs = {ReceiptKind.RECEIVED: 1, ReceiptKind.REFUNDED: -1, ReceiptKind.CORRECTED: 0}
        return sum(signs[one.kind] * one.amount_fen for one in rows if one.id not in wrong)

    def _paper(self, fen: int) -> ReceiptForm:
        """A new one."""
        self.papers += 1
        return ReceiptForm(amount_fen=fen, number=f"P{self.papers}", received_on=self.now.date())

    def _step(self, pick: int, work: Callable[..., Any], *given: Any, by: str = "steward", **named: Any) -> None:
        """A step of one of the charges."""
        self._at(Charge, pick, work, *given, by=by, **named)

    def _at(
        self, table: Any, pick: int, work: Callable[..., Any], *given: Any, by: str = "finance", **named: Any
    ) -> None:
        """A step of one of the rows."""
        if found := self._ids(table):
            self._try(work, found[pick % len(found)], *given, by=by, **named)

    def _ids(self, table: Any) -> list[int]:
        """The rows that there are."""
        with Session(db.engine) as session:
            return list(session.scalars(select(table.id).order_by(table.id)))

    def _try(self, work: Callable[..., Any], *given: Any, by: str = "finance", **named: Any) -> None:
        """Do it as somebody would; what is refused changes nothing, which the invariant sees."""
        self.now += timedelta(minutes=1)
        with suppress(Refused):
            transaction(work, *given, actor=self.who[by], now=self.now, **named)
            self.done[work.__name__] += 1


@contextmanager
def emptied(app: Flask) -> Iterator[None]:
    databases.empty(app)
    with app.app_context():
        yield
        db.session.remove()


def test_whatever_a_payer_owes_equals_what_the_statements_say(engine_app: Flask) -> None:
    took_effect: Counter[str] = Counter()

    class OnThisEngine(Machine):
        def __init__(self) -> None:
            super().__init__()
            self.context = ExitStack()
            self.context.enter_context(emptied(engine_app))

        def teardown(self) -> None:
            took_effect.update(getattr(self, "done", {}))
            self.context.close()

    bounded = settings(max_examples=6, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_machine(OnThisEngine, settings=bounded)
    assert took_effect.total() >= STEPS_AT_LEAST, took_effect
    assert len(took_effect) >= KINDS_AT_LEAST, took_effect
