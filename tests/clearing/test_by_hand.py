"""By hand, with what Sichuan published for 2025: a year of a firm on either side, from the booking to the clearing."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.charges import service as charges
from booking.charges.windows import Windows
from booking.clearing import queries, service, settling
from booking.clearing.forms import ClearingSettlementForm
from booking.clearing.rules import Course
from booking.core.clock import at_local
from booking.core.period import Period
from booking.demo.programmes import sichuan_2025
from booking.invoices.forms import InvoiceForm, InvoiceItemForm
from booking.invoices.service import record_invoice
from booking.operations import proving
from booking.programmes.service import start_programme
from booking.recognitions.forms import RecognitionForm
from booking.recognitions.service import recognise
from booking.redemptions import paying
from booking.redemptions import service as redemptions
from booking.redemptions.claimable import claimable
from booking.redemptions.forms import (
    ClaimedItemForm,
    ClawBackForm,
    RedemptionForm,
    RedemptionPaymentForm,
    RedemptionReviewForm,
)
from booking.reservations.forms import UseForm
from booking.reservations.service import request_reservation
from booking.reservations.using import confirm_use
from booking.reservations.wishes import Wish
from booking.statements import service as statements
from booking.statements.forms import DraftsForm
from booking.vouchers.ending import expire_voucher
from booking.vouchers.issuing import Issue, issue
from models.charges import Charge
from models.directory import Organisation
from models.redemptions import Redemption, RedemptionItem
from models.reservations import Reservation
from models.vocabulary.accounts import Role, ScopeKind
from models.vocabulary.clearing import Figure
from models.vocabulary.programmes import BorderWay, Limit, ServiceType
from models.vocabulary.recognitions import RecognitionKind
from models.vouchers import Voucher, VoucherCapture
from tests.clearing.across import BORDER
from tests.factories.instruments import make_instrument, make_organisation
from tests.factories.people import actor_for, give, make_user
from tests.factories.prices import make_hourly_price
from tests.factories.programmes import CHONGQING, SICHUAN, make_authority, make_programme
from tests.factories.vouchers import make_firm
from tests.statements.office import ALONE

SPRING = datetime(2025, 5, 6, 1, 30, tzinfo=UTC)
JUNE, JULY = date(2025, 6, 1), date(2025, 7, 1)
CHONGQING_2025: dict[str, Any] = {
    "year": 2025,
    "valid_from": date(2025, 1, 1),
    "counts_from": "2025-01-01",
    "use_by": "2025-12-31",
    "redeem_by": "2026-03-31",
    "redeemed_by": "provider",
    "reserves_budget": "issue",
    "border_way": "advance_then_net",
    "budget_fen": 10_000_000,
}
HOURLY = {"chongqing": 100_000, "odd": 199_995, "large": 8_300_000, "sichuan": 100_000}


class Year:
    """A lab and a firm on either side, two officers of each authority, and their programmes of 2025."""

    def __init__(self, session: Session) -> None:
        self.session = session
        names = ("mianyang", "beibei", "steward", "finance", "first50", "second50", "first51", "second51")
        self.people = {name: make_user(session, name) for name in names}
        self.labs = {"50": make_organisation(session), "51": make_organisation(session, adcode="510704")}
        self.firms = {"50": make_firm(session, "500109"), "51": make_firm(session, "510704")}
        for code, name in (("50", "beibei"), ("51", "mianyang")):
            self._give(name, Role.ENTERPRISE_AGENT, self.firms[code])
            self._give("finance", Role.INSTITUTION_FINANCE, self.labs[code])
        self.instruments = {name: self._instrument(name) for name in HOURLY}
        self.authorities = {"50": make_authority(session, CHONGQING), "51": make_authority(session, SICHUAN)}
        for code, authority in self.authorities.items():
            for turn in ("first", "second"):
                self._give(f"{turn}{code}", Role.VOUCHER_OFFICER, authority)
            self._recognise(code)
        self.who = {name: actor_for(session, person, now=SPRING) for name, person in self.people.items()}
        ours = make_programme(session, self.authorities["50"], self.who["first50"], now=SPRING, **CHONGQING_2025)
        form = sichuan_2025(self.authorities["51"].id)
        theirs = start_programme(session, form, actor=self.who["first51"], now=SPRING)
        self.programmes = {"50": ours.id, "51": theirs.id}

    def do(self, work: Callable[..., Any], *args: Any, by: str, at: datetime, **more: Any) -> Any:
        """As somebody, at a moment; committed."""
        done = work(self.session, *args, **more, actor=self.who[by], now=at)
        self.session.commit()
        return done

    def issue(self, code: str, fen: int) -> Voucher:
        """A voucher of the province to its firm."""
        wanted = Issue(self.programmes[code], self.firms[code].id, fen)
        made: Voucher = self.do(issue, wanted, by=f"first{code}", at=SPRING)
        return made

    def booked(self, name: str, by: str, day: date, hours: int) -> Reservation:
        """From nine on, the day before."""
        start = at_local(day, 540)
        wish = Wish(self.instruments[name], Period(start, start + timedelta(hours=hours)), paying=ALONE)
        made: Reservation = self.do(request_reservation, wish, by=by, at=start - timedelta(days=1))
        return made

    def used(self, name: str, by: str, day: date, hours: int) -> Charge:
        """As it was booked, confirmed and accepted at its end."""
        made = self.booked(name, by, day, hours)
        self.do(confirm_use, made.id, UseForm(), windows=Windows(), by="steward", at=made.ends_at)
        charge = self.session.scalars(select(Charge).where(Charge.reservation_id == made.id)).one()
        self.do(charges.accept_charge, charge.id, by=by, at=made.ends_at)
        return charge

    def invoice(self, code: str, day: date) -> None:
        """Everything of a lab that can be billed, with an invoice over each bill."""
        at = at_local(day, 900)
        for one in self.do(statements.make_drafts, self.labs[code].id, DraftsForm(until_on=day), by="finance", at=at):
            bill = self.do(statements.issue_statement, one.id, by="finance", at=at)
            covers = [InvoiceItemForm(statement_id=bill.id, amount_fen=bill.total_fen)]
            paper = InvoiceForm(number=f"1{bill.id}", issued_on=day, title="示例公司", items=covers)
            self.do(record_invoice, bill.debtor_id, paper, by="finance", at=at)

    def paid(self, claimant: Organisation, by: str, code: str, less: dict[tuple[int, int], int]) -> Redemption:
        """All that a claimant can claim in the middle of July, less approved of some of it, paid on the 24th."""
        at, paid_on = at_local(date(2025, 7, 15), 600), date(2025, 7, 24)
        found = claimable(self.session, claimant.id, today=at.date())
        assert [one.reasons for one in found] == [()] * len(found)
        items = [ClaimedItemForm(voucher_id=one.voucher.id, charge_id=one.charge.id) for one in found]
        form = RedemptionForm(organisation_id=claimant.id, programme_id=self.programmes[code], items=items)
        made: Redemption = self.do(redemptions.request_redemption, form, by=by, at=at)
        cut = [
            {"item_id": one.id, "approved_fen": less[one.voucher_id, one.charge_id], "reason": "合同所列较少"}
            for one in self.items(made)
            if (one.voucher_id, one.charge_id) in less
        ]
        for version, (turn, said) in enumerate((("first", cut), ("second", [])), start=1):
            review = RedemptionReviewForm.model_validate({"version": version, "items": said})
            self.do(redemptions.review, made.id, review, by=f"{turn}{code}", at=at)
        payment = RedemptionPaymentForm(paid_on=paid_on, receipt_number="HD-1")
        self.do(paying.record_payment, made.id, payment, by=f"second{code}", at=at_local(paid_on, 600))
        return made

    def clawed_back(self, redemption: Redemption, code: str, fen: int) -> None:
        """So much of its first item comes back in the last days of July."""
        day = date(2025, 7, 30)
        said = {"item_id": self.items(redemption)[0].id, "amount_fen": fen, "reason": "服务未完成"}
        form = ClawBackForm.model_validate({**said, "paid_on": day, "receipt_number": "TK-1"})
        self.do(paying.claw_back, redemption.id, form, by=f"first{code}", at=at_local(day, 600))

    def items(self, redemption: Redemption) -> list[RedemptionItem]:
        of_it = select(RedemptionItem).where(RedemptionItem.redemption_id == redemption.id)
        return list(self.session.scalars(of_it.order_by(RedemptionItem.id)))

    def captures(self, charge: Charge) -> list[tuple[int, list[str]]]:
        """What each voucher covered of a charge, by which limit."""
        rows = select(VoucherCapture).where(VoucherCapture.charge_id == charge.id).order_by(VoucherCapture.voucher_id)
        return [(one.amount_fen, one.decided_by) for one in self.session.scalars(rows)]

    def _give(self, name: str, role: Role, place: Organisation) -> None:
        give(self.session, self.people[name], role, ScopeKind.ORGANISATION, place.id)

    def _instrument(self, name: str) -> int:
        lab = self.labs["51" if name == "sichuan" else "50"]
        made = make_instrument(self.session, lab, policy={"closes_on_holidays": False})
        give(self.session, self.people["steward"], Role.STEWARD, ScopeKind.INSTRUMENT, made.id)
        make_hourly_price(self.session, made, HOURLY[name], self.people["steward"])
        return made.id

    def _recognise(self, code: str) -> None:
        """The authority accepts the lab of the other side and what comes from there."""
        other = "51" if code == "50" else "50"
        officer = actor_for(self.session, self.people[f"first{code}"], now=SPRING)
        said = {"organisation_id": self.authorities[code].id, "starts_on": date(2025, 1, 1), "notice": "互认通知"}
        way = {"province": f"{other}0000", "service_type": ServiceType.INSTRUMENT_SHARING}
        for form in (
            RecognitionForm(kind=RecognitionKind.PROVIDER, provider_id=self.labs[other].id, **said),
            RecognitionForm(kind=RecognitionKind.SERVICE_TYPE, **way, **said),
        ):
            recognise(self.session, form, actor=officer, now=SPRING)
        self.session.commit()


@pytest.fixture
def year(session: Session) -> Year:
    return Year(session)


# 30 % of 2,000.00 are 600.00; of 1,999.95 they are 599.985, so 599.99. Of 664,000.00 they are 199,200.00, of which the
# cap of 200,000.00 leaves 198,800.01: the first voucher of 150,000.00 has 148,800.01 left, the second gives 50,000.00.
# Claimed are 200,000.00; of the 148,800.01 only 148,000.00 are approved, 199,199.99 in all, of which 100.00 come back.
# Chongqing's firm has 600.00 of 2,000.00 off its bill in Mianyang, which the other side advances; 66.67 come back.
def test_a_summer_of_sichuan_2025_comes_to_what_was_reckoned_by_hand(year: Year) -> None:
    first, second, ours = year.issue("51", 15_000_000), year.issue("51", 10_000_000), year.issue("50", 100_000)
    two_hours = year.used("chongqing", "mianyang", date(2025, 6, 10), 2)
    odd = year.used("odd", "mianyang", date(2025, 6, 11), 1)
    large = year.used("large", "mianyang", date(2025, 6, 12), 8)
    deducted = year.used("sichuan", "beibei", date(2025, 6, 12), 2)
    assert (two_hours.gross_fen, large.gross_fen, deducted.gross_fen) == (200_000, 66_400_000, 140_000)
    assert year.captures(two_hours) == [(60_000, [Limit.SHARE])]
    assert year.captures(odd) == [(59_999, [Limit.SHARE])]
    assert year.captures(large) == [(14_880_001, [Limit.CREDIT]), (5_000_000, [Limit.YEAR_CAP])]
    assert year.captures(deducted) == [(60_000, [Limit.SHARE])]
    for code in ("50", "51"):
        year.invoice(code, date(2025, 6, 30))

    theirs = year.paid(year.firms["51"], "mianyang", "51", {(first.id, large.id): 14_800_000})
    year.clawed_back(theirs, "51", 10_000)
    year.clawed_back(year.paid(year.labs["51"], "finance", "50", {}), "50", 6_667)
    august = at_local(date(2025, 8, 4), 600)
    for month in (JUNE, JULY):
        year.do(service.close_month, BORDER, month, by="first50", at=august)
        year.do(service.confirm, BORDER, month, by="first51", at=august)
    form = ClearingSettlementForm(settled_on=august.date(), receipt="HD-2")
    year.do(settling.settle, BORDER, JULY, form, by="second51", at=august)

    july, june = queries.statements_of(year.session, [BORDER], limit=2)
    home, advanced = Course("51", "50", BorderWay.HOME_PAYS), Course("50", "51", BorderWay.ADVANCE_THEN_NET)
    assert (theirs.claimed_fen, theirs.approved_fen, theirs.clawed_fen) == (20_000_000, 19_919_999, 10_000)
    assert _whole(june) == {home: {Figure.CAPTURED: 20_000_000}, advanced: {Figure.CAPTURED: 60_000}}
    assert _whole(july) == {
        home: {Figure.NOT_APPROVED: 80_001, Figure.PAID: 19_919_999, Figure.CLAWED_BACK: 10_000},
        advanced: {Figure.PAID: 60_000, Figure.CLAWED_BACK: 6_667, Figure.OWED: 53_333},
    }
    assert (june.statement.net_fen, july.statement.net_fen) == (0, 53_333)
    assert (first.use_by, second.use_by, ours.use_by) == (date(2025, 12, 31),) * 3
    assert list(proving.faults(year.session)) == []


def _whole(found: queries.Closed) -> dict[Course, dict[Figure, int]]:
    """What a statement says, without what is nothing."""
    return {course: {one: fen for one, fen in said.items() if fen} for course, said in found.figures.items()}


# The voucher of 1,000.00 ends on 31 December; what it holds for the 30th, 600.00, is captured on 8 January all the same
# and counts in the year of the use; the 400.00 that were free have gone back.
def test_a_use_of_30_december_that_is_confirmed_on_8_january_counts_in_its_year_and_is_cleared_in_january(
    year: Year,
) -> None:
    voucher = year.issue("50", 100_000)
    made = year.booked("sichuan", "beibei", date(2025, 12, 30), 2)

    assert expire_voucher(year.session, voucher.id, now=at_local(date(2026, 1, 2)))
    year.session.commit()
    noon = at_local(date(2026, 1, 8), 720)
    year.do(confirm_use, made.id, UseForm(), windows=Windows(), by="steward", at=noon)

    capture = year.session.scalars(select(VoucherCapture)).one()
    assert (capture.amount_fen, capture.counts_on) == (60_000, date(2025, 12, 30))
    between = queries.pairs_of(year.session, BORDER)
    months = {
        month: queries.figures_of(year.session, between, queries.span_of(year.session, BORDER, month))
        for month in (date(2025, 12, 1), date(2026, 1, 1))
    }
    course = Course("50", "51", BorderWay.ADVANCE_THEN_NET)
    assert [{one: said[Figure.CAPTURED] for one, said in found.items()} for found in months.values()] == [
        {},
        {course: 60_000},
    ]
    assert list(proving.faults(year.session)) == []
