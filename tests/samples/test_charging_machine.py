"""Orders from the quote to the receipt at random: what is held is what is open, what is owed is what statements say."""

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.queries import due_to_finish
from booking.charges.sampled import accepted_quote
from booking.core.actors import Actor
from booking.core.clock import local_date
from booking.core.period import Period
from booking.ledger.queries import balance_of
from booking.reservations.wishes import Paying
from booking.samples import charging, handling, quoting
from booking.samples.forms import CountForm, QuoteLineForm, RecordForm, SampleQuoteForm
from booking.samples.queries import due_to_approve
from booking.samples.rules import MOVES, Side, steps_open
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
from models.vocabulary.samples import SampleOrderState, SampleState, SampleStep
from tests.charges.arguing import WINDOWS, Arguing
from tests.factories.samples import Orders, request_form
from tests.machines import picks, tried, walk
from tests.statements.office import Office, faults_of, open_statements

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPEN = {
    SampleOrderState.ACCEPTED,
    SampleOrderState.SENT,
    SampleOrderState.QUESTIONED,
    SampleOrderState.QUEUED,
    SampleOrderState.TESTING,
    SampleOrderState.REPORTED,
    SampleOrderState.DISPUTED,
}
OF_ORDERS = tuple(SampleStep(one) for one in ("record", "report", "count", "approve", "dispute", "uphold", "cancel"))
MUST = {f"{step} order" for step in OF_ORDERS} | {
    "order",
    "test",
    "silence",
    "accept",
    "dispute",
    "adjust",
    "waive",
    "bill",
    "pay in part",
    "pay",
}
ANY_ORDER = 5
"""A pick that does not ask what the order stands open to."""
BECAME = (SampleState.TESTED, SampleState.FAILED, SampleState.LOST)


class Machine(Arguing):
    """A lead orders from an account, somebody else on paper; staff test some of it; finance bills and is paid."""

    @initialize(kind=st.sampled_from([PayerKind.ON_ACCOUNT, PayerKind.PREPAID, PayerKind.GRANT]))
    def arrange(self, kind: PayerKind) -> None:
        with Session(db.engine, expire_on_commit=False) as session:
            office = Office(session, START, kind, 200_000)
            people = {"lead": office.lead, "other": office.other, "steward": office.steward, "finance": office.finance}
            self.who = {name: office.actor(person) for name, person in people.items()}
            self.payer_id, self.place_id, self.instrument_id = office.payer.id, office.place.id, office.instrument.id
        self.now, self.papers, self.hours = START, 0, 0
        self.begin()

    def begin(self) -> None:
        """Two orders are tested, disputed and paid in parts, one is cancelled midway, silence approves the last."""
        for by_account in (True, False):
            self.order(by_account)
            self.test(0)
            self.record(0, 1, SampleState.FAILED)
            self.report(0, is_final=True)
            self.dispute_results(0)
            self.uphold_results(0)
            self.count(0, 1, 3, 1)
            self.approve(0)
            for step in ("dispute", "adjust", "accept"):
                self.argue(step)
        self.bill_everybody()
        for share in (2, 1):
            self.pay(0, share)
        for _each in range(2):
            self.order(by_account=False)
            self.test(-1)
        self.cancel(-1, is_staff=True)
        self.report(0, is_final=True)
        self.wait(12)
        self.argue("waive")
        for by_account in (True, False):
            self.order(by_account)
            self.test(-1)
            self.order(by_account)

    @tried(by_account=st.booleans())
    def order(self, by_account: bool) -> None:
        """Four samples at 100 yuan with a set-up of 50 and a discount of 20, quoted and accepted."""

        def ordered(session: Session, paying: Paying, actor: Actor, now: datetime) -> None:
            orders = self._orders(session, actor)
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
        self.attempt("order", ordered, paying, by="lead" if by_account else "other")

    @tried(pick=picks)
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

        self._one(pick, "test", (SampleStep.RECEIVE, SampleStep.RUN), Side.STAFF, tested)

    @tried(pick=picks, position=st.integers(1, 4), state=st.sampled_from(BECAME))
    def record(self, pick: int, position: int, state: SampleState) -> None:
        form = RecordForm(state=state, note="x")
        self._at(pick, SampleStep.RECORD, handling.record_sample, position, form)

    @tried(pick=picks, is_final=st.booleans())
    def report(self, pick: int, is_final: bool) -> None:
        def reported(session: Session, order_id: int, **_who: Any) -> None:
            order = session.get_one(SampleOrder, order_id)
            self._orders(session, self.who["lead"]).reported(order, None if is_final else [1], is_final=is_final)

        self._at(pick, SampleStep.REPORT, reported)

    @tried(pick=picks, setup=st.integers(0, 1), samples=st.integers(0, 4), discount=st.integers(0, 1))
    def count(self, pick: int, setup: int, samples: int, discount: int) -> None:
        form = CountForm(counts=[setup, samples, discount], note="说明")
        self._at(pick, SampleStep.COUNT, charging.say_done, form, windows=WINDOWS)

    @tried(pick=picks)
    def approve(self, pick: int) -> None:
        self._at(pick, SampleStep.APPROVE, handling.approve_results, windows=WINDOWS)

    @tried(pick=picks)
    def dispute_results(self, pick: int) -> None:
        self._at(pick, SampleStep.DISPUTE, handling.dispute_results, reason="偏高")

    @tried(pick=picks)
    def uphold_results(self, pick: int) -> None:
        self._at(pick, SampleStep.UPHOLD, handling.uphold_results, reason="无误", windows=WINDOWS)

    @tried(pick=picks, is_staff=st.booleans())
    def cancel(self, pick: int, is_staff: bool) -> None:
        side = Side.STAFF if is_staff else Side.REQUESTER
        self._at(pick, SampleStep.CANCEL, handling.cancel_order, reason="停", windows=WINDOWS, side=side)

    @tried(days=st.integers(1, 12))
    def wait(self, days: int) -> None:
        """What has a deadline goes on by itself."""
        self.now += timedelta(days=days)
        with Session(db.engine) as session:
            orders, due = due_to_approve(session, now=self.now), due_to_finish(session, now=self.now)
        for order_id in orders:
            self.done["silence"] += transaction(charging.accept_silently, order_id, windows=WINDOWS, now=self.now)
        for charge_id in due:
            self.done["go on"] += transaction(charges.go_on, charge_id, windows=WINDOWS, now=self.now)

    @tried()
    def bill_everybody(self) -> None:
        form = DraftsForm(until_on=local_date(self.now))
        self.attempt("draft", service.make_drafts, self.place_id, form, by="finance")
        for draft_id in self.ids(StatementDraft):
            self.attempt("bill", service.issue_statement, draft_id, by="finance")

    @tried(pick=picks, share=st.integers(1, 2))
    def pay(self, pick: int, share: int) -> None:
        """All that is open of a statement, or half of it."""
        with Session(db.engine) as session:
            found = [(one.id, one.debtor_id, fen) for one, fen in open_statements(session)]
        if found:
            statement_id, debtor_id, fen = found[pick % len(found)]
            self.papers += 1
            paper = ReceiptForm(amount_fen=-(-fen // share), number=f"P{self.papers}", received_on=local_date(self.now))
            step, said = "pay" if share == 1 else "pay in part", {"statement_id": statement_id}
            self.attempt(step, receipts.record_receipt, debtor_id, paper, by="finance", **said)

    @invariant()
    def the_books_are_right(self) -> None:
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
        for _order in self.ids(SampleOrder):
            self.cancel(0, is_staff=False)
        for _ in range(3):
            self.wait(12)
        with Session(db.engine) as session:
            assert balance_of(session, session.get_one(PayerAccount, self.payer_id).held_id) == 0
        self.the_books_are_right()

    def _at(self, pick: int, step: SampleStep, work: Callable[..., Any], *given: Any, **named: Any) -> None:
        """A step of one of the orders, by whom it is for; staff where it is for both, unless a side is named."""
        side = named.pop("side", Side.STAFF if Side.STAFF in MOVES[step].sides else Side.REQUESTER)
        self._one(pick, f"{step} order", (step,), side, work, *given, **named)

    def _one(
        self,
        pick: int,
        name: str,
        steps: Collection[SampleStep],
        side: Side,
        work: Callable[..., Any],
        *given: Any,
        **named: Any,
    ) -> None:
        """The same of one that stands open to one of the steps, or now and then of any."""
        with Session(db.engine) as session:
            rows = session.scalars(select(SampleOrder).order_by(SampleOrder.id)).all()
            is_any = pick == ANY_ORDER
            found = [one for one in rows if is_any or set(steps) & set(steps_open(one.state, side))]
            asker = {one.id: one.requested_by_id for one in found}
        if found:
            order_id = found[pick % len(found)].id
            names = {actor.id: name for name, actor in self.who.items()}
            by = "steward" if side == Side.STAFF else names[asker[order_id]]
            self.attempt(name, work, order_id, *given, by=by, **named)

    def _orders(self, session: Session, asker: Actor) -> Orders:
        return Orders(session, self.instrument_id, asker, self.who["steward"], self.now)

    def _asker(self, order: SampleOrder) -> Actor:
        return next(actor for actor in self.who.values() if actor.id == order.requested_by_id)


def test_what_is_held_is_what_is_open_and_what_is_owed_what_statements_say(engine_app: Flask) -> None:
    walk(engine_app, Machine, MUST, walks=7, steps=18)
