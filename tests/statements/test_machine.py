"""Billing at random: whatever a payer owes equals what the statements say, and every account its transfers."""

from datetime import UTC, datetime

from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.ledger.queries import balance_of
from booking.payers.amounts import close_payer
from booking.statements import receipts, service
from booking.statements.forms import DraftsForm, ReceiptForm
from booking.web.extensions import db
from models.charges import Charge
from models.statements import Debtor, Receipt, Statement, StatementDraft, StatementSeries
from models.vocabulary.charges import ChargeState
from models.vocabulary.payers import PayerKind
from models.vocabulary.statements import ReceiptKind
from tests.charges.arguing import Arguing, changes
from tests.machines import picks, tried, walk
from tests.statements.office import Office, faults_of, open_statements

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
MUST = {"adjust", "accept", "waive", "draft", "bill", "pay", "pay in part", "pay anything", "pay back", "correct"}


class Machine(Arguing):
    """Two payers use an instrument; they are billed, pay in parts and too much, and are paid back; one is closed."""

    @initialize(kind=st.sampled_from([PayerKind.ON_ACCOUNT, PayerKind.PREPAID, PayerKind.GRANT]))
    def arrange(self, kind: PayerKind) -> None:
        with Session(db.engine, expire_on_commit=False) as session:
            office = Office(session, START, kind, 90_000)
            self.kind, self.payer_id, self.instrument_id = kind, office.payer.id, office.instrument.id
            self.place_id, self.now, self.papers = office.place.id, office.later, 0
            people = {"lead": office.lead, "other": office.other, "steward": office.steward, "finance": office.finance}
            for hour in (9, 12, 15):
                office.used(hour)
                office.used(hour + 1, by=office.other)
            self.who = {name: office.actor(person) for name, person in people.items()}
        self.begin()

    def begin(self) -> None:
        """All but the last uses are billed; what is open is paid in parts and too much, and paid back."""
        self.change_and_accept(1, 2_000, comes_back=False)
        for pick in (4, 5):
            self.argue("adjust", 1_000, pick)
        self.bill_everybody()
        for parts in (2, 1):
            self.pay_what_is_open(-1, parts)
        self.correct(-1)
        self.pay_what_is_open(-1, 1)
        self.receive(-1, 500)
        self.pay_back(-1, 2)
        self.argue("waive", pick=4)
        self.argue("accept")

    @tried(pick=picks, change=changes, comes_back=st.booleans())
    def change_and_accept(self, pick: int, change: int, comes_back: bool) -> None:
        """Once, or there and back: then it stands as it stood before."""
        found = self.ids(Charge)
        for fen in (change, -change) if comes_back else (change,):
            for step in ("adjust", "accept", "on paper"):
                self.take(step, found[pick % len(found)], fen)

    @tried()
    def bill_everybody(self) -> None:
        self.draft()
        for draft_id in self.ids(StatementDraft):
            self.attempt("bill", service.issue_statement, draft_id, by="finance")

    @tried()
    def draft(self) -> None:
        form = DraftsForm(until_on=self.now.date())
        self.attempt("draft", service.make_drafts, self.place_id, form, by="finance")

    @tried(pick=picks)
    def issue(self, pick: int) -> None:
        self.attempt_at(StatementDraft, pick, "bill", service.issue_statement, by="finance")

    @tried(pick=picks)
    def drop(self, pick: int) -> None:
        self.attempt_at(StatementDraft, pick, "drop", service.drop_draft, by="finance")

    @tried(pick=picks, parts=st.integers(1, 3))
    def pay_what_is_open(self, pick: int, parts: int) -> None:
        """All of one that is open, or a part."""
        with Session(db.engine, expire_on_commit=False) as session:
            found = open_statements(session)
        if found:
            statement, fen = found[pick % len(found)]
            self._receive(statement, -(-fen // parts), "pay" if parts == 1 else "pay in part")

    @tried(pick=picks, fen=st.integers(1, 40_000))
    def receive(self, pick: int, fen: int) -> None:
        """Anything for one of the statements, whatever is open of it."""
        with Session(db.engine, expire_on_commit=False) as session:
            found = session.scalars(select(Statement).order_by(Statement.id)).all()
        if found:
            self._receive(found[pick % len(found)], fen, "pay anything")

    @tried(pick=picks, parts=st.integers(1, 3))
    def pay_back(self, pick: int, parts: int) -> None:
        """All that is credited to somebody, or a part."""
        with Session(db.engine) as session:
            rows = session.scalars(select(Debtor).order_by(Debtor.id))
            found = [(one.id, fen) for one in rows if (fen := balance_of(session, one.credit_id))]
        if found:
            debtor_id, fen = found[pick % len(found)]
            self.attempt("pay back", receipts.refund, debtor_id, self._paper(-(-fen // parts)), by="finance")

    @tried(pick=picks)
    def correct(self, pick: int) -> None:
        self.attempt_at(Receipt, pick, "correct", receipts.correct_receipt, "录错", by="finance")

    @tried()
    def close(self) -> None:
        self.attempt("close", close_payer, self.payer_id, "结题", by="finance")

    @invariant()
    def what_is_owed_is_what_statements_and_receipts_say(self) -> None:
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
        if self.kind != PayerKind.ON_ACCOUNT:
            return
        with Session(db.engine) as session:
            paid = select(Charge.captured_fen).where(Charge.state == ChargeState.PAID)
            assert set(session.scalars(paid)) <= {0}

    def finish(self) -> None:
        """What was billed is paid, and what was paid too much is paid back: nobody owes anybody."""
        for _statement in self.ids(Statement):
            self.pay_what_is_open(0, 1)
        for _debtor in self.ids(Debtor):
            self.pay_back(0, 1)
        with Session(db.engine) as session:
            for debtor in session.scalars(select(Debtor)):
                assert (balance_of(session, debtor.billed_id), balance_of(session, debtor.credit_id)) == (0, 0)
        self.what_is_owed_is_what_statements_and_receipts_say()

    def _came(self, session: Session, debtor_id: int) -> int:
        """What was received less what was paid back, each unless it was taken back."""
        rows = session.scalars(select(Receipt).where(Receipt.debtor_id == debtor_id)).all()
        wrong = {one.corrects_id for one in rows}
        signs = {ReceiptKind.RECEIVED: 1, ReceiptKind.REFUNDED: -1, ReceiptKind.CORRECTED: 0}
        return sum(signs[one.kind] * one.amount_fen for one in rows if one.id not in wrong)

    def _receive(self, statement: Statement, fen: int, step: str) -> None:
        given = (statement.debtor_id, self._paper(fen))
        self.attempt(step, receipts.record_receipt, *given, statement_id=statement.id, by="finance")

    def _paper(self, fen: int) -> ReceiptForm:
        """A new one."""
        self.papers += 1
        return ReceiptForm(amount_fen=fen, number=f"P{self.papers}", received_on=self.now.date())


def test_whatever_a_payer_owes_equals_what_the_statements_say(engine_app: Flask) -> None:
    walk(engine_app, Machine, MUST, walks=6, steps=20)
