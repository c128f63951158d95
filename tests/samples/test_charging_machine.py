"""Orders from the quote to the receipt at random: what is held is what is open, what is owed is what statements say."""

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
from booking.charges.queries import due_to_finish
from booking.charges.sampled import accepted_quote
from booking.charges.windows import Windows
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.errors import Refused
from booking.core.period import Period
from booking.ledger.queries import balance_of
from booking.reservations.wishes import Paying
from booking.samples import charging, handling, quoting
from booking.samples.forms import CountForm, QuoteLineForm, RecordForm, SampleQuoteForm
from booking.samples.queries import due_to_approve
from booking.statements import receipts, service
from booking.statements.forms import DraftsForm, ReceiptForm
from booking.web.extensions import db, transaction
from models.charges import Charge
from models.payers import PayerAccount
from models.samples import SampleOrder
from models.statements import Debtor, Receipt, Statement, StatementDraft
from models.vocabulary.charges import ChargeState
from models.vocabulary.payers import PayerKind
from models.vocabulary.pricing import LineKind
from models.vocabulary.samples import SampleOrderState, SampleState
from tests import databases
from tests.factories.samples import Orders, request_form
from tests.statements.office import Office, faults_of

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOWS = Windows()
OPEN = {
    SampleOrderState.ACCEPTED,
    SampleOrderState.SENT,
    SampleOrderState.QUESTIONED,
    SampleOrderState.QUEUED,
    SampleOrderState.TESTING,
    SampleOrderState.REPORTED,
    SampleOrderState.DISPUTED,
}
STEPS_AT_LEAST, KINDS_AT_LEAST = 40, 5
"""So many steps, of so many kinds, must have taken effect, or the machine proves nothing."""
picks = st.integers(0, 5)
BECAME = (SampleState.TESTED, SampleState.FAILED, SampleState.LOST)


class Machine(RuleBasedStateMachine):
    """A lead orders from an account, somebody else on paper; staff test some of it; finance bills and is paid."""

    @initialize(kind=st.sampled_from([PayerKind.ON_ACCOUNT, PayerKind.PREPAID, PayerKind.GRANT]))
    def arrange(self, kind: PayerKind) -> None:
        with Session(db.engine, expire_on_commit=False) as session:
            office = Office(session, START, kind, 200_000)
            people = {"lead": office.lead, "other": office.other, "steward": office.steward, "finance": office.finance}
            self.who: dict[str, Actor] = {name: office.actor(person) for name, person in people.items()}
            self.payer_id, self.place_id, self.instrument_id = office.payer.id, office.place.id, office.instrument.id
        self.now, self.papers, self.hours, self.done = START, 0, 0, Counter[str]()
        for by_account in (True, False, True):
            self.order(by_account)
            self.test(len(self._ids(SampleOrder)) - 1)

    @rule(by_account=st.booleans())
    def order(self, by_account: bool) -> None:
        """Four samples at 100 yuan with a set-up of 50 and a discount of 20, quoted and accepted."""

        def ordered(session: Session, by: str, paying: Paying, **_who: Any) -> None:
            orders = self._orders(session, by)
            order = orders.asked(request_form(count=4))
            lines = [
                QuoteLineForm(kind=LineKind.SETUP, count=1, unit_fen=5_000),
                QuoteLineForm(kind=LineKind.SAMPLES, count=4, unit_fen=10_000),
                QuoteLineForm(kind=LineKind.ROUNDING, count=1, unit_fen=-2_000),
            ]
            until = local_date(self.now) + timedelta(days=9)
            form = SampleQuoteForm(last_quote_id=0, lines=lines, valid_until=until, reason="按样品")
            quoting.quote_order(session, order.id, form, actor=orders.staff, now=self.now)
            orders.accepted(order, paying)

        paying = Paying(self.payer_id) if by_account else Paying(is_later=True)
        self._try(ordered, "lead" if by_account else "other", paying)

    @rule(pick=picks)
    def test(self, pick: int) -> None:
        """Sent, received and in testing, as far as it is not yet."""

        def tested(session: Session, order_id: int, **_who: Any) -> None:
            order = session.get_one(SampleOrder, order_id)
            orders = self._orders(session, self._asker(order))
            if order.state == SampleOrderState.ACCEPTED:
                orders.received(orders.sent(order))
            self.hours += 1
            start = self.now.replace(minute=0) + timedelta(days=1) + self.hours * HOUR
            orders.run(order, period=Period(start, start + HOUR))

        self._at(SampleOrder, pick, tested)

    @rule(pick=picks, position=st.integers(1, 4), state=st.sampled_from(BECAME))
    def record(self, pick: int, position: int, state: SampleState) -> None:
        self._at(SampleOrder, pick, handling.record_sample, position, RecordForm(state=state, note="x"), by="steward")

    @rule(pick=picks, is_final=st.booleans())
    def report(self, pick: int, is_final: bool) -> None:
        def reported(session: Session, order_id: int, **_who: Any) -> None:
            order = session.get_one(SampleOrder, order_id)
            self._orders(session, "lead").reported(order, None if is_final else [1], is_final=is_final)

        self._at(SampleOrder, pick, reported)

    @rule(pick=picks, setup=st.integers(0, 1), samples=st.integers(0, 4), discount=st.integers(0, 1))
    def count(self, pick: int, setup: int, samples: int, discount: int) -> None:
        form = CountForm(counts=[setup, samples, discount], note="说明")
        self._at(SampleOrder, pick, charging.say_done, form, windows=WINDOWS, by="steward")

    @rule(pick=picks, by=st.sampled_from(["lead", "other"]))
    def approve(self, pick: int, by: str) -> None:
        self._at(SampleOrder, pick, handling.approve_results, windows=WINDOWS, by=by)

    @rule(pick=picks, by=st.sampled_from(["lead", "other"]))
    def dispute_results(self, pick: int, by: str) -> None:
        self._at(SampleOrder, pick, handling.dispute_results, reason="偏高", by=by)

    @rule(pick=picks)
    def uphold_results(self, pick: int) -> None:
        self._at(SampleOrder, pick, handling.uphold_results, reason="无误", windows=WINDOWS, by="steward")

    @rule(pick=picks, by=st.sampled_from(["lead", "other", "steward"]))
    def cancel(self, pick: int, by: str) -> None:
        self._at(SampleOrder, pick, handling.cancel_order, reason="停", windows=WINDOWS, by=by)

    @rule(days=st.integers(1, 12))
    def wait(self, days: int) -> None:
        """What has a deadline goes on by itself."""
        self.now += timedelta(days=days)
        with Session(db.engine) as session:
            orders, due = due_to_approve(session, now=self.now), due_to_finish(session, now=self.now)
        for order_id in orders:
            self.done["silence"] += transaction(charging.accept_silently, order_id, windows=WINDOWS, now=self.now)
        for charge_id in due:
            self.done["go_on"] += transaction(charges.go_on, charge_id, windows=WINDOWS, now=self.now)

    @rule(pick=picks, by=st.sampled_from(["lead", "other"]))
    def accept_charge(self, pick: int, by: str) -> None:
        self._at(Charge, pick, charges.accept_charge, by=by)

    @rule(pick=picks, by=st.sampled_from(["lead", "other"]))
    def dispute_charge(self, pick: int, by: str) -> None:
        self._at(Charge, pick, charges.dispute_charge, "太贵", by=by)

    @rule(pick=picks, change=st.integers(-15_000, 15_000).filter(bool))
    def adjust(self, pick: int, change: int) -> None:
        form = ChargeChangeForm(change_fen=change, reason="协商")
        self._at(Charge, pick, charges.adjust_charge, form, windows=WINDOWS, by="steward")

    @rule(pick=picks, step=st.sampled_from([charges.waive_charge, charges.settle_on_paper]))
    def end(self, pick: int, step: Callable[..., Any]) -> None:
        self._at(Charge, pick, step, "说明", by="steward")

    @rule()
    def bill_everybody(self) -> None:
        self._try(service.make_drafts, self.place_id, DraftsForm(until_on=local_date(self.now)))
        for draft_id in self._ids(StatementDraft):
            self._try(service.issue_statement, draft_id)

    @rule(pick=picks, share=st.integers(1, 2))
    def pay(self, pick: int, share: int) -> None:
        """All that is open of a statement, or half of it."""

        def paid(session: Session, statement_id: int, **who: Any) -> Any:
            statement = session.get_one(Statement, statement_id)
            fen = (balance_of(session, statement.open_id) if statement.open_id else 0) // share
            self.papers += 1
            form = ReceiptForm(amount_fen=max(fen, 1), number=f"P{self.papers}", received_on=local_date(self.now))
            return receipts.record_receipt(session, statement.debtor_id, form, **who)

        self._at(Statement, pick, paid)

    @invariant()
    def the_books_are_right(self) -> None:
        if not hasattr(self, "done"):
            return
        with Session(db.engine) as session:
            assert faults_of(session) == []
            held = balance_of(session, session.get_one(PayerAccount, self.payer_id).held_id)
            assert held == sum(self._open_quotes(session))
            for debtor in session.scalars(select(Debtor)):
                asked = sum(session.scalars(select(Statement.due_fen).where(Statement.debtor_id == debtor.id)))
                came = sum(session.scalars(select(Receipt.amount_fen).where(Receipt.debtor_id == debtor.id)))
                owed = -balance_of(session, debtor.billed_id) - balance_of(session, debtor.credit_id)
                assert owed == asked - came

    def _open_quotes(self, session: Session) -> Iterator[int]:
        """What is quoted of orders that the account pays and that are not charged, or only estimated."""
        for order in session.scalars(select(SampleOrder).where(SampleOrder.payer_account_id == self.payer_id)):
            state = session.scalar(select(Charge.state).where(Charge.sample_order_id == order.id))
            if state == ChargeState.ESTIMATED or (state is None and order.state in OPEN):
                yield accepted_quote(session, order.id).total_fen

    def finish(self) -> None:
        """When everything is over nothing is held any more."""
        for pick, _order in enumerate(self._ids(SampleOrder)):
            for by in ("lead", "other"):
                self._at(SampleOrder, pick, handling.cancel_order, reason="停", windows=WINDOWS, by=by)
        for _ in range(3):
            self.wait(12)
        with Session(db.engine) as session:
            assert balance_of(session, session.get_one(PayerAccount, self.payer_id).held_id) == 0
        self.the_books_are_right()

    def _orders(self, session: Session, by: str) -> Orders:
        return Orders(session, self.instrument_id, self.who[by], self.who["steward"], self.now)

    def _asker(self, order: SampleOrder) -> str:
        return next(name for name, actor in self.who.items() if actor.id == order.requested_by_id)

    def _at(
        self, table: Any, pick: int, work: Callable[..., Any], *given: Any, by: str = "finance", **named: Any
    ) -> None:
        """A step of one of the rows."""
        if found := self._ids(table):
            self._try(work, found[pick % len(found)], *given, by=by, **named)

    def _ids(self, table: Any) -> list[int]:
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


def test_what_is_held_is_what_is_open_and_what_is_owed_what_statements_say(engine_app: Flask) -> None:
    took_effect: Counter[str] = Counter()

    class OnThisEngine(Machine):
        def __init__(self) -> None:
            super().__init__()
            self.context = ExitStack()
            self.context.enter_context(emptied(engine_app))

        def teardown(self) -> None:
            if hasattr(self, "done"):
                took_effect.update(self.done)
                self.finish()
            self.context.close()

    bounded = settings(max_examples=10, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_machine(OnThisEngine, settings=bounded)
    assert took_effect.total() >= STEPS_AT_LEAST, took_effect
    assert len(took_effect) >= KINDS_AT_LEAST, took_effect
