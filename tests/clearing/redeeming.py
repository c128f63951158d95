"""What claimants and authorities do with what vouchers covered: billed, claimed, reviewed, paid, and cleared."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from booking.clearing import queries, service, settling
from booking.clearing.forms import ClearingSettlementForm
from booking.clearing.rules import month_after, month_of, months_between
from booking.core.clock import at_local, local_date
from booking.invoices.forms import InvoiceForm, InvoiceItemForm
from booking.invoices.service import record_invoice
from booking.redemptions import paying
from booking.redemptions import service as redemptions
from booking.redemptions.claimable import claimable
from booking.redemptions.forms import (
    ClaimedItemForm,
    ClawBackForm,
    RedemptionForm,
    RedemptionPaymentForm,
    RedemptionRejectionForm,
    RedemptionReviewForm,
)
from booking.redemptions.lapsing import due_to_lapse, lapse_voucher
from booking.statements import receipts
from booking.statements import service as statements
from booking.statements.forms import DraftsForm, ReceiptForm
from booking.web.extensions import db, transaction
from models.clearing import ClearingStatement
from models.invoices import InvoiceItem
from models.redemptions import Redemption, RedemptionItem
from models.statements import Statement, StatementDraft
from models.vocabulary.redemptions import RedemptionState
from models.vocabulary.reservations import UseOutcome
from models.vouchers import Voucher
from tests.clearing.across import BORDER
from tests.clearing.land import AGENTS
from tests.clearing.using import Using
from tests.machines import picks, tried
from tests.statements.office import open_statements

provinces, cuts = st.sampled_from(["50", "51"]), st.integers(0, 6_000)


class Redeeming(Using):
    """Firms and labs claim what was used, two authorities pay it out and settle their months."""

    papers: int

    @tried(2)
    def bill(self) -> None:
        """Everything that can be billed, with an invoice over each bill."""
        for place_id in self.land.labs.values():
            form = DraftsForm(until_on=local_date(self.now))
            self.attempt("draft", statements.make_drafts, place_id, form, by="finance")
        for draft_id in self.ids(StatementDraft):
            self.attempt("bill", statements.issue_statement, draft_id, by="finance")
        is_covered = exists().where(InvoiceItem.statement_id == Statement.id)
        with Session(db.engine, expire_on_commit=False) as session:
            bills = session.scalars(select(Statement).where(Statement.total_fen > 0, ~is_covered)).all()
        for one in bills:
            self.papers += 1
            covered = [InvoiceItemForm(statement_id=one.id, amount_fen=one.total_fen)]
            paper = InvoiceForm(
                number=str(self.papers), issued_on=local_date(self.now), title="示例公司", items=covered
            )
            self.attempt("invoice", record_invoice, one.debtor_id, paper, by="finance")

    @tried(pick=picks, parts=st.integers(1, 2))
    def receive(self, pick: int, parts: int) -> None:
        """All that is open of a bill, or half of it."""
        with Session(db.engine, expire_on_commit=False) as session:
            found = open_statements(session)
        if found:
            bill, fen = found[pick % len(found)]
            self.papers += 1
            form = ReceiptForm(amount_fen=-(-fen // parts), number=f"P{self.papers}", received_on=local_date(self.now))
            self.attempt("receive", receipts.record_receipt, bill.debtor_id, form, statement_id=bill.id, by="finance")

    @tried(3, claimant=st.integers(0, 3), most=st.integers(1, 3))
    def claim(self, claimant: int, most: int) -> None:
        """A firm or a lab asks for some of what stands ready, or for what does not."""
        by, asking_id = (
            *((AGENTS[code], firm_id) for code, firm_id in self.land.firms.items()),
            *(("finance", lab_id) for lab_id in self.land.labs.values()),
        )[claimant]
        with Session(db.engine, expire_on_commit=False) as session:
            found = claimable(session, asking_id, today=local_date(self.now))
            ready = [one for one in found if not one.reasons] or found
            pairs = [(one.voucher.programme_id, *one.pair) for one in ready]
        if pairs:
            programme_id = pairs[0][0]
            items = [
                ClaimedItemForm(voucher_id=one, charge_id=other) for its, one, other in pairs if its == programme_id
            ]
            form = RedemptionForm(organisation_id=asking_id, programme_id=programme_id, items=items[:most])
            self.attempt("claim", redemptions.request_redemption, form, by=by)

    @tried(3, count=st.integers(1, 3))
    def catch_up(self, count: int) -> None:
        """The next bookings are used, accepted silently and billed, and everybody claims what they can."""
        for _each in range(count):
            self.confirm(0, 0, UseOutcome.USED)
        self.wait(8)
        self.bill()
        for claimant in range(4):
            self.claim(claimant, 3)

    @tried(pick=picks)
    def lapse(self, pick: int) -> None:
        """The last day to redeem one of the vouchers with something open was yesterday; two jobs find it."""
        yesterday, much_later = local_date(self.now) - timedelta(days=1), self.now + timedelta(days=500)
        with Session(db.engine) as session:
            if found := due_to_lapse(session, now=much_later):
                one = session.get_one(Voucher, found[pick % len(found)])
                one.redeem_by = one.use_by = max(one.issued_on, min(one.use_by, yesterday))
                session.commit()
        with Session(db.engine) as session:
            due = due_to_lapse(session, now=self.now)
        for voucher_id in [*due, *due]:
            self.done["lapse"] += transaction(lapse_voucher, voucher_id, now=self.now)
        assert [transaction(lapse_voucher, voucher_id, now=self.now) for voucher_id in due] == [False] * len(due)

    @tried(pick=picks)
    def withdraw(self, pick: int) -> None:
        if found := self._redemption(pick):
            by = next((AGENTS[code] for code, key in self.land.firms.items() if key == found.claimant_id), "finance")
            self.attempt("withdraw", redemptions.withdraw, found.id, "", by=by)

    @tried(5, pick=picks, cut=cuts)
    def go_on(self, pick: int, cut: int) -> None:
        """The next step of one of the newest, when it is time for it."""
        if found := self._redemption(pick):
            if found.state == RedemptionState.NOTICE:
                self.now = max(self.now, at_local(found.notice_until or local_date(self.now), 2_000))
                self.pay(pick, is_first=True)
            elif found.state == RedemptionState.PAID:
                self.claw_back(pick, cut or 1)
            else:
                self.review(pick, is_first=found.state == RedemptionState.REQUESTED, cut=cut)

    @tried(pick=picks, is_first=st.booleans(), cut=cuts)
    def review(self, pick: int, is_first: bool, cut: int) -> None:
        """All of it, or of the first item so much less."""
        if found := self._redemption(pick):
            item = self._item(found)
            less = [{"item_id": item.id, "approved_fen": max(0, item.claimed_fen - cut), "reason": "核减"}]
            form = RedemptionReviewForm.model_validate({"version": found.version, "items": less if cut > 1_000 else []})
            self.attempt("review", redemptions.review, found.id, form, by=self._officer(found, is_first))

    @tried(pick=picks, is_final=st.booleans())
    def reject(self, pick: int, is_final: bool) -> None:
        if found := self._redemption(pick):
            form = RedemptionRejectionForm(version=found.version, reason="材料不全", is_final=is_final)
            self.attempt("reject", redemptions.reject, found.id, form, by=self._officer(found, is_first=True))

    @tried(pick=picks, is_first=st.booleans())
    def pay(self, pick: int, is_first: bool) -> None:
        if found := self._redemption(pick):
            form = RedemptionPaymentForm(paid_on=local_date(self.now), receipt_number="HD")
            self.attempt("pay", paying.record_payment, found.id, form, by=self._officer(found, is_first))

    @tried(pick=picks, fen=st.integers(1, 6_000))
    def claw_back(self, pick: int, fen: int) -> None:
        if found := self._redemption(pick):
            said: dict[str, Any] = {"item_id": self._item(found).id, "amount_fen": fen, "reason": "退回"}
            form = ClawBackForm(paid_on=local_date(self.now), receipt_number="TK", **said)
            self.attempt("claw back", paying.claw_back, found.id, form, by=self._officer(found, is_first=False))

    @tried(province=provinces)
    def close(self, province: str) -> None:
        """Every month that is not closed, the present one too."""
        with Session(db.engine) as session:
            last = queries.last_statement(session, BORDER)
            first = queries.first_month(session, queries.pairs_of(session, BORDER))
        for month in months_between(month_after(last.month) if last else first or self._month(), self._month()):
            self.attempt("close", service.close_month, BORDER, month, by=f"first{province}")

    @tried(province=provinces)
    def confirm_and_settle(self, province: str) -> None:
        with Session(db.engine) as session:
            months = session.scalars(select(ClearingStatement.month).order_by(ClearingStatement.month)).all()
        for month in months:
            self.attempt("agree", service.confirm, BORDER, month, by=f"second{province}")
            form = ClearingSettlementForm(settled_on=local_date(self.now), receipt="1")
            self.attempt("settle", settling.settle, BORDER, month, form, by=f"second{province}")

    def _month(self) -> date:
        return month_of(local_date(self.now))

    def _redemption(self, pick: int) -> Redemption | None:
        """One of them, the newest first."""
        with Session(db.engine, expire_on_commit=False) as session:
            found = session.scalars(select(Redemption).order_by(Redemption.id.desc())).all()
        return found[pick % len(found)] if found else None

    def _item(self, redemption: Redemption) -> RedemptionItem:
        with Session(db.engine, expire_on_commit=False) as session:
            of_it = select(RedemptionItem).where(RedemptionItem.redemption_id == redemption.id)
            return session.scalars(of_it.order_by(RedemptionItem.id).limit(1)).one()

    def _officer(self, redemption: Redemption, is_first: bool) -> str:
        return f"{'first' if is_first else 'second'}{self._province(redemption.programme_id)}"
